// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jobs that wait for different things do not wait for each other; with workers and a keeper that do as they are told.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "placing.h"

static struct {
	bool keeper_gone;
	bool workers_full;
	int load_error;			/* of keeping_load() */
	unsigned int loads;
	int give_error;			/* of working_give() */
	GQueue given;			/* numbers of jobs, in the order in which workers got them */
	union proto_message last;	/* the last message */
	const void *place;		/* where it was, and how much of that was wiped */
	size_t wiped;
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
void __wrap_explicit_bzero(void *data, size_t size);
void __wrap___explicit_bzero_chk(void *data, size_t size, size_t room);

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
	g_assert_cmpint(proto_check(message, message->header.size), ==, 0);
	world.last = *message;
	world.place = message;
	world.wiped = 0;
	if (world.give_error)
		return world.give_error;
	g_queue_push_tail(&world.given, GINT_TO_POINTER((int)message->job.job));
	return 0;
}

int __wrap_requestkeys_image(const struct requestkeys *keys)
{
	(void)keys;
	return -ENOSPC;
}

void __wrap_explicit_bzero(void *data, size_t size)
{
	if (data == world.place)
		world.wiped = size;
	memset(data, 0, size);
}

/* The same, as a build with more checks calls it. */
void __wrap___explicit_bzero_chk(void *data, size_t size, size_t room)
{
	(void)room;
	__wrap_explicit_bzero(data, size);
}

static void on_refused(struct job *job, int error)
{
	g_assert_null(refused_job);
	refused_job = job;
	refused_error = error;
}

enum { BRINGS_KEY = 1, PSK, UNAUTHENTICATED, CONFIGURED, JOBS };

static struct job jobs[JOBS];
static const struct psk first_psk = { .serial = 77, .hash = PROTO_PSK_SHA256, .identity_length = 8, .key_length = 6,
				      .identity = "identity", .key = "secret" };
static struct psk psk;

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
	psk = first_psk;
	jobs[PSK].keys.psk = &psk;
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

static unsigned int bytes_of_key(const struct psk *of)
{
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(of->key); i++)
		count += of->key[i] != 0;
	return count;
}

/* Goes with the job, and is then nowhere; what DONE and the log say of it stays. */
static void client_key(void)
{
	struct placing *placing = open_world();

	placing_add(placing, &jobs[PSK]);
	assert_given(PSK, 0);
	g_assert_cmpint(world.last.header.type, ==, PROTO_JOB_PSK);
	g_assert_cmpint(world.last.job.psk_hash, ==, PROTO_PSK_SHA256);
	g_assert_cmpmem(world.last.job_psk.identity, world.last.job_psk.identity_length, "identity", 8);
	g_assert_cmpmem(world.last.job_psk.key, world.last.job_psk.key_length, "secret", 6);
	g_assert_cmpuint(world.wiped, >=, sizeof(world.last.job_psk));
	g_assert_cmpuint(bytes_of_key(&psk), ==, 0);
	g_assert_cmpuint(psk.key_length, ==, 0);
	g_assert_cmpint(requestkeys_serial(&jobs[PSK].keys), ==, 77);
	g_assert_cmpmem(psk.identity, psk.identity_length, "identity", 8);
	/* And no other job's message has any of it. */
	placing_add(placing, &jobs[CONFIGURED]);
	assert_given(CONFIGURED, 0);
	g_assert_cmpint(world.last.header.type, ==, PROTO_JOB);
	for (size_t i = sizeof(world.last.job); i < sizeof(world.last); i++)
		g_assert_cmpint(((const uint8_t *)&world.last)[i], ==, 0);
	close_world(placing);
}

/* As long as no worker has the job, its key stays for the next one, and counts as not given. */
static void client_key_waits(void)
{
	static const int errors[] = { EAGAIN, ETOOMANYREFS, EPIPE };

	for (size_t i = 0; i < G_N_ELEMENTS(errors); i++) {
		struct placing *placing = open_world();

		world.give_error = -errors[i];
		placing_add(placing, &jobs[PSK]);
		assert_given(0);
		g_assert_cmpmem(world.last.job_psk.key, world.last.job_psk.key_length, "secret", 6);
		g_assert_cmpuint(world.wiped, >=, sizeof(world.last.job_psk));
		g_assert_cmpmem(&psk, sizeof(psk), &first_psk, sizeof(first_psk));
		g_assert_cmpint(requestkeys_serial(&jobs[PSK].keys), ==, 0);
		world.give_error = 0;
		placing_offer(placing);
		assert_given(PSK, 0);
		g_assert_cmpmem(world.last.job_psk.key, world.last.job_psk.key_length, "secret", 6);
		g_assert_cmpuint(bytes_of_key(&psk), ==, 0);
		close_world(placing);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/placing/hopeless", hopeless);
	g_test_add_func("/placing/passing", passing);
	g_test_add_func("/placing/without-keeper", without_keeper);
	g_test_add_func("/placing/order", order);
	g_test_add_func("/placing/client-key", client_key);
	g_test_add_func("/placing/client-key-waits", client_key_waits);
	return g_test_run();
}
