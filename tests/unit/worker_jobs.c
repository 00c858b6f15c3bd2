// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker's loop against peers that mean no good, deadlines, and what the supervisor may say.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"
#include "worker/jobs.h"

static const struct issued *ca, *host;

/* A worker's loop in a thread, and the supervisor's end of its channel. */
struct shop {
	struct scene scene;
	struct jobs *jobs;
	GThread *thread;
	int channel, worker_channel;
	int files;		/* descriptors before */
	uint64_t next_job;
};

static int count_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void *work(void *pointer)
{
	struct shop *shop = pointer;

	return GINT_TO_POINTER(jobs_run(shop->jobs));
}

static void shop_open_with(struct shop *shop, uint32_t sign_timeout_ms)
{
	const struct issued *chain[] = { host, NULL };
	int pair[2];

	memset(shop, 0, sizeof(*shop));
	shop->files = count_files();
	scene_init(&shop->scene);
	scene_trust(&shop->scene.client, ca);
	scene_trust(&shop->scene.server, ca);
	scene_identity(&shop->scene, &shop->scene.server, chain);
	if (sign_timeout_ms)
		shop->scene.settings.sign_timeout_ms = sign_timeout_ms;
	scene_ready(&shop->scene);
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	shop->channel = pair[0];
	shop->worker_channel = pair[1];
	shop->next_job = 100;
	OK(jobs_new(shop->worker_channel, &shop->scene.context, &shop->jobs));
	shop->thread = g_thread_new("worker", work, shop);
}

static void shop_open(struct shop *shop)
{
	shop_open_with(shop, 0);
}

/* Returns what jobs_run() did. */
static int shop_close(struct shop *shop)
{
	close(shop->channel);
	int ret = GPOINTER_TO_INT(g_thread_join(shop->thread));
	jobs_free(shop->jobs);
	close(shop->worker_channel);
	scene_done(&shop->scene);
	g_assert_cmpint(count_files(), ==, shop->files);
	return ret;
}

/* Deadlines in ms from now; 0: 20 s ahead, no deadline for the hello. @fd: -1 sends none. */
static uint64_t shop_send(struct shop *shop, enum proto_role role, int fd, int deadline_ms, int hello_ms)
{
	union proto_message message;

	proto_init(&message, PROTO_JOB);
	message.job = make_job(role, role == PROTO_ROLE_CLIENT ? PROTO_AUTH_UNAUTH : PROTO_AUTH_X509,
			       role == PROTO_ROLE_CLIENT ? "peer.example" : "");
	message.job.job = shop->next_job++;
	if (deadline_ms)
		message.job.deadline_ms = proto_now_ms() + deadline_ms;
	if (hello_ms)
		message.job.hello_deadline_ms = proto_now_ms() + hello_ms;
	OK(proto_send(shop->channel, &message, &fd, fd >= 0));
	return message.job.job;
}

static struct proto_result shop_result(struct shop *shop, uint64_t job)
{
	struct pollfd wait = { .fd = shop->channel, .events = POLLIN };
	union proto_message message;

	g_assert_cmpint(poll(&wait, 1, 10000), ==, 1);
	g_assert_cmpint(proto_receive(shop->channel, &message, 0, NULL, 0), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_RESULT);
	g_assert_cmpuint(message.result.job, ==, job);
	return message.result;
}

static void assert_result(const struct proto_result *result, enum proto_reason reason, int status)
{
	g_test_message("reason %u status %u library %d", result->reason, result->status, result->library_error);
	g_assert_cmpint(result->reason, ==, reason);
	g_assert_cmpint(result->status, ==, status);
}

/* Our copy goes away as the supervisor's does; the test's peer keeps the other end. */
static uint64_t start(struct shop *shop, enum proto_role role, int *peer_fd, int deadline_ms, int hello_ms)
{
	int fd;

	tcp_pair(&fd, peer_fd);
	uint64_t job = shop_send(shop, role, fd, deadline_ms, hello_ms);
	close(fd);
	return job;
}

/* The alert that comes in the clear; -1: none. */
static int plain_alert(int fd)
{
	uint8_t record[7];

	return recv(fd, record, sizeof(record), MSG_WAITALL) == 7 && record[0] == 21 ? record[6] : -1;
}

/* A ClientHello as the library makes it; returns its length. */
static size_t client_hello(uint8_t *buffer, size_t size)
{
	struct peer_wish wish = { 0 };
	struct peer peer;
	int ours, theirs;

	tcp_pair(&ours, &theirs);
	peer_init(&peer, &wish, theirs);
	peer_step(&peer);
	ssize_t length = recv(ours, buffer, size, 0);
	g_assert_cmpint(length, >, 100);
	close(ours);
	peer_done(&peer);
	return length;
}

/* Begun: its hello was answered. Returns the number of its job. */
static uint64_t begin_one(struct shop *shop, const uint8_t *hello, size_t length, int *fd)
{
	uint64_t job = start(shop, PROTO_ROLE_SERVER, fd, 0, 0);
	struct pollfd answered = { .fd = *fd, .events = POLLIN };

	g_assert_cmpint(send(*fd, hello, length, 0), ==, length);
	g_assert_cmpint(poll(&answered, 1, 10000), ==, 1);
	return job;
}

/* The worker waits for the keeper until its call has a time-out, and has read all jobs before. Returns the number of its job. */
static uint64_t block(struct shop *shop, const uint8_t *hello, size_t length, int *fd)
{
	int calls = g_atomic_int_get(&shop->scene.calls);

	g_atomic_int_set(&shop->scene.mood, KEEPER_SLEEPS);
	uint64_t job = start(shop, PROTO_ROLE_SERVER, fd, 0, 0);
	g_assert_cmpint(send(*fd, hello, length, 0), ==, length);
	while (g_atomic_int_get(&shop->scene.calls) == calls)
		g_thread_yield();
	return job;
}

/*
 * A handshake that has begun, and many that have not, all ready at once while the worker waits for the keeper: the one has its
 * step before the others are looked at, though its bytes came last.
 */
static void test_begun_first(void)
{
	enum { OTHERS = 30 };
	int begun_fd, blocker_fd, other_fds[OTHERS];
	uint8_t hello[2048];
	struct shop shop;

	size_t length = client_hello(hello, sizeof(hello));
	shop_open_with(&shop, 500);
	uint64_t begun = begin_one(&shop, hello, length, &begun_fd);
	for (int i = 0; i < OTHERS; i++)
		start(&shop, PROTO_ROLE_SERVER, &other_fds[i], 0, 0);

	uint64_t blocker = block(&shop, hello, length, &blocker_fd);
	for (int i = 0; i < OTHERS; i++)
		g_assert_cmpint(send(other_fds[i], "no TLS at all, but enough of it", 31, 0), ==, 31);
	OK(shutdown(begun_fd, SHUT_WR));

	struct proto_result result = shop_result(&shop, blocker);
	assert_result(&result, REASON_SIGN_TIMEOUT, ETIMEDOUT);
	result = shop_result(&shop, begun);
	assert_result(&result, REASON_PEER_CLOSED, ETIMEDOUT);
	close(begun_fd);
	close(blocker_fd);
	for (int i = 0; i < OTHERS; i++) {
		union proto_message message;

		g_assert_cmpint(proto_receive(shop.channel, &message, 0, NULL, 0), ==, 0);
		assert_result(&message.result, REASON_PROTOCOL, EACCES);
	}
	for (int i = 0; i < OTHERS; i++)
		close(other_fds[i]);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/*
 * Peers that have begun and send record after record, so that there is always something to read of them, and one beside them that
 * sends its last: it is not kept waiting until they have enough.
 */
static void test_flood(void)
{
	enum { FLOODS = 6, RECORDS = 4000 };
	static const uint8_t record[] = { 20, 3, 3, 0, 1, 1 };	/* ChangeCipherSpec (RFC 8446, 5) */
	g_autoptr(GByteArray) flood = g_byte_array_new();
	int honest_fd, blocker_fd, flood_fds[FLOODS];
	uint8_t hello[2048];
	struct shop shop;

	for (int i = 0; i < RECORDS; i++)
		g_byte_array_append(flood, record, sizeof(record));
	g_byte_array_append(flood, (const guint8 *)"the end, and it is no TLS", 25);
	size_t length = client_hello(hello, sizeof(hello));
	shop_open_with(&shop, 500);
	for (int i = 0; i < FLOODS; i++)
		begin_one(&shop, hello, length, &flood_fds[i]);
	uint64_t honest = begin_one(&shop, hello, length, &honest_fd);

	uint64_t blocker = block(&shop, hello, length, &blocker_fd);
	for (int i = 0; i < FLOODS; i++)
		g_assert_cmpint(send(flood_fds[i], flood->data, flood->len, 0), ==, flood->len);
	OK(shutdown(honest_fd, SHUT_WR));

	struct proto_result result = shop_result(&shop, blocker);
	assert_result(&result, REASON_SIGN_TIMEOUT, ETIMEDOUT);
	result = shop_result(&shop, honest);
	assert_result(&result, REASON_PEER_CLOSED, ETIMEDOUT);
	close(honest_fd);
	close(blocker_fd);
	for (int i = 0; i < FLOODS; i++) {
		union proto_message message;

		g_assert_cmpint(proto_receive(shop.channel, &message, 0, NULL, 0), ==, 0);
		g_assert_cmpint(message.result.status, ==, EACCES);
	}
	for (int i = 0; i < FLOODS; i++)
		close(flood_fds[i]);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_silent(void)
{
	struct shop shop;
	int peer_fd;

	shop_open(&shop);
	int64_t began = proto_now_ms();
	uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 0, 200);
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_HELLO_TIMEOUT, ETIMEDOUT);
	g_assert_cmpint(proto_now_ms() - began, >=, 200);
	g_assert_cmpint(proto_now_ms() - began, <, 3000);
	g_assert_cmpint(result.alert_sent, ==, GNUTLS_A_INTERNAL_ERROR);
	g_assert_cmpint(plain_alert(peer_fd), ==, GNUTLS_A_INTERNAL_ERROR);
	close(peer_fd);

	/* A silent server: there is no hello to wait for. */
	job = start(&shop, PROTO_ROLE_CLIENT, &peer_fd, 200, 50);
	result = shop_result(&shop, job);
	assert_result(&result, REASON_DEADLINE, ETIMEDOUT);
	close(peer_fd);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* Sends until the worker has had enough; returns after the result. */
static void drip(const uint8_t *bytes, size_t length, size_t at_once)
{
	struct shop shop;
	int peer_fd;
	size_t sent = 0;

	shop_open(&shop);
	int64_t began = proto_now_ms();
	uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 400, 200);
	struct pollfd wait = { .fd = shop.channel, .events = POLLIN };
	do {
		send(peer_fd, bytes + sent % length, MIN(at_once, length - sent % length), MSG_NOSIGNAL | MSG_DONTWAIT);
		sent += at_once;
	} while (poll(&wait, 1, 10) == 0);
	struct proto_result result = shop_result(&shop, job);
	g_assert_cmpint(proto_now_ms() - began, <, 3000);
	g_assert_cmpint(proto_now_ms() - began, >=, 400);
	assert_result(&result, REASON_DEADLINE, ETIMEDOUT);
	close(peer_fd);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_drips(void)
{
	static const uint8_t ccs[] = { 20, 3, 3, 0, 1, 1 };
	uint8_t hello[4096];

	size_t length = client_hello(hello, sizeof(hello));
	drip(hello, length, 1);
	drip(ccs, sizeof(ccs), sizeof(ccs));

	/* Behind a ClientHello they are to be ignored (RFC 8446, 5). */
	struct shop shop;
	int peer_fd;
	shop_open(&shop);
	uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 400, 200);
	OK(send(peer_fd, hello, length, 0));
	struct pollfd wait = { .fd = shop.channel, .events = POLLIN };
	do {
		send(peer_fd, ccs, sizeof(ccs), MSG_NOSIGNAL);
	} while (poll(&wait, 1, 5) == 0);
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_DEADLINE, ETIMEDOUT);
	close(peer_fd);

	/* A flood of them is cut off by its size. */
	job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 5000, 200);
	OK(send(peer_fd, hello, length, 0));
	do {
		for (int i = 0; i < 500; i++)
			send(peer_fd, ccs, sizeof(ccs), MSG_NOSIGNAL | MSG_DONTWAIT);
	} while (poll(&wait, 1, 0) == 0);
	result = shop_result(&shop, job);
	g_test_message("flood: reason %u", result.reason);
	g_assert_cmpint(result.status, ==, EACCES);
	close(peer_fd);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_garbage(void)
{
	static const struct {
		const char *bytes;
		size_t size;
	} cases[] = {
		{ "GET / HTTP/1.1\r\nHost: x\r\n\r\n", 27 },
		{ "\x16\x03\x01\x00\x04\x02\x00\x00\x00", 9 },	/* a ServerHello of no bytes */
		{ "\x16\x03\x01\x00\x08\x01\x00\x00\x04\x03\x03\x00\x00", 13 },
		{ "\x17\x03\x03\x00\x05hello", 10 },
		{ "\x16\x03\x01\xff\xff", 5 },
		{ "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16 },
	};
	struct shop shop;

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		int peer_fd;
		uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 2000, 500);

		OK(send(peer_fd, cases[i].bytes, cases[i].size, 0));
		struct proto_result result = shop_result(&shop, job);
		g_test_message("%zu: reason %u library %d alert %u", i, result.reason, result.library_error,
			       result.alert_sent);
		g_assert_cmpint(result.status, ==, EACCES);
		g_assert_true(result.reason == REASON_PROTOCOL || result.reason == REASON_NOTHING_COMMON);
		g_assert_cmpint(result.alert_sent, !=, PROTO_NO_ALERT);
		g_assert_cmpint(result.alert_sent, !=, GNUTLS_A_INTERNAL_ERROR);
		g_assert_cmpint(plain_alert(peer_fd), ==, result.alert_sent);
		close(peer_fd);
	}
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* A ClientHello that is too long, whole and unfinished; and one that never ends. */
static void test_large_hello(void)
{
	static const size_t sizes[] = { 16385, 20000, 200000, 0xffffff };
	struct shop shop;

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		uint8_t record[5 + 16384] = { 22, 3, 1 };
		size_t left = sizes[i] + 4;
		bool first = true;
		int peer_fd;
		uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 3000, 500);

		while (left > 0) {
			size_t part = MIN(left, 16384);

			memset(record + 5, 0, 16384);
			record[3] = part >> 8;
			record[4] = part;
			if (first) {
				record[5] = 1;
				record[6] = sizes[i] >> 16;
				record[7] = sizes[i] >> 8;
				record[8] = sizes[i];
				first = false;
			}
			struct pollfd wait = { .fd = shop.channel, .events = POLLIN };
			if (poll(&wait, 1, 0) == 1 || send(peer_fd, record, part + 5, MSG_NOSIGNAL) < 0)
				break;
			left -= part;
		}
		struct proto_result result = shop_result(&shop, job);
		assert_result(&result, REASON_MESSAGE_SIZE, EACCES);
		g_assert_cmpint(result.alert_sent, ==, GNUTLS_A_DECODE_ERROR);
		close(peer_fd);
	}
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void reset(int fd)
{
	struct linger linger = { .l_onoff = 1 };

	OK(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	close(fd);
}

/* The peer leaves after each number of bytes that it may have sent. */
static void test_peer_leaves(void)
{
	uint8_t hello[4096];
	size_t length = client_hello(hello, sizeof(hello));
	const size_t steps[] = { 0, 1, 4, 5, 6, 9, 100, length - 1, length };
	struct shop shop;

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
		for (int by_reset = 0; by_reset < 2; by_reset++) {
			int peer_fd;
			uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 2000, 1000);

			OK(send(peer_fd, hello, steps[i], 0));
			if (by_reset)
				reset(peer_fd);
			else
				shutdown(peer_fd, SHUT_WR);
			struct proto_result result = shop_result(&shop, job);
			g_test_message("after %zu: reason %u error %d", steps[i], result.reason, result.error);
			g_assert_cmpint(result.status, ==, ETIMEDOUT);
			g_assert_true(result.reason == REASON_PEER_CLOSED ||
				      (by_reset && result.reason == REASON_PEER_RESET));
			if (!by_reset)
				close(peer_fd);
		}
	}
	/* Gone before we began. */
	int peer_fd;
	uint64_t job = start(&shop, PROTO_ROLE_CLIENT, &peer_fd, 2000, 0);
	close(peer_fd);
	struct proto_result result = shop_result(&shop, job);
	g_assert_cmpint(result.status, ==, ETIMEDOUT);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* What the peer's alert means to our consumer; the peer leaves right after it, and we find its words all the same. */
static void test_peer_alerts(void)
{
	static const struct {
		uint8_t level, alert;
		int status;
	} cases[] = {
		{ 2, GNUTLS_A_INTERNAL_ERROR, ETIMEDOUT }, { 1, GNUTLS_A_USER_CANCELED, ETIMEDOUT },
		{ 1, GNUTLS_A_CLOSE_NOTIFY, ETIMEDOUT }, { 2, GNUTLS_A_CLOSE_NOTIFY, ETIMEDOUT },
		{ 2, GNUTLS_A_HANDSHAKE_FAILURE, EACCES }, { 1, GNUTLS_A_HANDSHAKE_FAILURE, EACCES },
		{ 2, GNUTLS_A_PROTOCOL_VERSION, EACCES }, { 2, 255, EACCES },
		/* It means a key of the host's: who has offered none, or is no host, must not report what it stands for. */
		{ 2, GNUTLS_A_UNKNOWN_PSK_IDENTITY, EACCES }, { 1, GNUTLS_A_UNKNOWN_PSK_IDENTITY, EACCES },
	};
	struct shop shop;

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		uint8_t record[7] = { 21, 3, 3, 0, 2, cases[i].level, cases[i].alert };
		uint8_t hello[4096];
		int peer_fd;
		uint64_t job = start(&shop, PROTO_ROLE_CLIENT, &peer_fd, 2000, 0);

		OK(recv(peer_fd, hello, sizeof(hello), 0));
		OK(send(peer_fd, record, sizeof(record), 0));
		close(peer_fd);
		struct proto_result result = shop_result(&shop, job);
		assert_result(&result, REASON_PEER_ALERT, cases[i].status);
		g_assert_cmpint(result.alert_received, ==, cases[i].alert);
		g_assert_cmpint(result.alert_sent, ==, PROTO_NO_ALERT);

		/* Of a client it can be the first word. */
		job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 2000, 0);
		OK(send(peer_fd, record, sizeof(record), 0));
		close(peer_fd);
		result = shop_result(&shop, job);
		assert_result(&result, REASON_PEER_ALERT, cases[i].status);
	}
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_cancel(void)
{
	union proto_message message;
	struct shop shop;
	int peer_fd;

	shop_open(&shop);
	uint64_t job = start(&shop, PROTO_ROLE_SERVER, &peer_fd, 0, 0);
	proto_init(&message, PROTO_CANCEL);
	message.cancel.job = job + 1000;
	OK(proto_send(shop.channel, &message, NULL, 0));
	message.cancel.job = job;
	OK(proto_send(shop.channel, &message, NULL, 0));
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_CANCELLED, ETIMEDOUT);
	g_assert_cmpint(plain_alert(peer_fd), ==, GNUTLS_A_INTERNAL_ERROR);
	close(peer_fd);
	/* Once more: the result was under way. */
	OK(proto_send(shop.channel, &message, NULL, 0));
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_lost_descriptor(void)
{
	struct shop shop;

	shop_open(&shop);
	uint64_t job = shop_send(&shop, PROTO_ROLE_SERVER, -1, 0, 0);
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_RESOURCES, ETIMEDOUT);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* The supervisor goes while handshakes are open. */
static void test_channel_ends(void)
{
	struct shop shop;
	int peers[20];

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++)
		start(&shop, PROTO_ROLE_SERVER, &peers[i], 0, 0);
	shop.files += G_N_ELEMENTS(peers);
	g_assert_cmpint(shop_close(&shop), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++)
		close(peers[i]);
}

static void test_broken_contract(void)
{
	union proto_message message;
	struct shop shop;

	shop_open(&shop);
	proto_init(&message, PROTO_WORKER_READY);
	OK(proto_send(shop.channel, &message, NULL, 0));
	g_assert_cmpint(proto_receive(shop.channel, &message, 0, NULL, 0), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_NOTICE);
	g_test_message("%s", message.notice.text);
	g_assert_cmpint(shop_close(&shop), ==, -EBADMSG);
}

/* With the deadline for the hello in the past, bytes that wait unread have arrived in time. */
static void test_unread_bytes(void)
{
	struct peer_wish wish = { .trust = ca };
	struct shop shop;
	struct peer peer;
	int fd, peer_fd;

	shop_open(&shop);
	tcp_pair(&fd, &peer_fd);
	peer_init(&peer, &wish, peer_fd);
	peer_step(&peer);
	uint64_t job = shop_send(&shop, PROTO_ROLE_SERVER, fd, 0, -10);
	while (peer.ret == GNUTLS_E_AGAIN)
		peer_step(&peer);
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_OK, 0);
	close(fd);
	peer_done(&peer);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

/* Hundreds of silent peers and dripping ones beside a good one, whose socket the kernel keeps open after our close. */
/* A keeper that does not answer, and several handshakes that want a signature: the supervisor's word comes in between. */
static void test_cancel_between_waits(void)
{
	struct peer_wish wish = { .trust = ca };
	union proto_message message;
	struct peer peers[6];
	struct shop shop;
	int silent_fd, peer_fds[G_N_ELEMENTS(peers)];

	shop_open_with(&shop, 300);
	g_atomic_int_set(&shop.scene.mood, KEEPER_SLEEPS);
	uint64_t silent = start(&shop, PROTO_ROLE_SERVER, &silent_fd, 0, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
		start(&shop, PROTO_ROLE_SERVER, &peer_fds[i], 0, 0);
		peer_init(&peers[i], &wish, peer_fds[i]);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++)
		peer_step(&peers[i]);
	/* The second is at the keeper: the others were ready in the same turn, and can go on as soon as it has given up. */
	while (g_atomic_int_get(&shop.scene.calls) < 2)
		g_usleep(100);
	int64_t began = proto_now_ms();
	proto_init(&message, PROTO_CANCEL);
	message.cancel.job = silent;
	OK(proto_send(shop.channel, &message, NULL, 0));
	do {
		OK(proto_receive(shop.channel, &message, 0, NULL, 0));
	} while (message.result.job != silent);
	g_assert_cmpint(message.result.reason, ==, REASON_CANCELLED);
	g_assert_cmpint(proto_now_ms() - began, <, 2.5 * shop.scene.settings.sign_timeout_ms);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
		peer_done(&peers[i]);
		close(peer_fds[i]);
	}
	close(silent_fd);
	g_assert_cmpint(shop_close(&shop), ==, 0);
}

static void test_crowd(void)
{
	struct peer_wish wish = { .trust = ca };
	struct shop shop;
	struct peer peer;
	int peers[200], fd, peer_fd;

	shop_open(&shop);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++) {
		start(&shop, PROTO_ROLE_SERVER, &peers[i], 0, 0);
		if (i % 2)
			OK(send(peers[i], "\x16", 1, 0));
	}
	tcp_pair(&fd, &peer_fd);
	peer_init(&peer, &wish, peer_fd);
	int64_t began = proto_now_ms();
	uint64_t job = shop_send(&shop, PROTO_ROLE_SERVER, fd, 0, 0);
	while (peer.ret == GNUTLS_E_AGAIN)
		peer_step(&peer);
	struct proto_result result = shop_result(&shop, job);
	assert_result(&result, REASON_OK, 0);
	g_assert_cmpint(proto_now_ms() - began, <, 3000);
	OK(send(peer_fd, "data for the kernel", 19, 0));
	close(fd);
	peer_done(&peer);
	shop.files += G_N_ELEMENTS(peers);
	g_assert_cmpint(shop_close(&shop), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(peers); i++)
		close(peers[i]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	host = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });
	g_test_add_func("/jobs/begun-first", test_begun_first);
	g_test_add_func("/jobs/flood", test_flood);
	g_test_add_func("/jobs/silent", test_silent);
	g_test_add_func("/jobs/drips", test_drips);
	g_test_add_func("/jobs/garbage", test_garbage);
	g_test_add_func("/jobs/large-hello", test_large_hello);
	g_test_add_func("/jobs/peer-leaves", test_peer_leaves);
	g_test_add_func("/jobs/peer-alerts", test_peer_alerts);
	g_test_add_func("/jobs/cancel", test_cancel);
	g_test_add_func("/jobs/lost-descriptor", test_lost_descriptor);
	g_test_add_func("/jobs/channel-ends", test_channel_ends);
	g_test_add_func("/jobs/broken-contract", test_broken_contract);
	g_test_add_func("/jobs/unread-bytes", test_unread_bytes);
	g_test_add_func("/jobs/cancel-between-waits", test_cancel_between_waits);
	g_test_add_func("/jobs/crowd", test_crowd);
	int ret = g_test_run();
	issued_done();
	return ret;
}
