// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deadlines in order of time, the earliest armed as the one timer.
 */
#include <config.h>

#include <glib.h>

#include "deadline.h"
#include "proto.h"

struct deadlines {
	GSequence *order;
	GSource *timer;
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

/* GLib's clock is CLOCK_MONOTONIC in microseconds; -1 means never. */
static void arm(struct deadlines *deadlines)
{
	GSequenceIter *first = g_sequence_get_begin_iter(deadlines->order);

	if (g_sequence_iter_is_end(first)) {
		g_source_set_ready_time(deadlines->timer, -1);
		return;
	}
	const struct deadline *deadline = g_sequence_get(first);
	g_source_set_ready_time(deadlines->timer, deadline->due_ms * 1000);
}

static gboolean timer_due(gpointer user_data)
{
	struct deadlines *deadlines = user_data;
	int64_t now_ms = proto_now_ms();

	for (;;) {
		GSequenceIter *first = g_sequence_get_begin_iter(deadlines->order);
		if (g_sequence_iter_is_end(first))
			break;
		struct deadline *deadline = g_sequence_get(first);
		if (deadline->due_ms > now_ms)
			break;
		g_sequence_remove(first);
		deadline->place = NULL;
		deadline->on_due(deadline->user);
	}
	arm(deadlines);
	return G_SOURCE_CONTINUE;
}

static gboolean dispatch_timer(GSource *source, GSourceFunc callback, gpointer user_data)
{
	(void)source;
	return callback(user_data);
}

static GSourceFuncs timer_functions = { .dispatch = dispatch_timer };

struct deadlines *deadlines_new(void)
{
	struct deadlines *deadlines = g_new0(struct deadlines, 1);

	deadlines->order = g_sequence_new(NULL);
	deadlines->timer = g_source_new(&timer_functions, sizeof(GSource));
	g_source_set_callback(deadlines->timer, timer_due, deadlines, NULL);
	g_source_set_ready_time(deadlines->timer, -1);
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
	arm(deadline->deadlines);
}

void deadline_clear(struct deadline *deadline)
{
	take_out(deadline);
	arm(deadline->deadlines);
}

void deadline_free(struct deadline *deadline)
{
	if (!deadline)
		return;
	deadline_clear(deadline);
	g_free(deadline);
}
