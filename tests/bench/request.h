/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What generator and supervisor of the native harness say to each other, in place of the kernel's handshake family: one
 * SOCK_SEQPACKET message for a request, which carries the socket, and one for its answer.
 */
#ifndef TLSHD_BENCH_REQUEST_H
#define TLSHD_BENCH_REQUEST_H

#include <stdint.h>

#include "proto.h"

#define REQUEST_SOCKET_VARIABLE "TLSHD_BENCH_SOCKET"	/* path of the supervisor's socket */

/* ACCEPT. */
struct request {
	uint64_t id;		/* comes back in the answer */
	uint32_t role;		/* enum proto_role */
	uint32_t auth;		/* enum proto_auth */
	uint32_t timeout_ms;	/* 0: none named */
	int32_t keyring;	/* serials, 0: none */
	int32_t peer;
	char peername[PROTO_NAME_MAX];
};

/* DONE. */
struct request_answer {
	uint64_t id;
	uint32_t status;
	uint32_t remote_auth;
};

#endif
