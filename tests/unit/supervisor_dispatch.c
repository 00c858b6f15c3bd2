// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which worker may ask for a pre-shared key, and what the kernel is told of the one that was given: with a kernel, workers
 * and keyrings that do as they are told.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "answers.h"
#include "dispatch.h"
#include "intake.h"
#include "report.h"
#include "requestkeys.h"
#include "socket.h"

#define CLIENT_SERIAL 77
#define SERVER_SERIAL 88
#define IDENTITY "NVMe0R01 nqn.host nqn.subsystem"
#define SECRET "32 bytes that nobody else has in"

static struct {
	void (*take)(void *user, const struct handshake_request *request, bool understood);
	void *user;
	struct snapshot snapshot;
	union proto_message given;	/* to a worker: the last job, */
	union proto_message answer;	/* and the last answer to a call */
	const struct working *killed;
	unsigned int answered;
	struct answer done;		/* to the kernel */
} world;

static int generation, first, second;	/* for their addresses */

struct intake *__wrap_intake_new(struct upcall *upcall,
				 void (*take)(void *user, const struct handshake_request *request, bool understood),
				 void *user);
void __wrap_intake_free(struct intake *intake);
void __wrap_intake_use(struct intake *intake, const struct generation *which);
unsigned int __wrap_intake_open(const struct intake *intake);
void __wrap_intake_answered(struct intake *intake);
bool __wrap_answers_send(struct answers *answers, const struct answer *answer, uint32_t delay_ms);
const struct snapshot *__wrap_generation_snapshot(const struct generation *which);
struct keeping *__wrap_generation_keeping(const struct generation *which);
enum generation_lane __wrap_generation_lane(const struct generation *which, uint32_t keys);
struct working *__wrap_generation_pick(const struct generation *which, enum generation_lane lane);
int __wrap_working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int nfds);
void __wrap_working_answer(struct working *working, const union proto_message *message);
void __wrap_working_finished(struct working *working);
void __wrap_working_kill(struct working *working, const char *reason);
enum proto_reason __wrap_requestkeys_take(struct requestkeys *keys, struct keyrings *keyrings,
					  const struct snapshot *snapshot, const struct handshake_request *request,
					  int *error);
unsigned int __wrap_keyrings_named(struct keyrings *keyrings, const struct snapshot *snapshot, key_serial_t *serials,
				   unsigned int *configured);
int __wrap_psk_find(key_serial_t keyring, const uint8_t *identity, size_t length, struct psk *psk);
bool __wrap_socket_is_tcp(int fd);
void __wrap_socket_peer(int fd, char *text, size_t size);
bool __wrap_socket_is_connected(int fd);
bool __wrap_socket_has_keys(int fd);
void __wrap_report_log(const struct report *report);

struct intake *__wrap_intake_new(struct upcall *upcall,
				 void (*take)(void *user, const struct handshake_request *request, bool understood),
				 void *user)
{
	(void)upcall;
	world.take = take;
	world.user = user;
	return NULL;
}

void __wrap_intake_free(struct intake *intake)
{
	(void)intake;
}

void __wrap_intake_use(struct intake *intake, const struct generation *which)
{
	(void)intake, (void)which;
}

unsigned int __wrap_intake_open(const struct intake *intake)
{
	(void)intake;
	return 0;
}

void __wrap_intake_answered(struct intake *intake)
{
	(void)intake;
}

bool __wrap_answers_send(struct answers *answers, const struct answer *answer, uint32_t delay_ms)
{
	(void)answers, (void)delay_ms;
	world.answered++;
	world.done = *answer;
	return true;
}

const struct snapshot *__wrap_generation_snapshot(const struct generation *which)
{
	(void)which;
	return &world.snapshot;
}

struct keeping *__wrap_generation_keeping(const struct generation *which)
{
	(void)which;
	return NULL;
}

enum generation_lane __wrap_generation_lane(const struct generation *which, uint32_t keys)
{
	(void)which, (void)keys;
	return LANE_FAST;
}

struct working *__wrap_generation_pick(const struct generation *which, enum generation_lane lane)
{
	(void)which, (void)lane;
	return (struct working *)&first;
}

int __wrap_working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int nfds)
{
	(void)working, (void)fds, (void)nfds;
	world.given = *message;
	return 0;
}

void __wrap_working_answer(struct working *working, const union proto_message *message)
{
	(void)working;
	world.answer = *message;
}

void __wrap_working_finished(struct working *working)
{
	(void)working;
}

void __wrap_working_kill(struct working *working, const char *reason)
{
	g_test_message("worker %s", reason);
	world.killed = working;
}

static void fill(struct psk *psk, key_serial_t serial)
{
	*psk = (struct psk){ .serial = serial, .hash = PROTO_PSK_SHA256, .identity_length = strlen(IDENTITY),
			     .key_length = strlen(SECRET) };
	memcpy(psk->identity, IDENTITY, strlen(IDENTITY));
	memcpy(psk->key, SECRET, strlen(SECRET));
}

enum proto_reason __wrap_requestkeys_take(struct requestkeys *keys, struct keyrings *keyrings,
					  const struct snapshot *snapshot, const struct handshake_request *request,
					  int *error)
{
	(void)keyrings, (void)snapshot, (void)error;
	if (request->role == PROTO_ROLE_CLIENT && request->auth == PROTO_AUTH_PSK) {
		keys->psk = g_new0(struct psk, 1);
		fill(keys->psk, CLIENT_SERIAL);
	}
	return REASON_OK;
}

unsigned int __wrap_keyrings_named(struct keyrings *keyrings, const struct snapshot *snapshot, key_serial_t *serials,
				   unsigned int *configured)
{
	(void)keyrings, (void)snapshot;
	serials[0] = 1;
	*configured = 1;
	return 1;
}

int __wrap_psk_find(key_serial_t keyring, const uint8_t *identity, size_t length, struct psk *psk)
{
	(void)keyring;
	if (length != strlen(IDENTITY) || memcmp(identity, IDENTITY, length) != 0)
		return -ENOKEY;
	fill(psk, SERVER_SERIAL);
	return 0;
}

bool __wrap_socket_is_tcp(int fd)
{
	(void)fd;
	return true;
}

void __wrap_socket_peer(int fd, char *text, size_t size)
{
	(void)fd;
	g_strlcpy(text, "192.0.2.7:4420", size);
}

bool __wrap_socket_is_connected(int fd)
{
	(void)fd;
	return true;
}

bool __wrap_socket_has_keys(int fd)
{
	(void)fd;
	return true;
}

void __wrap_report_log(const struct report *report)
{
	(void)report;
}

struct scene {
	struct deadlines *deadlines;
	struct dispatch *dispatch;
	uint64_t job;
};

/* One request, whose job the first worker has. */
static void scene_open(struct scene *scene, enum proto_role role, enum proto_auth auth)
{
	struct handshake_request request = { .fd = -1, .role = role, .auth = auth, .timeout_ms = 10000 };

	memset(&world, 0, sizeof(world));
	scene->deadlines = deadlines_new();
	scene->dispatch = dispatch_new(NULL, scene->deadlines);
	dispatch_use(scene->dispatch, (struct generation *)&generation);
	world.take(world.user, &request, true);
	scene->job = world.given.job.job;
	g_assert_cmpint(proto_check(&world.given, world.given.header.size), ==, 0);
}

static void scene_close(struct scene *scene)
{
	dispatch_free(scene->dispatch);
	deadlines_free(scene->deadlines);
}

static void ask(struct scene *scene, const void *worker, uint64_t job)
{
	union proto_message call;

	memset(&world.answer, 0, sizeof(world.answer));
	proto_init(&call, PROTO_PSK);
	call.psk.job = job;
	call.psk.identity_length = strlen(IDENTITY);
	memcpy(call.psk.identity, IDENTITY, strlen(IDENTITY));
	g_assert_cmpint(proto_check(&call, sizeof(call.psk)), ==, 0);
	dispatch_psk(scene->dispatch, (struct working *)worker, &call.psk);
}

static void report_success(struct scene *scene)
{
	union proto_message message;

	proto_init(&message, PROTO_RESULT);
	message.result.job = scene->job;
	message.result.peer_authenticated = 1;
	dispatch_result(scene->dispatch, (struct working *)&first, &message.result);
}

/* What authenticated the peer is the key that went with the job. */
static void client(void)
{
	struct scene scene;

	scene_open(&scene, PROTO_ROLE_CLIENT, PROTO_AUTH_PSK);
	g_assert_cmpint(world.given.header.type, ==, PROTO_JOB_PSK);
	g_assert_cmpmem(world.given.job_psk.key, world.given.job_psk.key_length, SECRET, strlen(SECRET));
	report_success(&scene);
	g_assert_null(world.killed);
	g_assert_cmpuint(world.answered, ==, 1);
	g_assert_cmpint(world.done.status, ==, 0);
	g_assert_cmpint(world.done.remote_auth, ==, CLIENT_SERIAL);
	scene_close(&scene);
}

static void server(void)
{
	struct scene scene;

	scene_open(&scene, PROTO_ROLE_SERVER, PROTO_AUTH_PSK);
	g_assert_cmpint(world.given.header.type, ==, PROTO_JOB);
	ask(&scene, &first, scene.job);
	g_assert_cmpint(world.answer.header.type, ==, PROTO_PSK_KEY);
	g_assert_cmpmem(world.answer.psk_key.key, world.answer.psk_key.key_length, SECRET, strlen(SECRET));
	report_success(&scene);
	g_assert_null(world.killed);
	g_assert_cmpint(world.done.remote_auth, ==, SERVER_SERIAL);
	scene_close(&scene);
}

/* Success without a key is none: the job is answered when the worker is gone. */
static void server_without_key(void)
{
	struct scene scene;

	scene_open(&scene, PROTO_ROLE_SERVER, PROTO_AUTH_PSK);
	report_success(&scene);
	g_assert_true(world.killed == (void *)&first);
	g_assert_cmpuint(world.answered, ==, 0);
	dispatch_worker_lost(scene.dispatch, (struct working *)&first);
	g_assert_cmpuint(world.answered, ==, 1);
	g_assert_cmpint(world.done.status, ==, ETIMEDOUT);
	g_assert_cmpint(world.done.remote_auth, ==, 0);
	scene_close(&scene);
}

/* Nobody asks but for a server's job with a pre-shared key, which has to be its own; who does is ended and hears nothing. */
static void may_not_ask(void)
{
	static const struct {
		enum proto_role role;
		enum proto_auth auth;
		const void *worker;
		unsigned int offset;	/* to the job's number */
	} cases[] = {
		{ PROTO_ROLE_CLIENT, PROTO_AUTH_PSK, &first, 0 },
		{ PROTO_ROLE_CLIENT, PROTO_AUTH_PSK, &second, 0 },
		{ PROTO_ROLE_CLIENT, PROTO_AUTH_X509, &first, 0 },
		{ PROTO_ROLE_SERVER, PROTO_AUTH_X509, &first, 0 },
		{ PROTO_ROLE_SERVER, PROTO_AUTH_PSK, &second, 0 },
		{ PROTO_ROLE_SERVER, PROTO_AUTH_PSK, &first, 1 },
	};
	struct scene scene;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		scene_open(&scene, cases[i].role, cases[i].auth);
		ask(&scene, cases[i].worker, scene.job + cases[i].offset);
		g_assert_true(world.killed == cases[i].worker);
		g_assert_cmpint(world.answer.header.type, ==, 0);
		scene_close(&scene);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/dispatch/client", client);
	g_test_add_func("/dispatch/server", server);
	g_test_add_func("/dispatch/server-without-key", server_without_key);
	g_test_add_func("/dispatch/may-not-ask", may_not_ask);
	return g_test_run();
}
