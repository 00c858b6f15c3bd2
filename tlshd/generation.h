/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generation: one immutable snapshot with the keeper and the workers that serve it. A reload makes a new one beside
 * the old, which ends when its last job has.
 */
#ifndef TLSHD_GENERATION_H
#define TLSHD_GENERATION_H

#include <stdint.h>

#include "working.h"

#define GENERATIONS_MAX 3	/* live at a time; a reload beyond that waits */

struct generation;

/*
 * Workers of two lanes: the library makes a worker wait for a signature, and with it all handshakes that it has. So those
 * that may need a slow key go to workers of their own.
 */
enum generation_lane { LANE_FAST, LANE_SLOW, LANES };

struct generation_events {
	/* Keeper and workers are ready; called once. */
	void (*ready)(void *user, struct generation *generation);
	/* It could not be started, or its keeper is gone: it takes no more jobs. The reason is in the log. Called once. */
	void (*failed)(void *user, struct generation *generation);
	/* A worker has become free to take a job. */
	void (*capacity)(void *user, struct generation *generation);
	void (*result)(void *user, struct working *working, const struct proto_result *result);
	/* The keeper has read, or not, a key that a job brought. */
	void (*loaded)(void *user, const struct proto_key_loaded *answer);
	void (*psk)(void *user, struct working *working, const struct proto_psk *call);
	/* The worker's jobs have no one any more; it is freed after the call. */
	void (*worker_lost)(void *user, struct working *working);
};

/**
 * generation_start - start keeper and workers
 * @number: for the log
 * @snapshot_fd, @keys_fd: sealed memfds; stay the caller's, the generation keeps copies
 *
 * Returns 0 or a negative errno after it has logged why.
 */
int generation_start(struct generation **out, unsigned int number, struct deadlines *deadlines,
		     const struct users *users, int snapshot_fd, int keys_fd, const struct generation_events *events,
		     void *user);

/** generation_free - end its processes; no event comes any more. NULL is fine. */
void generation_free(struct generation *generation);

/** generation_retire - it gets no more jobs: workers that die are not replaced, a lost keeper is not reported */
void generation_retire(struct generation *generation);

unsigned int generation_number(const struct generation *generation);
const struct snapshot *generation_snapshot(const struct generation *generation);

/** generation_fds - the two memfds, for a new generation of the same snapshot; they stay the generation's */
void generation_fds(const struct generation *generation, int *snapshot_fd, int *keys_fd);

/** generation_keeping - its keeper; NULL where the snapshot has no private key, or where it is gone */
struct keeping *generation_keeping(const struct generation *generation);

/** generation_is_whole - does it have all that its snapshot asks for? Not so when it has lost its keeper. */
bool generation_is_whole(const struct generation *generation);

/** generation_pin_trouble - did it fail because of a token's PIN? Trying again by ourselves could lock the token. */
bool generation_pin_trouble(const struct generation *generation);

/** generation_jobs - how many jobs its workers owe a RESULT for */
unsigned int generation_jobs(const struct generation *generation);

/** generation_files - how many descriptors it costs the supervisor, sockets of requests not counted */
unsigned int generation_files(const struct generation *generation);

/** generation_lane - where a job belongs that may use these keys (bit n: key n) */
enum generation_lane generation_lane(const struct generation *generation, uint32_t keys);

/**
 * generation_pick - the ready worker of a lane with the fewest jobs, of equals the one that waits longest
 *
 * Returns NULL where none can take one now.
 */
struct working *generation_pick(const struct generation *generation, enum generation_lane lane);

#endif
