/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's jobs: from the supervisor's channel into handshakes, and their results back.
 *
 * One thread, one epoll set, one heap of deadlines. Each turn reads what the supervisor says, lets deadlines that have
 * passed act, and makes one step of one handshake, so that neither a busy peer nor many of them keep the others waiting.
 */
#ifndef TLSHD_WORKER_JOBS_H
#define TLSHD_WORKER_JOBS_H

#include "handshake.h"

struct jobs;

/**
 * jobs_new - prepare to work
 * @channel: to the supervisor; stays the caller's
 * @context: outlives the jobs
 *
 * Returns 0 or a negative errno.
 */
int jobs_new(int channel, const struct handshake_context *context, struct jobs **out);

/**
 * jobs_run - work until the supervisor closes the channel
 *
 * Returns 0 then, or a negative errno when the channel or epoll failed; that is said on the channel.
 */
int jobs_run(struct jobs *jobs);

/** jobs_free - drop all jobs without a word, and free */
void jobs_free(struct jobs *jobs);

#endif
