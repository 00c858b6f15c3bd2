/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The installed loader, keeper and worker, started as the supervisor starts them.
 */
#ifndef TESTS_TOOLS_CHILDREN_H
#define TESTS_TOOLS_CHILDREN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto.h"

struct children {
	int snapshot, keys;	/* sealed, from the loader */
	int keeper;		/* control channel */
	int worker;		/* job channel */
};

/* children_start - loader, keeper and one worker, all ready; says what failed and returns false */
bool children_start(struct children *children, const char *config, const char *ciphers);

/* children_job - open a job at the keeper and give it to the worker, as a server with @fd's connection */
bool children_job(struct children *children, uint64_t job, int fd);

/* children_result - wait for the worker's result and close the job at the keeper */
bool children_result(struct children *children, union proto_message *message);

#endif
