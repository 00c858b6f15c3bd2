/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request and what is done for it. dispatch.c makes and frees it; placing.c brings it to a worker.
 */
#ifndef TLSHD_JOB_H
#define TLSHD_JOB_H

#include <stdbool.h>

#include "deadline.h"
#include "generation.h"
#include "requestkeys.h"
#include "socket.h"
#include "timing.h"
#include "upcall.h"

struct job {
	struct dispatch *dispatch;
	uint64_t number;
	struct handshake_request request;
	struct requestkeys keys;
	char peer[SOCKET_ADDRESS_MAX];
	int64_t accepted_ms;
	struct timing timing;
	bool answered;			/* DONE was sent; the socket is closed */
	struct working *working;	/* owes a RESULT; NULL: waiting, or done with */
	struct generation *generation;	/* of that worker, or whose keeper knows the job */
	bool opened;			/* the keeper knows the job */
	struct deadline *deadline;	/* for the answer; then for the worker to let go */
};

#endif
