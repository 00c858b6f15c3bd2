/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long a handshake may take, so that the consumer has its answer before it gives up by itself.
 */
#ifndef TLSHD_TIMING_H
#define TLSHD_TIMING_H

#include <stdbool.h>
#include <stdint.h>

#include "snapshot.h"
#include "upcall.h"

#define TIMING_WORKER_GRACE_MS 200	/* after the worker's own deadline, the supervisor answers */

/* All in milliseconds of CLOCK_MONOTONIC. */
struct timing {
	int64_t job_deadline_ms;	/* the worker gives up */
	int64_t hello_deadline_ms;	/* server: it gives up if the peer has sent nothing; 0: no such limit */
	int64_t answer_deadline_ms;	/* the supervisor answers, whatever the worker does */
};

/**
 * timing_of - the deadlines of a request
 * @accepted_ms: when it was ACCEPTed, from which everything counts
 *
 * NVMe says how long it waits, and gets its answer within 97 % of that; the handshake gets 90 %. sunrpc does not say: its
 * client gives up after 10 s (net/sunrpc/xprtsock.c), and nfsd after 5 s, with a thread blocked meanwhile (svcsock.c),
 * so the settings have times for both roles.
 */
struct timing timing_of(const struct handshake_request *request, const struct snapshot_settings *settings,
			int64_t accepted_ms);

#endif
