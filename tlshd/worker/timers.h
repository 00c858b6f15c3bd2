/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A heap of deadlines: the nearest is at hand at once, thousands cost little to set and clear.
 */
#ifndef TLSHD_WORKER_TIMERS_H
#define TLSHD_WORKER_TIMERS_H

#include <stddef.h>
#include <stdint.h>

/* Lies inside the object that it belongs to. */
struct timer {
	int64_t due_ms;		/* CLOCK_MONOTONIC */
	size_t place;		/* in the heap */
};

struct timers {
	struct timer **heap;
	size_t count;
	size_t room;
};

/** timers_add - set a timer. Returns 0 or -ENOMEM. */
int timers_add(struct timers *timers, struct timer *timer, int64_t due_ms);

/** timers_move - give a timer that is set another time; cannot fail */
void timers_move(struct timers *timers, struct timer *timer, int64_t due_ms);

/** timers_remove - clear a timer that is set */
void timers_remove(struct timers *timers, struct timer *timer);

/** timers_first - the nearest; NULL where none is set */
struct timer *timers_first(const struct timers *timers);

void timers_free(struct timers *timers);

#endif
