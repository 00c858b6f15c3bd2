// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Generations. There is one worker more than is used, ready to take the place of one that dies: to start a program may
 * need the very storage that waits for a handshake.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "backoff.h"
#include "generation.h"
#include "log.h"

#define WORKERS_MAX 256

struct generation {
	unsigned int number;
	struct deadlines *deadlines;
	const struct users *users;
	int snapshot_fd, keys_fd;
	struct snapshot *snapshot;
	struct keeping *keeping;
	bool keeper_ready;
	GPtrArray *workers;		/* of struct working, the oldest first */
	unsigned int wanted;		/* workers in use; one more is kept */
	uint32_t next_worker;
	struct backoff backoff;
	struct deadline *restart;	/* until the next worker is started, after too many have died */
	bool ready, failed, retired;
	const struct generation_events *events;
	void *user;
};

unsigned int generation_number(const struct generation *generation)
{
	return generation->number;
}

const struct snapshot *generation_snapshot(const struct generation *generation)
{
	return generation->snapshot;
}

void generation_fds(const struct generation *generation, int *snapshot_fd, int *keys_fd)
{
	*snapshot_fd = generation->snapshot_fd;
	*keys_fd = generation->keys_fd;
}

struct keeping *generation_keeping(const struct generation *generation)
{
	return generation->failed ? NULL : generation->keeping;
}

static void fail(struct generation *generation)
{
	if (generation->failed)
		return;
	generation->failed = true;
	if (!generation->retired)
		generation->events->failed(generation->user, generation);
}

bool generation_is_whole(const struct generation *generation)
{
	return !generation->failed;
}

static unsigned int ready_workers(const struct generation *generation)
{
	unsigned int count = 0;

	for (guint i = 0; i < generation->workers->len; i++)
		count += working_is_ready(generation->workers->pdata[i]);
	return count;
}

static void see_whether_ready(struct generation *generation)
{
	if (generation->ready || generation->failed || (generation->keeping && !generation->keeper_ready) ||
	    ready_workers(generation) <= generation->wanted)
		return;
	generation->ready = true;
	generation->events->ready(generation->user, generation);
}

static void keeper_ready(void *user)
{
	struct generation *generation = user;

	generation->keeper_ready = true;
	see_whether_ready(generation);
}

static void keeper_lost(void *user)
{
	fail(user);
}

static const struct keeping_events keeping_events = { .ready = keeper_ready, .lost = keeper_lost };

static void worker_ready(void *user, struct working *working)
{
	struct generation *generation = user;

	(void)working;
	see_whether_ready(generation);
	if (generation->ready)
		generation->events->capacity(generation->user, generation);
}

static void worker_result(void *user, struct working *working, const struct proto_result *result)
{
	struct generation *generation = user;

	generation->events->result(generation->user, working, result);
}

static void worker_psk(void *user, struct working *working, const struct proto_psk *call)
{
	struct generation *generation = user;

	generation->events->psk(generation->user, working, call);
}

static int start_worker(struct generation *generation);

/* Bring the number of workers back to what is wanted, the spare one included. */
static void fill(void *user)
{
	struct generation *generation = user;

	while (!generation->failed && !generation->retired && generation->workers->len <= generation->wanted) {
		if (start_worker(generation) < 0) {
			deadline_set(generation->restart, proto_now_ms() + BACKOFF_FIRST_MS);
			return;
		}
	}
}

static void worker_lost(void *user, struct working *working)
{
	struct generation *generation = user;

	generation->events->worker_lost(generation->user, working);
	g_ptr_array_remove(generation->workers, working);
	working_free(working);
	if (generation->retired)
		return;
	if (!generation->ready) {
		fail(generation);
		return;
	}
	uint32_t delay_ms = backoff_death(&generation->backoff, proto_now_ms());
	if (delay_ms == 0) {
		fill(generation);
	} else {
		log_line(LOG_WARNING, "%d workers died within %d s: the next one is started in %u ms", BACKOFF_DEATHS,
			 BACKOFF_WINDOW_MS / 1000, delay_ms);
		deadline_set(generation->restart, proto_now_ms() + delay_ms);
	}
	if (!generation->failed)
		generation->events->capacity(generation->user, generation);
}

static const struct working_events working_events = {
	.ready = worker_ready,
	.result = worker_result,
	.psk = worker_psk,
	.lost = worker_lost,
};

static int start_worker(struct generation *generation)
{
	struct working *working = NULL;
	int ret = working_start(&working, ++generation->next_worker, generation->deadlines, generation->users,
				generation->snapshot_fd, generation->keeping, &working_events, generation);

	if (ret == 0)
		g_ptr_array_add(generation->workers, working);
	return ret;
}

static unsigned int workers_wanted(const struct snapshot *snapshot)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int wanted = snapshot->settings.workers;

	if (wanted == 0)
		wanted = cpus > 0 ? cpus : 1;
	return MIN(wanted, WORKERS_MAX);
}

void generation_retire(struct generation *generation)
{
	generation->retired = true;
}

static bool needs_keeper(const struct generation *generation)
{
	for (int i = 0; i < SNAPSHOT_PROFILES; i++) {
		if (generation->snapshot->profiles[i].identity_count > 0)
			return true;
	}
	return false;
}

int generation_start(struct generation **out, unsigned int number, struct deadlines *deadlines,
		     const struct users *users, int snapshot_fd, int keys_fd, const struct generation_events *events,
		     void *user)
{
	struct generation *generation = g_new0(struct generation, 1);
	int ret;

	generation->number = number;
	generation->deadlines = deadlines;
	generation->users = users;
	generation->events = events;
	generation->user = user;
	generation->workers = g_ptr_array_new();
	generation->restart = deadline_new(deadlines, fill, generation);
	generation->snapshot_fd = fcntl(snapshot_fd, F_DUPFD_CLOEXEC, 3);
	generation->keys_fd = fcntl(keys_fd, F_DUPFD_CLOEXEC, 3);
	ret = generation->snapshot_fd < 0 || generation->keys_fd < 0 ? -errno : 0;
	if (ret == 0)
		ret = snapshot_open(generation->snapshot_fd, &generation->snapshot);
	if (ret < 0) {
		log_line(LOG_ERR, "the loaded configuration cannot be used: %s", strerror(-ret));
		goto fail;
	}
	if (needs_keeper(generation)) {
		ret = keeping_start(&generation->keeping, deadlines, users, generation->keys_fd, generation->snapshot,
				    &keeping_events, generation);
		if (ret < 0)
			goto fail;
	}
	generation->wanted = workers_wanted(generation->snapshot);
	while (generation->workers->len <= generation->wanted) {
		ret = start_worker(generation);
		if (ret < 0)
			goto fail;
	}
	*out = generation;
	return 0;
fail:
	generation_free(generation);
	return ret;
}

void generation_free(struct generation *generation)
{
	if (!generation)
		return;
	for (guint i = 0; i < generation->workers->len; i++)
		working_free(generation->workers->pdata[i]);
	g_ptr_array_free(generation->workers, TRUE);
	keeping_free(generation->keeping);
	deadline_free(generation->restart);
	snapshot_free(generation->snapshot);
	if (generation->snapshot_fd >= 0)
		close(generation->snapshot_fd);
	if (generation->keys_fd >= 0)
		close(generation->keys_fd);
	g_free(generation);
}

unsigned int generation_jobs(const struct generation *generation)
{
	unsigned int jobs = 0;

	for (guint i = 0; i < generation->workers->len; i++)
		jobs += working_jobs(generation->workers->pdata[i]);
	return jobs;
}

/* Of equals, the one that has waited longest: one that fails quickly must not attract all that comes. */
static bool is_better(const struct working *working, const struct working *best)
{
	if (!best || working_jobs(working) != working_jobs(best))
		return !best || working_jobs(working) < working_jobs(best);
	return working_last_job(working) < working_last_job(best);
}

unsigned int generation_files(const struct generation *generation)
{
	/* For each worker two channels and a pidfd; for the keeper one of each; and the two memfds. */
	return 3 * (generation->wanted + 1) + 4;
}

struct working *generation_pick(const struct generation *generation)
{
	struct working *best = NULL;
	unsigned int seen = 0;

	/* The oldest ready ones are in use; the last ready one is the spare. */
	for (guint i = 0; i < generation->workers->len && seen < generation->wanted; i++) {
		struct working *working = generation->workers->pdata[i];
		if (!working_is_ready(working))
			continue;
		seen++;
		if (working_has_room(working) && is_better(working, best))
			best = working;
	}
	return best;
}
