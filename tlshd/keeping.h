/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's side of a keeper, the process with the private keys of one generation.
 */
#ifndef TLSHD_KEEPING_H
#define TLSHD_KEEPING_H

#include <keyutils.h>
#include <stdbool.h>
#include <stdint.h>

#include "deadline.h"
#include "proto.h"
#include "snapshot.h"
#include "users.h"

struct keeping;

struct keeping_events {
	/* All keys are loaded and belong to their certificates. */
	void (*ready)(void *user);
	/* The answer to keeping_load(); @status: 0 or a negative errno, whose reason is in the log. */
	void (*loaded)(void *user, const struct proto_key_loaded *answer);
	/* The keeper is gone. The reason is in the log. */
	void (*lost)(void *user);
};

/**
 * keeping_start - start a keeper
 * @keys_fd: sealed memfd with the key list; stays the caller's
 * @snapshot: whose certificates the keys have to fit
 *
 * Returns 0 or a negative errno.
 */
int keeping_start(struct keeping **out, struct deadlines *deadlines, const struct users *users, int keys_fd,
		  const struct snapshot *snapshot, const struct keeping_events *events, void *user);

/** keeping_free - end it: the keeper sees the end of its channel and exits. NULL is fine. */
void keeping_free(struct keeping *keeping);

/** keeping_pin_trouble - did it end because of a PIN? Then a person has to act before the next one is started. */
bool keeping_pin_trouble(const struct keeping *keeping);

/** keeping_slow - the keys that are slow (PROTO_SLOW_US), bit n: key n; complete when ready() is called */
uint32_t keeping_slow(const struct keeping *keeping);

/** keeping_slow_computes - is one of these from a file? Then processors make its signatures, each of them one at a time. */
bool keeping_slow_computes(const struct keeping *keeping);

/** keeping_slow_limit_ms - how long a call for one of these may take: ten times the slowest's trial, and at least 2 s */
uint32_t keeping_slow_limit_ms(const struct keeping *keeping);

/**
 * keeping_attach - give the keeper its end of a worker's sign channel
 *
 * Returns 0 or a negative errno. @fd stays the caller's.
 */
int keeping_attach(struct keeping *keeping, uint32_t worker, int fd);

/**
 * keeping_open - let a worker sign for a job, once with each key of @keys (bit n: key n)
 * @requested: and once with the key that was loaded for the job
 *
 * Returns 0, or -EAGAIN when the keeper is behind. Has to come before the job goes to the worker.
 */
int keeping_open(struct keeping *keeping, uint64_t job, uint32_t worker, uint32_t keys, bool requested);

/**
 * keeping_load - have the keeper read a kernel's key, for one job; loaded() follows
 * @serial: in our possession; the keeper has it in its own until it has answered
 *
 * Returns 0, -EAGAIN when the keeper is behind, or another negative errno. keeping_close() ends it.
 */
int keeping_load(struct keeping *keeping, uint64_t job, key_serial_t serial);

/**
 * keeping_close - the job has ended
 * @requested: as when it was opened; true for one that was only loaded
 */
void keeping_close(struct keeping *keeping, uint64_t job, bool requested);

/**
 * keeping_report - what a worker says about its calls in one job
 * @worker: number of the worker
 *
 * After a call without answer the keeper is pinged; a second one, from another worker, with no answer between them, or no
 * answer to the ping within KEEPING_PING_MS, and it is killed: lost() follows. One worker alone cannot bring that
 * about: it, or its channel, may be what is broken. Returns whether the worker is to be replaced.
 */
bool keeping_report(struct keeping *keeping, uint32_t worker, const struct proto_result *result);
#define KEEPING_PING_MS 2000

#endif
