/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long to wait before a process that died is started again: not at all, until it dies too often.
 */
#ifndef TLSHD_BACKOFF_H
#define TLSHD_BACKOFF_H

#include <stdint.h>

#define BACKOFF_DEATHS 5		/* this many deaths ... */
#define BACKOFF_WINDOW_MS 10000		/* ... within this time are too many */
#define BACKOFF_FIRST_MS 1000
#define BACKOFF_LAST_MS 30000

struct backoff {
	int64_t deaths[BACKOFF_DEATHS];	/* times of the last ones; 0: none */
	unsigned int next;
	uint32_t delay_ms;
	int64_t until_ms;	/* when the delay is over */
};

/**
 * backoff_death - a process died
 * @now_ms: CLOCK_MONOTONIC
 *
 * Returns how many milliseconds to wait before the next start: 0, or 1 s doubling to 30 s from the fifth death within
 * 10 s on. Deaths during a delay do not make it longer: what is left of it is returned. A death that comes more than
 * 10 s after the last delay was over starts from the beginning.
 */
uint32_t backoff_death(struct backoff *backoff, int64_t now_ms);

#endif
