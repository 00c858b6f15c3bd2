// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A binary heap of deadlines.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "timers.h"

#define FIRST_ROOM 64

static void put(struct timers *timers, struct timer *timer, size_t place)
{
	timers->heap[place] = timer;
	timer->place = place;
}

/* Moves a timer up or down to where it belongs. */
static void settle(struct timers *timers, struct timer *timer)
{
	size_t place = timer->place;

	while (place > 0 && timers->heap[(place - 1) / 2]->due_ms > timer->due_ms) {
		put(timers, timers->heap[(place - 1) / 2], place);
		place = (place - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * place + 1;

		if (child + 1 < timers->count && timers->heap[child + 1]->due_ms < timers->heap[child]->due_ms)
			child++;
		if (child >= timers->count || timers->heap[child]->due_ms >= timer->due_ms)
			break;
		put(timers, timers->heap[child], place);
		place = child;
	}
	put(timers, timer, place);
}

int timers_add(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	if (timers->count == timers->room) {
		size_t room = timers->room ? 2 * timers->room : FIRST_ROOM;
		struct timer **heap = reallocarray(timers->heap, room, sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		timers->heap = heap;
		timers->room = room;
	}
	timer->due_ms = due_ms;
	put(timers, timer, timers->count++);
	settle(timers, timer);
	return 0;
}

void timers_move(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	timer->due_ms = due_ms;
	settle(timers, timer);
}

void timers_remove(struct timers *timers, struct timer *timer)
{
	struct timer *last = timers->heap[--timers->count];

	if (last == timer)
		return;
	put(timers, last, timer->place);
	settle(timers, last);
}

struct timer *timers_first(const struct timers *timers)
{
	return timers->count ? timers->heap[0] : NULL;
}

void timers_free(struct timers *timers)
{
	free(timers->heap);
	*timers = (struct timers){ 0 };
}
