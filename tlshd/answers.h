/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers to the kernel: DONE, and then the socket is the consumer's. They go out at once, unless [debug] delay_done asks
 * for a delay; nobody waits for that.
 */
#ifndef TLSHD_ANSWERS_H
#define TLSHD_ANSWERS_H

#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "socket.h"
#include "upcall.h"

struct answers;

struct answer {
	int fd;			/* the request's socket; it becomes ours, and is closed right after DONE */
	uint64_t number;	/* of the request, and @peer: for the log */
	char peer[SOCKET_ADDRESS_MAX];
	uint32_t status, remote_auth; /* as upcall_done() has them */
};

/** answers_new - @sent: called after each answer that was delayed */
struct answers *answers_new(struct upcall *upcall, struct deadlines *deadlines, void (*sent)(void *user), void *user);

/** answers_free - what was still delayed is not sent; its sockets are closed */
void answers_free(struct answers *answers);

/**
 * answers_send - send an answer
 * @delay_ms: 0, or how much later
 *
 * Returns true when it was sent within the call.
 */
bool answers_send(struct answers *answers, const struct answer *answer, uint32_t delay_ms);

/** answers_flush - send now what is delayed, and delay nothing from now on */
void answers_flush(struct answers *answers);

#endif
