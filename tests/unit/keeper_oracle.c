// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of signing, without keys and without sockets.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "keeper/certverify.h"
#include "keeper/oracle.h"
#include "keeper_fixture.h"

enum { P256, RSA, ED25519, PSS_384, KEYS };

static const uint16_t p256[] = { 0x0403, 0 };
static const uint16_t rsa[] = { 0x0804, 0x0805, 0x0806, 0 };
static const uint16_t ed25519[] = { 0x0807, 0 };
static const uint16_t pss_384[] = { 0x080a, 0 };
static const uint16_t *const schemes[KEYS] = { p256, rsa, ed25519, pss_384 };

#define ALL_KEYS ((1u << KEYS) - 1)

static struct oracle *make(void)
{
	struct oracle *oracle = oracle_new(schemes, KEYS, ORACLE_JOBS_MAX);

	g_assert_nonnull(oracle);
	return oracle;
}

static int authorise(struct oracle *oracle, uint32_t worker, const union proto_message *call)
{
	const struct scheme *scheme = NULL;
	const char *why = NULL;

	int ret = oracle_authorise(oracle, worker, &call->sign, &scheme, &why);
	if (ret == 0)
		g_assert_cmphex(scheme->code, ==, call->sign.scheme);
	else
		g_assert_true(!scheme && why);
	return ret;
}

static int ask(struct oracle *oracle, uint32_t worker, uint64_t job, uint32_t key, uint16_t scheme)
{
	union proto_message call;

	fixture_call(&call, job, key, scheme);
	return authorise(oracle, worker, &call);
}

static void test_granted(void)
{
	struct oracle *oracle = make();

	g_assert_cmpint(oracle_open(oracle, 7, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, RSA, 0x0805), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, ED25519, 0x0807), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, PSS_384, 0x080a), ==, 0);
	g_assert_cmpint(oracle_close(oracle, 7), ==, 0);
	oracle_free(oracle);
}

static void test_job(void)
{
	struct oracle *oracle = make();

	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -ENOENT);
	g_assert_cmpint(oracle_open(oracle, 7, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 8, P256, 0x0403), ==, -ENOENT);
	g_assert_cmpint(oracle_close(oracle, 7), ==, 0);
	g_assert_cmpint(oracle_close(oracle, 7), ==, -ENOENT);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -ENOENT);
	/* Numbers that differ in the upper half only, and the largest. */
	g_assert_cmpint(oracle_open(oracle, UINT64_C(1) << 32 | 7, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(oracle_open(oracle, UINT64_MAX, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -ENOENT);
	g_assert_cmpint(ask(oracle, 1, UINT64_MAX, P256, 0x0403), ==, 0);
	oracle_free(oracle);
}

static void test_foreign_worker(void)
{
	struct oracle *oracle = make();

	g_assert_cmpint(oracle_open(oracle, 7, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 2, 7, P256, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 0, 7, P256, 0x0403), ==, -EPERM);
	/* It has taken nothing from the one whose job it is. */
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, 0);
	oracle_free(oracle);
}

static void test_once(void)
{
	struct oracle *oracle = make();

	g_assert_cmpint(oracle_open(oracle, 7, 1, 1u << P256 | 1u << RSA, NULL), ==, 0);
	g_assert_cmpint(oracle_open(oracle, 8, 1, 1u << P256, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -EPERM);
	/* Opening again gives nothing back. */
	g_assert_cmpint(oracle_open(oracle, 7, 1, ALL_KEYS, NULL), ==, -EEXIST);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, RSA, 0x0804), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, RSA, 0x0805), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 8, P256, 0x0403), ==, 0);
	/* A malformed call is a call. */
	g_assert_cmpint(oracle_open(oracle, 9, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 9, P256, 0x0804), ==, -EBADMSG);
	g_assert_cmpint(ask(oracle, 1, 9, P256, 0x0403), ==, -EPERM);
	oracle_free(oracle);
}

static void test_unlisted_key(void)
{
	struct oracle *oracle = make();

	g_assert_cmpint(oracle_open(oracle, 7, 1, 1u << RSA, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, 31, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, PROTO_KEY_REQUESTED, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, PROTO_KEY_REQUESTED + 1, 0x0403), ==, -EBADMSG);
	g_assert_cmpint(ask(oracle, 1, 7, UINT32_MAX, 0x0403), ==, -EBADMSG);
	g_assert_cmpint(oracle_open(oracle, 8, 1, 0, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 8, P256, 0x0403), ==, -EPERM);
	/* Even where OPEN lists a key that does not exist. */
	g_assert_cmpint(oracle_open(oracle, 9, 1, UINT32_MAX, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 9, KEYS, 0x0403), ==, -EBADMSG);
	g_assert_cmpint(ask(oracle, 1, 9, 31, 0x0403), ==, -EBADMSG);
	oracle_free(oracle);
}

/* The key that a request brings: for its own job, once, with its own schemes. */
static void test_requested_key(void)
{
	static const uint16_t own[] = { 0x0503, 0 };
	struct oracle *oracle = make();

	g_assert_cmpint(oracle_open(oracle, 7, 1, 0, own), ==, 0);
	g_assert_cmpint(oracle_open(oracle, 8, 1, UINT32_MAX, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 2, 7, PROTO_KEY_REQUESTED, 0x0503), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 8, PROTO_KEY_REQUESTED, 0x0503), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, P256, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(oracle, 1, 7, PROTO_KEY_REQUESTED, 0x0503), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 7, PROTO_KEY_REQUESTED, 0x0503), ==, -EPERM);
	g_assert_cmpint(oracle_open(oracle, 9, 1, 0, own), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 9, PROTO_KEY_REQUESTED, 0x0403), ==, -EBADMSG);
	oracle_free(oracle);
}

/* Every code point there is, with every key. */
static void test_schemes(void)
{
	struct oracle *oracle = make();
	uint64_t job = 0;

	for (uint32_t key = 0; key < KEYS; key++) {
		for (uint32_t code = 0; code <= UINT16_MAX; code++) {
			gboolean fits = FALSE;
			for (const uint16_t *scheme = schemes[key]; *scheme; scheme++)
				fits |= *scheme == code;
			g_assert_cmpint(oracle_open(oracle, ++job, 1, ALL_KEYS, NULL), ==, 0);
			g_assert_cmpint(ask(oracle, 1, job, key, code), ==, fits ? 0 : -EBADMSG);
			g_assert_cmpint(oracle_close(oracle, job), ==, 0);
		}
	}
	oracle_free(oracle);
}

/* The one right length of a digest, among all. */
static void test_digest_length(void)
{
	static const struct {
		uint32_t key;
		uint16_t scheme;
		uint16_t length;
	} cases[] = {
		{ P256, 0x0403, 32 }, { RSA, 0x0804, 32 }, { RSA, 0x0805, 48 }, { RSA, 0x0806, 64 }, { PSS_384, 0x080a, 48 },
	};
	struct oracle *oracle = make();
	union proto_message call;
	uint64_t job = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (uint32_t length = 0; length <= UINT16_MAX; length = length < 300 ? length + 1 : length * 2 + 1) {
			g_assert_cmpint(oracle_open(oracle, ++job, 1, ALL_KEYS, NULL), ==, 0);
			fixture_call(&call, job, cases[i].key, cases[i].scheme);
			call.sign.length = length;
			g_assert_cmpint(authorise(oracle, 1, &call), ==, length == cases[i].length ? 0 : -EBADMSG);
			oracle_close(oracle, job);
		}
	}
	oracle_free(oracle);
}

static int check_message(const uint8_t *message, size_t length)
{
	return certverify_check(scheme_by_code(0x0807), message, length);
}

/* RFC 8446, 4.4.3, and each byte of it wrong. */
static void test_message(void)
{
	static const char client[] = "TLS 1.3, client CertificateVerify";
	const size_t fixed = 64 + sizeof(client);
	uint8_t message[PROTO_SIGN_INPUT_MAX];
	struct oracle *oracle = make();
	union proto_message call;

	size_t length = fixture_input(0x0807, message);
	g_assert_cmpint(length, ==, fixed + 32);
	g_assert_cmpint(check_message(message, length), ==, 0);
	for (size_t i = 0; i < fixed; i++) {
		for (unsigned int bit = 0; bit < 8; bit++) {
			message[i] ^= 1u << bit;
			g_assert_cmpint(check_message(message, length), ==, -EBADMSG);
			message[i] ^= 1u << bit;
		}
	}
	for (size_t hash = 0; hash + fixed <= sizeof(message); hash++)
		g_assert_cmpint(check_message(message, fixed + hash), ==,
				hash == 32 || hash == 48 || hash == 64 ? 0 : -EBADMSG);
	for (size_t i = 0; i < fixed; i++)
		g_assert_cmpint(check_message(message, i), ==, -EBADMSG);
	memcpy(message + 64, client, sizeof(client));
	g_assert_cmpint(check_message(message, length), ==, 0);
	memcpy(message + 64, "TLS 1.3, servent CertificateVerif", sizeof(client));
	g_assert_cmpint(check_message(message, length), ==, -EBADMSG);

	/* The same by way of the oracle. */
	g_assert_cmpint(oracle_open(oracle, 1, 1, ALL_KEYS, NULL), ==, 0);
	fixture_call(&call, 1, ED25519, 0x0807);
	call.sign.input[64] ^= 1;
	g_assert_cmpint(authorise(oracle, 1, &call), ==, -EBADMSG);
	oracle_free(oracle);
}

static void test_full(void)
{
	struct oracle *oracle = oracle_new(schemes, KEYS, 3);

	for (uint64_t job = 1; job <= 3; job++)
		g_assert_cmpint(oracle_open(oracle, job, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(oracle_open(oracle, 4, 1, ALL_KEYS, NULL), ==, -ENOSPC);
	g_assert_cmpint(ask(oracle, 1, 4, P256, 0x0403), ==, -ENOENT);
	g_assert_cmpint(oracle_open(oracle, 3, 1, ALL_KEYS, NULL), ==, -EEXIST);
	g_assert_cmpint(oracle_close(oracle, 1), ==, 0);
	g_assert_cmpint(oracle_open(oracle, 4, 1, ALL_KEYS, NULL), ==, 0);
	g_assert_cmpint(ask(oracle, 1, 4, P256, 0x0403), ==, 0);
	oracle_free(oracle);
	g_assert_null(oracle_new(schemes, PROTO_KEYS_MAX + 1, 3));
}

struct rush {
	struct oracle *oracle;
	uint64_t jobs;
	int granted;
};

static gpointer rush(gpointer data)
{
	struct rush *all = data;

	for (uint64_t job = 1; job <= all->jobs; job++)
		if (ask(all->oracle, 1, job, P256, 0x0403) == 0)
			g_atomic_int_inc(&all->granted);
	return NULL;
}

/* Of many threads that ask for the same, one gets it. */
static void test_threads(void)
{
	struct rush all = { .oracle = make(), .jobs = 2000 };
	GThread *threads[4];

	for (uint64_t job = 1; job <= all.jobs; job++)
		g_assert_cmpint(oracle_open(all.oracle, job, 1, ALL_KEYS, NULL), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		threads[i] = g_thread_new("rush", rush, &all);
	for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
		g_thread_join(threads[i]);
	g_assert_cmpint(all.granted, ==, all.jobs);
	oracle_free(all.oracle);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/oracle/granted", test_granted);
	g_test_add_func("/oracle/job", test_job);
	g_test_add_func("/oracle/foreign-worker", test_foreign_worker);
	g_test_add_func("/oracle/once", test_once);
	g_test_add_func("/oracle/unlisted-key", test_unlisted_key);
	g_test_add_func("/oracle/requested-key", test_requested_key);
	g_test_add_func("/oracle/schemes", test_schemes);
	g_test_add_func("/oracle/digest-length", test_digest_length);
	g_test_add_func("/oracle/message", test_message);
	g_test_add_func("/oracle/full", test_full);
	g_test_add_func("/oracle/threads", test_threads);
	return g_test_run();
}
