// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deadlines in order of time, as one source of the main loop. The loop asks for the earliest when it is about to wait: to tell
 * it of each change (g_source_set_ready_time()) costs three system calls, which wake it from a wait that it is not in.
 */
#include <config.h>

#include <glib.h>

#include "deadline.h"
#include "proto.h"

struct deadlines {
	GSequence *order;
	GSource *timer;
};

/* What the loop has of us. */
struct timer {
	GSource source;
	struct deadlines *deadlines;
};

struct deadline {
	struct deadlines *deadlines;
	GSequenceIter *place;	/* NULL: not set */
	int64_t due_ms;
	deadline_fn on_due;
	void *user;
};

static gint by_time(gconstpointer a, gconstpointer b, gpointer unused)
{
	const struct deadline *first = a, *second = b;

	(void)unused;
	return first->due_ms < second->due_ms ? -1 : first->due_ms > second->due_ms;
}

static struct deadline *earliest(const struct deadlines *deadlines)
{
	GSequenceIter *first = g_sequence_get_begin_iter(deadlines->order);

	return g_sequence_iter_is_end(first) ? NULL : g_sequence_get(first);
}

static gboolean is_due(GSource *source)
{
	const struct deadline *deadline = earliest(((struct timer *)source)->deadlines);

	return deadline && deadline->due_ms <= proto_now_ms();
}

/* Both clocks are cut to whole milliseconds, so what is left is not too short. */
static gboolean prepare(GSource *source, gint *timeout_ms)
{
	const struct deadline *deadline = earliest(((struct timer *)source)->deadlines);
	int64_t left_ms = deadline ? deadline->due_ms - proto_now_ms() : 0;

	*timeout_ms = deadline ? CLAMP(left_ms, 0, G_MAXINT) : -1;
	return deadline && left_ms <= 0;
}

static gboolean dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	struct deadlines *deadlines = ((struct timer *)source)->deadlines;
	int64_t now_ms = proto_now_ms();

	(void)callback;
	(void)user_data;
	for (;;) {
		struct deadline *deadline = earliest(deadlines);
		if (!deadline || deadline->due_ms > now_ms)
			break;
		g_sequence_remove(deadline->place);
		deadline->place = NULL;
		deadline->on_due(deadline->user);
	}
	return G_SOURCE_CONTINUE;
}

static GSourceFuncs timer_functions = { .prepare = prepare, .check = is_due, .dispatch = dispatch };

struct deadlines *deadlines_new(void)
{
	struct deadlines *deadlines = g_new0(struct deadlines, 1);

	deadlines->order = g_sequence_new(NULL);
	deadlines->timer = g_source_new(&timer_functions, sizeof(struct timer));
	((struct timer *)deadlines->timer)->deadlines = deadlines;
	g_source_attach(deadlines->timer, NULL);
	return deadlines;
}

void deadlines_free(struct deadlines *deadlines)
{
	g_source_destroy(deadlines->timer);
	g_source_unref(deadlines->timer);
	g_sequence_free(deadlines->order);
	g_free(deadlines);
}

struct deadline *deadline_new(struct deadlines *deadlines, deadline_fn on_due, void *user)
{
	struct deadline *deadline = g_new0(struct deadline, 1);

	deadline->deadlines = deadlines;
	deadline->on_due = on_due;
	deadline->user = user;
	return deadline;
}

static void take_out(struct deadline *deadline)
{
	if (deadline->place)
		g_sequence_remove(deadline->place);
	deadline->place = NULL;
}

void deadline_set(struct deadline *deadline, int64_t due_ms)
{
	take_out(deadline);
	deadline->due_ms = due_ms;
	deadline->place = g_sequence_insert_sorted(deadline->deadlines->order, deadline, by_time, NULL);
}

void deadline_clear(struct deadline *deadline)
{
	take_out(deadline);
}

void deadline_free(struct deadline *deadline)
{
	if (!deadline)
		return;
	deadline_clear(deadline);
	g_free(deadline);
}
