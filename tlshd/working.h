/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's side of a worker, the process that speaks TLS with peers. Whatever it says may come from a peer that
 * has taken it over.
 */
#ifndef TLSHD_WORKING_H
#define TLSHD_WORKING_H

#include <stdbool.h>
#include <stdint.h>

#include "keeping.h"
#include "proto.h"
#include "users.h"

#define WORKING_JOBS_MAX 8192	/* jobs of one worker at a time; more wait in the supervisor */

struct working;

struct working_events {
	void (*ready)(void *user, struct working *working);
	/* A well-formed RESULT; whether the job is this worker's is for the callee to see. */
	void (*result)(void *user, struct working *working, const struct proto_result *result);
	/* A well-formed PSK; the answer, if any, goes with working_answer(). */
	void (*psk)(void *user, struct working *working, const struct proto_psk *call);
	/* The process is gone; the reason is in the log. The callee frees @working. */
	void (*lost)(void *user, struct working *working);
};

/**
 * working_start - start a worker
 * @number: its name towards the keeper, never used twice
 * @snapshot_fd: stays the caller's
 * @keeping: keeper of the same generation, or NULL where there is no private key
 * @call_limit_ms: how long one of its calls to the keeper may take
 *
 * Returns 0 or a negative errno.
 */
int working_start(struct working **out, uint32_t number, struct deadlines *deadlines, const struct users *users,
		  int snapshot_fd, struct keeping *keeping, uint32_t call_limit_ms, const struct working_events *events,
		  void *user);

/** working_free - end it: the worker sees the end of its channel and exits. NULL is fine. */
void working_free(struct working *working);

uint32_t working_number(const struct working *working);
bool working_is_ready(const struct working *working);

/** working_call_limit_ms - as working_start() was told */
uint32_t working_call_limit_ms(const struct working *working);

/** working_jobs - how many jobs it owes a RESULT for */
unsigned int working_jobs(const struct working *working);

/** working_last_job - number of the job that it was given last; job numbers grow */
uint64_t working_last_job(const struct working *working);

/** working_has_room - may it get another job? Not so when it did not take one, and nothing has come from it since. */
bool working_has_room(const struct working *working);

/**
 * working_give - give it a job
 * @message: PROTO_JOB or PROTO_JOB_PSK; @fds: the socket, and perhaps what goes with it; stay the caller's; @nfds: 1 or 2
 *
 * Returns 0, -EAGAIN or -ETOOMANYREFS when it cannot be taken now, or another negative errno.
 */
int working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int nfds);

/** working_answer - answer a call for a pre-shared key; a worker that does not take the answer is ended */
void working_answer(struct working *working, const union proto_message *message);

/** working_finished - a RESULT of it was accepted: it owes one less */
void working_finished(struct working *working);

/** working_cancel - ask it to end a job */
void working_cancel(struct working *working, uint64_t job);

/** working_kill - end it for a reason, which is logged; lost() follows */
void working_kill(struct working *working, const char *reason);

#endif
