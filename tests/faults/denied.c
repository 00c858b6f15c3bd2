// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes one system call that its own filter denies with EPERM, the way workers and keeper deny: the control of a test
 * that looks for denied calls.
 */
#include <config.h>

#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	if (!filter || seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(getppid), 0) < 0 ||
	    seccomp_load(filter) < 0) {
		fprintf(stderr, "denied: the filter cannot be set\n");
		return 2;
	}
	/* The caller says when: it has to name this process to the tracer first. */
	getchar();
	return getppid() == -1 ? 0 : 1;
}
