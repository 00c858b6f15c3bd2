// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jobs that wait for different things do not wait for each other; with workers and a keeper that do as they are told.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>

#include "placing.h"

static struct {
	bool keeper_gone;
	bool workers_full;
	int load_error;			/* of keeping_load() */
	unsigned int loads;
	GQueue given;			/* numbers of jobs, in the order in which workers got them */
} world;

static struct snapshot_profile profile = { .identity_count = 1 };

static struct job *refused_job;
static int refused_error;

struct keeping *__wrap_generation_keeping(const struct generation *generation);
const struct snapshot *__wrap_generation_snapshot(const struct generation *generation);
const struct snapshot_profile *__wrap_snapshot_profile(const struct snapshot *snapshot, enum proto_role role);
unsigned int __wrap_generation_number(const struct generation *generation);
enum generation_lane __wrap_generation_lane(const struct generation *generation, uint32_t keys);
struct working *__wrap_generation_pick(const struct generation *generation, enum generation_lane which);
int __wrap_keeping_open(struct keeping *keeping, uint64_t job, uint32_t worker, uint32_t keys, bool requested);
int __wrap_keeping_load(struct keeping *keeping, uint64_t job, key_serial_t serial);
void __wrap_keeping_close(struct keeping *keeping, uint64_t job);
uint32_t __wrap_working_number(const struct working *working);
int __wrap_working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int count);
int __wrap_requestkeys_image(const struct requestkeys *keys);

struct keeping *__wrap_generation_keeping(const struct generation *generation)
{
	(void)generation;
	return world.keeper_gone ? NULL : (struct keeping *)&world;
}

const struct snapshot *__wrap_generation_snapshot(const struct generation *generation)
{
	(void)generation;
	return NULL;
}

const struct snapshot_profile *__wrap_snapshot_profile(const struct snapshot *snapshot, enum proto_role role)
{
	(void)snapshot, (void)role;
	return &profile;
}

unsigned int __wrap_generation_number(const struct generation *generation)
{
	(void)generation;
	return 1;
}

enum generation_lane __wrap_generation_lane(const struct generation *generation, uint32_t keys)
{
	(void)generation, (void)keys;
	return LANE_FAST;
}

struct working *__wrap_generation_pick(const struct generation *generation, enum generation_lane which)
{
	(void)generation, (void)which;
	return world.workers_full ? NULL : (struct working *)&world;
}

int __wrap_keeping_open(struct keeping *keeping, uint64_t job, uint32_t worker, uint32_t keys, bool requested)
{
	(void)keeping, (void)job, (void)worker, (void)keys, (void)requested;
	return 0;
}

int __wrap_keeping_load(struct keeping *keeping, uint64_t job, key_serial_t serial)
{
	(void)keeping, (void)job, (void)serial;
	world.loads++;
	return world.load_error;
}

void __wrap_keeping_close(struct keeping *keeping, uint64_t job)
{
	(void)keeping, (void)job;
}

uint32_t __wrap_working_number(const struct working *working)
{
	(void)working;
	return 1;
}

int __wrap_working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int count)
{
	(void)working, (void)fds, (void)count;
	g_queue_push_tail(&world.given, GINT_TO_POINTER((int)message->job.job));
	return 0;
}

int __wrap_requestkeys_image(const struct requestkeys *keys)
{
	(void)keys;
	return -ENOSPC;
}

static void on_refused(struct job *job, int error)
{
	g_assert_null(refused_job);
	refused_job = job;
	refused_error = error;
}

enum { BRINGS_KEY = 1, PSK, UNAUTHENTICATED, CONFIGURED, JOBS };

static struct job jobs[JOBS];

static struct placing *open_world(void)
{
	struct placing *placing = placing_new(on_refused);

	g_queue_clear(&world.given);
	world = (typeof(world)){ 0 };
	refused_job = NULL;
	for (int i = 1; i < JOBS; i++)
		jobs[i] = (struct job){ .number = i, .request = { .role = PROTO_ROLE_CLIENT, .auth = PROTO_AUTH_X509 } };
	jobs[BRINGS_KEY].keys.certificate = g_bytes_new_static("x", 1);
	jobs[PSK].request.auth = PROTO_AUTH_PSK;
	jobs[UNAUTHENTICATED].request.auth = PROTO_AUTH_UNAUTH;
	placing_use(placing, (struct generation *)&world);
	return placing;
}

static void close_world(struct placing *placing)
{
	g_bytes_unref(jobs[BRINGS_KEY].keys.certificate);
	placing_free(placing);
}

static void add_all(struct placing *placing)
{
	for (int i = 1; i < JOBS; i++)
		placing_add(placing, &jobs[i]);
}

static void assert_given(unsigned int first, ...)
{
	va_list rest;

	va_start(rest, first);
	for (unsigned int job = first; job; job = va_arg(rest, unsigned int))
		g_assert_cmpint(GPOINTER_TO_INT(g_queue_pop_head(&world.given)), ==, job);
	va_end(rest);
	g_assert_true(g_queue_is_empty(&world.given));
}

/* What waiting does not change is said at once, and nobody waits behind it. */
static void hopeless(void)
{
	static const int errors[] = { EKEYEXPIRED, EKEYREVOKED, ENOKEY, EACCES, EOPNOTSUPP };

	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
		struct placing *placing = open_world();

		world.load_error = -errors[i];
		add_all(placing);
		g_assert_true(refused_job == &jobs[BRINGS_KEY]);
		g_assert_cmpint(refused_error, ==, -errors[i]);
		assert_given(PSK, UNAUTHENTICATED, CONFIGURED, 0);
		g_assert_cmpuint(world.loads, ==, 1);
		close_world(placing);
	}
}

/* What may pass is tried again, and the others go meanwhile. */
static void passing(void)
{
	static const int errors[] = { EAGAIN, EDQUOT, ENOMEM, ENOBUFS, EPIPE };

	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
		struct placing *placing = open_world();

		world.load_error = -errors[i];
		add_all(placing);
		assert_given(PSK, UNAUTHENTICATED, CONFIGURED, 0);
		g_assert_null(refused_job);
		world.load_error = 0;
		while (!jobs[BRINGS_KEY].keys.loading)
			g_main_context_iteration(NULL, TRUE);
		placing_remove(placing, &jobs[BRINGS_KEY]);
		close_world(placing);
	}
}

static void without_keeper(void)
{
	struct placing *placing = open_world();

	world.keeper_gone = true;
	add_all(placing);
	assert_given(PSK, UNAUTHENTICATED, 0);
	g_assert_null(refused_job);
	placing_remove(placing, &jobs[BRINGS_KEY]);
	placing_remove(placing, &jobs[CONFIGURED]);
	close_world(placing);
}

/* Of the same kind, the oldest goes first. */
static void order(void)
{
	struct placing *placing = open_world();

	world.workers_full = true;
	add_all(placing);
	assert_given(0);
	world.workers_full = false;
	placing_remove(placing, &jobs[BRINGS_KEY]);
	placing_offer(placing);
	assert_given(PSK, UNAUTHENTICATED, CONFIGURED, 0);
	close_world(placing);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/placing/hopeless", hopeless);
	g_test_add_func("/placing/passing", passing);
	g_test_add_func("/placing/without-keeper", without_keeper);
	g_test_add_func("/placing/order", order);
	return g_test_run();
}
