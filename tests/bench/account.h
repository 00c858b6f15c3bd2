/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a supervisor and its children have used so far: processor time to the nanosecond, context switches, memory.
 */
#ifndef TLSHD_BENCH_ACCOUNT_H
#define TLSHD_BENCH_ACCOUNT_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum account_kind {
	ACCOUNT_SUPERVISOR,
	ACCOUNT_KEEPER,
	ACCOUNT_WORKER,		/* all of them */
	ACCOUNT_KINDS
};

/** account_names - of each kind, as its processes are named */
extern const char *const account_names[ACCOUNT_KINDS];

struct account {
	int64_t cpu_ns[ACCOUNT_KINDS];	/* user and system, of all threads */
	int64_t switches[ACCOUNT_KINDS]; /* voluntary and not */
	int64_t waits[ACCOUNT_KINDS];	/* the voluntary ones */
};

/** account_take - read the state of process @pid and of its children; 0 or a negative errno */
int account_take(pid_t pid, struct account *account);

/** account_print - JSON members for what was used between two states, each with a comma in front */
void account_print(FILE *to, const struct account *before, const struct account *after, unsigned int handshakes);

#endif
