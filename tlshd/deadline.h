/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deadlines on the main loop: thousands of them behind one timer, because the loop looks at each of its sources at each
 * turn.
 */
#ifndef TLSHD_DEADLINE_H
#define TLSHD_DEADLINE_H

#include <stdint.h>

struct deadlines;
struct deadline;

typedef void (*deadline_fn)(void *user);

struct deadlines *deadlines_new(void);
void deadlines_free(struct deadlines *deadlines);

/**
 * deadline_new - an entry that is not set
 * @on_due: called once for each deadline_set(), at that time or a little later; it may set or free the entry
 */
struct deadline *deadline_new(struct deadlines *deadlines, deadline_fn on_due, void *user);

/** deadline_set - due at @due_ms (CLOCK_MONOTONIC); replaces what was set */
void deadline_set(struct deadline *deadline, int64_t due_ms);

/** deadline_clear - not due any more */
void deadline_clear(struct deadline *deadline);

/** deadline_free - clear and free; NULL is fine */
void deadline_free(struct deadline *deadline);

#endif
