/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Brings jobs to workers: those that wait, the oldest first, each to a worker of its lane, after the keeper knows what may be
 * signed for it.
 */
#ifndef TLSHD_PLACING_H
#define TLSHD_PLACING_H

#include "job.h"

struct placing;

/**
 * placing_new
 * @refused: this job can never go to a worker, because the private key that its request names cannot be lent to the keeper
 *	(a negative errno says why); it waits no longer, and is the caller's to answer and free
 */
struct placing *placing_new(void (*refused)(struct job *job, int error));
void placing_free(struct placing *placing);

/** placing_use - jobs go to this generation from now on; what the keeper of another one knew of those that wait is void */
void placing_use(struct placing *placing, struct generation *generation);

/** placing_add - a job that waits for a worker; it may have one on return */
void placing_add(struct placing *placing, struct job *job);

/** placing_remove - a job is given up before it had a worker */
void placing_remove(struct placing *placing, struct job *job);

/** placing_offer - a worker may take jobs, or the keeper has read a key */
void placing_offer(struct placing *placing);

/** placing_release - no more signatures for this job */
void placing_release(struct job *job);

#endif
