// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints what a supervisor and its children have used so far, for scripts that take the difference: a line for each kind of
 * process, with its processor time (ns) and its context switches. Cheap, because it runs beside what is measured.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/account.h"

int main(int argc, char **argv)
{
	struct account account;

	if (argc != 2) {
		fprintf(stderr, "usage: usage PID\n");
		return 2;
	}
	int ret = account_take(atoi(argv[1]), &account);
	if (ret < 0) {
		fprintf(stderr, "usage: process %s: %s\n", argv[1], strerror(-ret));
		return EXIT_FAILURE;
	}
	for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
		printf("%s %" PRId64 " %" PRId64 "\n", account_names[kind], account.cpu_ns[kind], account.switches[kind]);
	return EXIT_SUCCESS;
}
