// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A client's pre-shared key in the worker: it comes with its job, and whichever way that goes, nothing that the worker gives
 * back to the allocator has a byte of it.
 */
#include <config.h>

#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"
#include "worker/jobs.h"
#include "worker/timers.h"

#define IDENTITY "NVMe0R01 nqn.2014-08.org.test:host nqn.2026-01.test:sub"
#define SECRET "a secret of 32 bytes, found once"
#define JOB 100

static gint leaks;		/* blocks that were freed with the key in them */
static gint no_memory, no_timers;

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void __real_free(void *block);
void __wrap_free(void *block);
int __real_timers_add(struct timers *timers, struct timer *timer, int64_t due_ms);
int __wrap_timers_add(struct timers *timers, struct timer *timer, int64_t due_ms);

void *__wrap_malloc(size_t size)
{
	if (size == sizeof(struct proto_job_psk) && g_atomic_int_get(&no_memory))
		return NULL;
	return __real_malloc(size);
}

void __wrap_free(void *block)
{
	if (block && memmem(block, malloc_usable_size(block), SECRET, strlen(SECRET)))
		g_atomic_int_inc(&leaks);
	__real_free(block);
}

int __wrap_timers_add(struct timers *timers, struct timer *timer, int64_t due_ms)
{
	return g_atomic_int_get(&no_timers) ? -ENOMEM : __real_timers_add(timers, timer, due_ms);
}

/* A worker's loop in a thread, and the supervisor's end of its channel. */
struct shop {
	struct scene scene;
	struct jobs *jobs;
	GThread *thread;
	int channel, worker_channel;
	int fd, peer_fd;
};

static void *work(void *pointer)
{
	struct shop *shop = pointer;

	return GINT_TO_POINTER(jobs_run(shop->jobs));
}

static void shop_open(struct shop *shop)
{
	int pair[2];

	g_atomic_int_set(&leaks, 0);
	g_atomic_int_set(&no_memory, 0);
	g_atomic_int_set(&no_timers, 0);
	memset(shop, 0, sizeof(*shop));
	scene_init(&shop->scene);
	scene_ready(&shop->scene);
	/* No PSK channel: a client asks nobody. */
	OK(preshared_new(credentials_priority(shop->scene.server_credentials), handshake_offer_psk, handshake_find_psk, NULL,
			 &shop->scene.context.preshared));
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	shop->channel = pair[0];
	shop->worker_channel = pair[1];
	tcp_pair(&shop->fd, &shop->peer_fd);
	OK(jobs_new(shop->worker_channel, &shop->scene.context, &shop->jobs));
	shop->thread = g_thread_new("worker", work, shop);
}

/* The worker ends, with what it has open. Returns what jobs_run() did. */
static int shop_close(struct shop *shop)
{
	close(shop->channel);
	int ret = GPOINTER_TO_INT(g_thread_join(shop->thread));
	jobs_free(shop->jobs);
	close(shop->worker_channel);
	close(shop->fd);
	close(shop->peer_fd);
	preshared_free(shop->scene.context.preshared);
	scene_done(&shop->scene);
	g_assert_cmpint(g_atomic_int_get(&leaks), ==, 0);
	return ret;
}

/* @count: of descriptors that go along */
static void give(struct shop *shop, unsigned int count)
{
	union proto_message message;
	int fds[2] = { shop->fd, shop->fd };

	proto_init(&message, PROTO_JOB_PSK);
	message.job.job = JOB;
	message.job.role = PROTO_ROLE_CLIENT;
	message.job.auth = PROTO_AUTH_PSK;
	message.job.deadline_ms = proto_now_ms() + 20000;
	message.job.psk_hash = PROTO_PSK_SHA256;
	message.job_psk.identity_length = strlen(IDENTITY);
	memcpy(message.job_psk.identity, IDENTITY, strlen(IDENTITY));
	message.job_psk.key_length = strlen(SECRET);
	memcpy(message.job_psk.key, SECRET, strlen(SECRET));
	OK(proto_send(shop->channel, &message, fds, count));
}

static void hear_offer(struct shop *shop)
{
	uint8_t hello[4096];

	ssize_t length = recv(shop->peer_fd, hello, sizeof(hello), 0);
	g_assert_cmpint(length, >, 0);
	g_assert_nonnull(memmem(hello, length, IDENTITY, strlen(IDENTITY)));
	g_assert_null(memmem(hello, length, SECRET, strlen(SECRET)));
}

static void assert_result(struct shop *shop, enum proto_reason reason)
{
	struct pollfd wait = { .fd = shop->channel, .events = POLLIN };
	union proto_message message;

	g_assert_cmpint(poll(&wait, 1, 10000), ==, 1);
	OK(proto_receive(shop->channel, &message, 0, NULL, 0));
	g_assert_cmpint(message.header.type, ==, PROTO_RESULT);
	g_assert_cmpuint(message.result.job, ==, JOB);
	g_assert_cmpint(message.result.reason, ==, reason);
	g_assert_cmpint(message.result.status, ==, ETIMEDOUT);
	/* The answer is made where the job was. */
	g_assert_null(memmem(&message, sizeof(message.result), SECRET, strlen(SECRET)));
}

/* The message is wiped while the handshake still has its copy. */
static void under_way(void)
{
	struct shop shop;

	shop_open(&shop);
	give(&shop, 1);
	hear_offer(&shop);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void ended(void)
{
	struct shop shop;

	shop_open(&shop);
	give(&shop, 1);
	hear_offer(&shop);
	shutdown(shop.peer_fd, SHUT_WR);
	assert_result(&shop, REASON_PEER_CLOSED);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void cancelled(void)
{
	union proto_message message;
	struct shop shop;

	shop_open(&shop);
	give(&shop, 1);
	hear_offer(&shop);
	proto_init(&message, PROTO_CANCEL);
	message.cancel.job = JOB;
	OK(proto_send(shop.channel, &message, NULL, 0));
	assert_result(&shop, REASON_CANCELLED);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* None came, or there was no room for it: the job has to be answered all the same. */
static void lost_descriptor(void)
{
	struct rlimit usual, full;

	OK(getrlimit(RLIMIT_NOFILE, &usual));
	full = usual;
	full.rlim_cur = 1 + STDERR_FILENO;
	for (unsigned int sent = 0; sent <= 1; sent++) {
		struct shop shop;

		shop_open(&shop);
		OK(setrlimit(RLIMIT_NOFILE, &full));
		give(&shop, sent);
		assert_result(&shop, REASON_RESOURCES);
		OK(setrlimit(RLIMIT_NOFILE, &usual));
		g_assert_cmpint(shop_close(&shop), ==, 0);
	}
}

/* One more than belongs to it. */
static void broken_contract(void)
{
	union proto_message message;
	struct shop shop;

	shop_open(&shop);
	give(&shop, 2);
	OK(proto_receive(shop.channel, &message, 0, NULL, 0));
	g_assert_cmpint(message.header.type, ==, PROTO_NOTICE);
	g_assert_cmpint(shop_close(&shop), ==, -EBADMSG);
}

static void no_room(void)
{
	gint *const lacks[] = { &no_memory, &no_timers };

	for (size_t i = 0; i < G_N_ELEMENTS(lacks); i++) {
		struct shop shop;

		shop_open(&shop);
		g_atomic_int_set(lacks[i], 1);
		give(&shop, 1);
		assert_result(&shop, REASON_RESOURCES);
		g_assert_cmpint(shop_close(&shop), ==, 0);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/jobkey/under-way", under_way);
	g_test_add_func("/jobkey/ended", ended);
	g_test_add_func("/jobkey/cancelled", cancelled);
	g_test_add_func("/jobkey/lost-descriptor", lost_descriptor);
	g_test_add_func("/jobkey/broken-contract", broken_contract);
	g_test_add_func("/jobkey/no-room", no_room);
	return g_test_run();
}
