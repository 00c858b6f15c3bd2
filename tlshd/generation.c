// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Generations. In each lane there is one worker more than is used, ready to take the place of one that dies: to start a
 * program may need the very storage that waits for a handshake.
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
#define SLOW_WORKERS 2	/* a token makes one signature at a time: while one worker waits for it, another one shakes hands */

struct lane {
	GPtrArray *workers;		/* of struct working, the oldest first */
	unsigned int wanted;		/* workers in use; one more is kept. 0: nothing needs this lane */
	uint32_t call_limit_ms;
};

struct generation {
	unsigned int number;
	struct deadlines *deadlines;
	const struct users *users;
	int snapshot_fd, keys_fd;
	struct snapshot *snapshot;
	struct keeping *keeping;
	bool keeper_ready;
	uint32_t slow;			/* keys, bit n: key n; known when the keeper is ready */
	struct lane lanes[LANES];
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

bool generation_pin_trouble(const struct generation *generation)
{
	return generation->keeping && keeping_pin_trouble(generation->keeping);
}

static bool lane_is_ready(const struct lane *lane)
{
	unsigned int count = 0;

	for (guint i = 0; i < lane->workers->len; i++)
		count += working_is_ready(lane->workers->pdata[i]);
	return lane->wanted == 0 || count > lane->wanted;
}

static void see_whether_ready(struct generation *generation)
{
	if (generation->ready || generation->failed || (generation->keeping && !generation->keeper_ready) ||
	    !lane_is_ready(&generation->lanes[LANE_FAST]) || !lane_is_ready(&generation->lanes[LANE_SLOW]))
		return;
	generation->ready = true;
	generation->events->ready(generation->user, generation);
}

static void fill(void *user);

static void keeper_ready(void *user)
{
	struct generation *generation = user;
	struct lane *slow = &generation->lanes[LANE_SLOW];

	generation->keeper_ready = true;
	generation->slow = keeping_slow(generation->keeping);
	if (generation->slow) {
		slow->wanted = SLOW_WORKERS;
		/* A large RSA key is slow, too, but only the number of processors limits it. */
		if (keeping_slow_computes(generation->keeping))
			slow->wanted = MAX(slow->wanted, generation->lanes[LANE_FAST].wanted);
		slow->call_limit_ms = keeping_slow_limit_ms(generation->keeping);
		fill(generation);
	}
	see_whether_ready(generation);
}

static void keeper_lost(void *user)
{
	fail(user);
}

static void keeper_loaded(void *user, const struct proto_key_loaded *answer)
{
	struct generation *generation = user;

	generation->events->loaded(generation->user, answer);
}

static const struct keeping_events keeping_events = {
	.ready = keeper_ready,
	.loaded = keeper_loaded,
	.lost = keeper_lost,
};

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

static int fill_lane(struct generation *generation, struct lane *lane);

/* Bring the number of workers back to what is wanted, the spare one included. */
static void fill(void *user)
{
	struct generation *generation = user;
	int ret = 0;

	for (int i = 0; ret == 0 && !generation->failed && !generation->retired && i < LANES; i++)
		ret = fill_lane(generation, &generation->lanes[i]);
	if (ret < 0)
		deadline_set(generation->restart, proto_now_ms() + BACKOFF_FIRST_MS);
}

static void worker_lost(void *user, struct working *working)
{
	struct generation *generation = user;

	generation->events->worker_lost(generation->user, working);
	for (int i = 0; i < LANES; i++)
		g_ptr_array_remove(generation->lanes[i].workers, working);
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

static int fill_lane(struct generation *generation, struct lane *lane)
{
	int ret = 0;

	while (ret == 0 && lane->wanted > 0 && lane->workers->len <= lane->wanted) {
		struct working *working = NULL;
		ret = working_start(&working, ++generation->next_worker, generation->deadlines, generation->users,
				    generation->snapshot_fd, generation->keeping, lane->call_limit_ms, &working_events,
				    generation);
		if (ret == 0)
			g_ptr_array_add(lane->workers, working);
	}
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
	for (int i = 0; i < LANES; i++)
		generation->lanes[i].workers = g_ptr_array_new();
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
	/* Also where the configuration has no private key: a mount may bring its own. */
	ret = keeping_start(&generation->keeping, deadlines, users, generation->keys_fd, generation->snapshot,
			    &keeping_events, generation);
	if (ret < 0)
		goto fail;
	generation->lanes[LANE_FAST].wanted = workers_wanted(generation->snapshot);
	generation->lanes[LANE_FAST].call_limit_ms = generation->snapshot->settings.sign_timeout_ms;
	ret = fill_lane(generation, &generation->lanes[LANE_FAST]);
	if (ret < 0)
		goto fail;
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
	for (int i = 0; i < LANES; i++) {
		struct lane *lane = &generation->lanes[i];
		for (guint n = 0; n < lane->workers->len; n++)
			working_free(lane->workers->pdata[n]);
		g_ptr_array_free(lane->workers, TRUE);
	}
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

	for (int i = 0; i < LANES; i++) {
		const struct lane *lane = &generation->lanes[i];
		for (guint n = 0; n < lane->workers->len; n++)
			jobs += working_jobs(lane->workers->pdata[n]);
	}
	return jobs;
}

/* Of equals, the one that has waited longest: one that fails quickly must not attract all that comes. */
static bool is_better(const struct working *working, const struct working *best)
{
	if (!best || working_jobs(working) != working_jobs(best))
		return !best || working_jobs(working) < working_jobs(best);
	return working_last_job(working) < working_last_job(best);
}

static unsigned int workers_kept(const struct generation *generation)
{
	unsigned int count = 0;

	for (int i = 0; i < LANES; i++)
		count += generation->lanes[i].wanted > 0 ? generation->lanes[i].wanted + 1 : 0;
	return count;
}

unsigned int generation_files(const struct generation *generation)
{
	/* For each worker and for the keeper two channels and a pidfd; and the two memfds. */
	return 3 * workers_kept(generation) + 5;
}

enum generation_lane generation_lane(const struct generation *generation, uint32_t keys)
{
	return keys & generation->slow ? LANE_SLOW : LANE_FAST;
}

struct working *generation_pick(const struct generation *generation, enum generation_lane which)
{
	const struct lane *lane = &generation->lanes[which];
	struct working *best = NULL;
	unsigned int seen = 0;

	/* The oldest ready ones are in use; the last ready one is the spare. */
	for (guint i = 0; i < lane->workers->len && seen < lane->wanted; i++) {
		struct working *working = lane->workers->pdata[i];
		if (!working_is_ready(working))
			continue;
		seen++;
		if (working_has_room(working) && is_better(working, best))
			best = working;
	}
	return best;
}
