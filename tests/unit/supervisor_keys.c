// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a request may have of the kernel's keyrings, with a kernel of our own that fails as it is told, and whose search takes
 * a prefix for a match, as that of the real one does.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <keyutils.h>
#include <string.h>

#include "requestkeys.h"

#define KEYRING 100	/* the request's */
#define STRANGERS 90	/* another user's, of the same name; made before */
#define MANY 4000	/* keys in one keyring, more than are read at first */
#define HOST "nqn.host"

struct fake {
	key_serial_t serial;	/* 0: the end */
	const char *description;
	const char *payload;
	int error;		/* of every operation on it */
};

static const struct fake *fakes;
static bool keyring_comes;
static bool left_over;		/* and one of an earlier request's */
static key_serial_t appears;	/* the keyring with a name; 0: not there yet */
static int64_t clock_ms = 1000;
static int held;		/* holders of keyrings */

long __wrap_keyctl_describe(key_serial_t serial, char *buffer, size_t size);
long __wrap_keyctl_read(key_serial_t serial, char *buffer, size_t size);
long __wrap_keyctl_search(key_serial_t keyring, const char *type, const char *description, key_serial_t destination);
long __wrap_keyctl_link(key_serial_t serial, key_serial_t keyring);
long __wrap_keyctl_unlink(key_serial_t serial, key_serial_t keyring);
key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload, size_t size,
			    key_serial_t keyring);
gboolean __wrap_g_file_get_contents(const char *name, char **contents, gsize *length, GError **error);

static const struct fake *find_fake(key_serial_t serial)
{
	for (const struct fake *fake = fakes; fake->serial; fake++) {
		if (fake->serial == serial)
			return fake;
	}
	return NULL;
}

static long fail(int error)
{
	errno = error;
	return -1;
}

long __wrap_keyctl_describe(key_serial_t serial, char *buffer, size_t size)
{
	const struct fake *fake = find_fake(serial);

	if (serial == KEYRING)
		return g_snprintf(buffer, size, "keyring;0;0;3f0b0000;backup-hosts") + 1;
	if (serial == STRANGERS)
		return g_snprintf(buffer, size, "keyring;65534;65534;3f3f3f3f;backup-hosts") + 1;
	if (!fake || fake->error)
		return fail(fake ? fake->error : ENOKEY);
	return g_snprintf(buffer, size, "psk;0;0;3f0b0000;%s", fake->description) + 1;
}

/* All, or nothing and how much it would have been. */
static long put(char *buffer, size_t size, const void *data, size_t length)
{
	if (length <= size)
		memcpy(buffer, data, length);
	return length;
}

long __wrap_keyctl_read(key_serial_t serial, char *buffer, size_t size)
{
	static const key_serial_t request[2] = { KEYRING, 300 };
	key_serial_t list[MANY + 1];
	size_t count = 0;

	if (serial == KEY_SPEC_PROCESS_KEYRING)
		return put(buffer, size, request, keyring_comes ? sizeof(request[0]) * (1 + left_over) : 0);
	if (serial == KEYRING) {
		for (const struct fake *fake = fakes; fake->serial; fake++)
			list[count++] = fake->serial;
		return put(buffer, size, list, count * sizeof(list[0]));
	}
	const struct fake *fake = find_fake(serial);
	if (!fake || fake->error)
		return fail(fake ? fake->error : ENOKEY);
	return put(buffer, size, fake->payload, strlen(fake->payload));
}

long __wrap_keyctl_search(key_serial_t keyring, const char *type, const char *description, key_serial_t destination)
{
	g_assert_cmpint(keyring, ==, KEYRING);
	g_assert_cmpstr(type, ==, "psk");
	g_assert_cmpint(destination, ==, 0);
	for (const struct fake *fake = fakes; fake->serial; fake++) {
		if (g_str_has_prefix(fake->description, description))
			return fake->error ? fail(fake->error) : fake->serial;
	}
	return fail(ENOKEY);
}

long __wrap_keyctl_link(key_serial_t serial, key_serial_t keyring)
{
	(void)serial, (void)keyring;
	return 0;
}

long __wrap_keyctl_unlink(key_serial_t serial, key_serial_t keyring)
{
	(void)serial, (void)keyring;
	held--;
	return 0;
}

key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload, size_t size,
			    key_serial_t keyring)
{
	g_assert_cmpstr(type, ==, "keyring");
	g_assert_true(g_str_has_prefix(description, "req-"));
	(void)payload, (void)size, (void)keyring;
	held++;
	return 200;
}

/* The list of all keys, as the kernel shows it: serials are hexadecimal, and any user may have written any line of it. */
gboolean __wrap_g_file_get_contents(const char *name, char **contents, gsize *length, GError **error)
{
	g_assert_cmpstr(name, ==, "/proc/keys");
	(void)length, (void)error;
	*contents = g_strdup_printf("%08x I--Q---     1 perm 3f3f3f3f 65534 65534 keyring   backup-hosts: empty\n"
				    "00000001 I--Q---     1 perm 3f010000     0     0 user      a keyring   backup-hosts: 3\n"
				    "%08x I------     1 perm 3f0b0000     0     0 keyring   backup-hosts: 2\n",
				    STRANGERS, appears ? appears : 2);
	return TRUE;
}

int64_t __wrap_proto_now_ms(void);

int64_t __wrap_proto_now_ms(void)
{
	return clock_ms;
}

struct scene {
	struct keyrings *keyrings;
	struct snapshot snapshot;
	struct handshake_request request;
	struct requestkeys keys;
	enum proto_reason reason;
	int error;
};

static void scene_open(struct scene *scene, const struct fake *table, enum proto_role role, const key_serial_t *peers)
{
	memset(scene, 0, sizeof(*scene));
	fakes = table;
	keyring_comes = true;
	held = 0;
	scene->keyrings = keyrings_new();
	scene->request.role = role;
	scene->request.auth = PROTO_AUTH_PSK;
	for (; peers && *peers; peers++)
		scene->request.peers[scene->request.peer_count++] = *peers;
	scene->reason = requestkeys_take(&scene->keys, scene->keyrings, &scene->snapshot, &scene->request, &scene->error);
}

static void scene_close(struct scene *scene)
{
	requestkeys_drop(&scene->keys);
	g_assert_cmpint(held, ==, 0);
	keyrings_free(scene->keyrings);
}

/* Returns the status; the answer is checked against the key that it has to be. */
static int ask(struct scene *scene, const char *identity, size_t length, const struct fake *expected)
{
	union proto_message call, answer;

	proto_init(&call, PROTO_PSK);
	call.psk.job = 1;
	call.psk.call = 7;
	call.psk.identity_length = length;
	memcpy(call.psk.identity, identity, length);
	requestkeys_answer(&scene->keys, &scene->snapshot, &scene->request, &call.psk, &answer);
	g_assert_cmpint(proto_check(&answer, sizeof(answer.psk_key)), ==, 0);
	g_assert_cmpuint(answer.psk_key.call, ==, 7);
	if (answer.psk_key.status == 0) {
		g_assert_nonnull(expected);
		g_assert_cmpmem(answer.psk_key.key, answer.psk_key.key_length, expected->payload,
				strlen(expected->payload));
		g_assert_cmpint(requestkeys_serial(&scene->keys), ==, expected->serial);
	}
	return answer.psk_key.status;
}

/* What a worker gets with its job; the answer to nothing that it may ask. */
static void assert_offers(struct scene *scene, const struct fake *expected)
{
	union proto_message message;
	char identity[PROTO_PSK_IDENTITY_MAX + 1];

	proto_init(&message, PROTO_JOB_PSK);
	message.job.job = 1;
	message.job.role = scene->request.role;
	message.job.auth = scene->request.auth;
	requestkeys_offer(&scene->keys, &message.job_psk);
	g_assert_cmpint(proto_check(&message, sizeof(message.job_psk)), ==, 0);
	g_assert_cmpmem(message.job_psk.identity, message.job_psk.identity_length, expected->description,
			strlen(expected->description));
	g_assert_cmpmem(message.job_psk.key, message.job_psk.key_length, expected->payload, strlen(expected->payload));
	g_assert_cmpint(ask(scene, expected->description, strlen(expected->description), NULL), ==, -EPERM);
	g_assert_cmpint(requestkeys_serial(&scene->keys), ==, 0);	/* not given out yet */
	requestkeys_given(&scene->keys);
	g_assert_cmpint(requestkeys_serial(&scene->keys), ==, expected->serial);
	requestkeys_identity(&scene->keys, identity, sizeof(identity));
	g_assert_cmpstr(identity, ==, expected->description);
	for (size_t i = 0; i < sizeof(scene->keys.psk->key); i++)
		g_assert_cmpint(scene->keys.psk->key[i], ==, 0);
	g_assert_cmpint(ask(scene, expected->description, strlen(expected->description), NULL), ==, -EPERM);
}

/* The first usable one is offered, and what was left out is named with its reason. */
static void several_keys(void)
{
	static const struct fake table[] = {
		{ 1, "NVMe0R01 " HOST " a", "first", EKEYEXPIRED },
		{ 2, "NVMe0R01 " HOST " b", "second", EKEYREVOKED },
		{ 4, "NVMe0R01 " HOST " c", "the right one", 0 },
		{ 5, "NVMe0R01 " HOST " d", "too late", 0 },
		{ 0 },
	};
	struct scene scene;

	scene_open(&scene, table, PROTO_ROLE_CLIENT, (key_serial_t[]){ 1, 2, 3, 4, 5, 0 });
	g_assert_cmpint(scene.reason, ==, REASON_OK);
	g_assert_cmpstr(scene.keys.left_out, ==, "key 1: Key has expired, key 2: Key has been revoked, key 3: Required key not "
			"available");
	assert_offers(&scene, &table[2]);
	scene_close(&scene);
}

static void no_usable_key(void)
{
	static const struct fake table[] = {
		{ 1, "NVMe0R01 " HOST " a", "expired", EKEYEXPIRED },
		{ 2, "NVMe0R01 " HOST " b", "quota", EDQUOT },
		{ 3, "NVMe1R02 " HOST " c", "a key for the other hash", 0 },
		{ 4, "NVMe0R01 " HOST " d", "not ours to read", EACCES },
		{ 0 },
	};
	static const struct {
		key_serial_t peers[4];
		enum proto_reason reason;
		int error;
	} cases[] = {
		{ { 1, 9, 0 }, REASON_PSK_NO_KEY, ENOKEY },
		{ { 1, 0 }, REASON_PSK_NO_KEY, EKEYEXPIRED },
		{ { 0 }, REASON_PSK_NO_KEY, ENOKEY },
		/* One that may be had the next time is worth a try, whatever is wrong with the others. */
		{ { 2, 1, 0 }, REASON_PSK_FAILED, EDQUOT },
		{ { 2, 4, 0 }, REASON_PSK_FAILED, EDQUOT },
		{ { 4, 9, 0 }, REASON_PSK_FAILED, EACCES },
		{ { 2, 0 }, REASON_PSK_FAILED, EDQUOT },
	};
	struct scene scene;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		scene_open(&scene, table, PROTO_ROLE_CLIENT, cases[i].peers);
		g_assert_cmpint(scene.reason, ==, cases[i].reason);
		g_assert_cmpint(scene.error, ==, cases[i].error);
		g_assert_null(scene.keys.psk);
		requestkeys_given(&scene.keys);
		g_assert_cmpint(requestkeys_serial(&scene.keys), ==, 0);
		scene_close(&scene);
	}
	scene_open(&scene, table, PROTO_ROLE_CLIENT, (key_serial_t[]){ 1, 3, 0 });
	if (psk_hash_served(PROTO_PSK_SHA384)) {
		g_assert_cmpint(scene.reason, ==, REASON_OK);
		g_assert_cmpint(scene.keys.psk->hash, ==, PROTO_PSK_SHA384);
	} else {
		g_assert_cmpint(scene.reason, ==, REASON_PSK_HASH);
		g_assert_nonnull(strstr(scene.keys.left_out, "key 3: its hash is SHA-384"));
	}
	scene_close(&scene);
}

static const struct fake target[] = {
	{ 1, "NVMe0R01 " HOST " sub10", "ten", 0 },
	{ 2, "NVMe0R01 " HOST " sub1", "one", 0 },
	{ 3, "NVMe0R01 " HOST " twice2", "old", EKEYREVOKED },
	{ 4, "NVMe0R01 " HOST " twice", "new", 0 },
	{ 5, "a;b;c", "semicolons", 0 },
	{ 0 },
};

static int offer(const char *identity, size_t length, const struct fake *expected)
{
	struct scene scene;

	scene_open(&scene, target, PROTO_ROLE_SERVER, NULL);
	g_assert_cmpint(scene.reason, ==, REASON_OK);
	g_assert_cmpint(held, ==, 1);
	int status = ask(&scene, identity, length, expected);
	g_assert_cmpint(requestkeys_serial(&scene.keys), ==, expected ? expected->serial : 0);
	scene_close(&scene);
	return status;
}

/* Each identity has its own key, whatever the kernel's search finds first. */
static void exact_identities(void)
{
	g_assert_cmpint(offer("NVMe0R01 " HOST " sub1", strlen("NVMe0R01 " HOST " sub1"), &target[1]), ==, 0);
	g_assert_cmpint(offer("NVMe0R01 " HOST " sub10", strlen("NVMe0R01 " HOST " sub10"), &target[0]), ==, 0);
	g_assert_cmpint(offer("NVMe0R01 " HOST " twice", strlen("NVMe0R01 " HOST " twice"), &target[3]), ==, 0);
	g_assert_cmpint(offer("a;b;c", 5, &target[4]), ==, 0);
}

static void unknown_identities(void)
{
	static const char zero[] = "NVMe0R01 " HOST " sub1\0";
	char longest[PROTO_PSK_IDENTITY_MAX];

	memset(longest, 'N', sizeof(longest));
	g_assert_cmpint(offer("N", 1, NULL), ==, -ENOKEY);
	g_assert_cmpint(offer("", 0, NULL), ==, -ENOKEY);
	g_assert_cmpint(offer("NVMe0R01 " HOST " sub", strlen("NVMe0R01 " HOST " sub"), NULL), ==, -ENOKEY);
	g_assert_cmpint(offer("NVMe0R01 " HOST " sub100", strlen("NVMe0R01 " HOST " sub100"), NULL), ==, -ENOKEY);
	g_assert_cmpint(offer(zero, sizeof(zero) - 1, NULL), ==, -ENOKEY);
	g_assert_cmpint(offer("\0", 1, NULL), ==, -ENOKEY);
	g_assert_cmpint(offer(longest, sizeof(longest), NULL), ==, -ENOKEY);
	g_assert_cmpint(offer("b;c", 3, NULL), ==, -ENOKEY);
}

/* A worker that was taken over gets one key that exists, and does not get to try names without end. */
static void one_key_per_job(void)
{
	const char *first = target[0].description, *second = target[1].description;
	struct scene scene;

	scene_open(&scene, target, PROTO_ROLE_SERVER, NULL);
	g_assert_cmpint(ask(&scene, "unknown", 7, NULL), ==, -ENOKEY);
	requestkeys_given(&scene.keys);		/* as when the worker got the job: it has no key by that */
	g_assert_cmpint(requestkeys_serial(&scene.keys), ==, 0);
	g_assert_cmpint(ask(&scene, first, strlen(first), &target[0]), ==, 0);
	g_assert_cmpint(ask(&scene, second, strlen(second), NULL), ==, -EPERM);
	g_assert_cmpint(ask(&scene, first, strlen(first), &target[0]), ==, 0);
	scene_close(&scene);
	scene_open(&scene, target, PROTO_ROLE_SERVER, NULL);
	for (int i = 0; i < 32; i++)
		g_assert_cmpint(ask(&scene, "unknown", 7, NULL), ==, -ENOKEY);
	g_assert_cmpint(ask(&scene, first, strlen(first), NULL), ==, -EPERM);
	scene_close(&scene);
}

/* Many requests come with one keyring: it is ours until the last of them ends. */
static void counted_keyrings(void)
{
	struct requestkeys other = { 0 };
	struct scene scene;
	int error;

	scene_open(&scene, target, PROTO_ROLE_SERVER, NULL);
	g_assert_cmpint(requestkeys_take(&other, scene.keyrings, &scene.snapshot, &scene.request, &error), ==, REASON_OK);
	g_assert_cmpint(held, ==, 1);
	requestkeys_drop(&other);
	g_assert_cmpint(held, ==, 1);
	scene_close(&scene);
}

/* A request without a keyring: those with names are searched, and found when they appear. */
static void named_keyrings(void)
{
	const char *identity = target[1].description;
	struct scene scene;

	scene_open(&scene, target, PROTO_ROLE_SERVER, NULL);
	scene_close(&scene);
	memset(&scene, 0, sizeof(scene));
	keyring_comes = false;
	scene.keyrings = keyrings_new();
	scene.snapshot.keyring_count = 1;
	scene.snapshot.keyrings[0].name = "backup-hosts";
	scene.request.role = PROTO_ROLE_SERVER;
	scene.request.auth = PROTO_AUTH_PSK;
	g_assert_cmpint(requestkeys_take(&scene.keys, scene.keyrings, &scene.snapshot, &scene.request, &scene.error), ==,
			REASON_OK);
	g_assert_cmpint(ask(&scene, identity, strlen(identity), NULL), ==, -ENOKEY);
	appears = KEYRING;
	/* Not looked for at each request. */
	g_assert_cmpint(ask(&scene, identity, strlen(identity), NULL), ==, -ENOKEY);
	clock_ms += 1000;
	g_assert_cmpint(ask(&scene, identity, strlen(identity), &target[1]), ==, 0);
	appears = 0;
	scene_close(&scene);
}

/* Whose keyring it would be is not known: nobody is told that a key does not exist. */
static void two_keyrings(void)
{
	struct scene scene = { 0 };

	fakes = target;
	held = 0;
	keyring_comes = left_over = true;
	scene.request.role = PROTO_ROLE_SERVER;
	scene.request.auth = PROTO_AUTH_PSK;
	scene.keyrings = keyrings_new();
	g_assert_cmpint(requestkeys_take(&scene.keys, scene.keyrings, &scene.snapshot, &scene.request, &scene.error), ==,
			REASON_PSK_FAILED);
	g_assert_cmpint(scene.error, ==, EBUSY);
	left_over = false;
	scene_close(&scene);
}

/* The one that is asked for is the last of very many that begin in the same way. */
static void large_keyring(void)
{
	struct fake *many = g_new0(struct fake, MANY + 1);
	struct scene scene;

	for (int i = 0; i < MANY; i++)
		many[i] = (struct fake){ .serial = 1000 + i, .payload = "secret", .description =
			g_strdup_printf("NVMe0R01 " HOST " nqn.sub%s", i == MANY - 1 ? "" : "0") };
	scene_open(&scene, many, PROTO_ROLE_SERVER, NULL);
	g_assert_cmpint(ask(&scene, "NVMe0R01 " HOST " nqn.sub", strlen("NVMe0R01 " HOST " nqn.sub"), &many[MANY - 1]), ==, 0);
	scene_close(&scene);
	for (int i = 0; i < MANY; i++)
		g_free((char *)many[i].description);
	g_free(many);
}

/* By its serial number, which needs no search for a name. */
static void keyring_by_serial(void)
{
	const char *identity = target[0].description;
	struct scene scene = { 0 };

	fakes = target;
	held = 0;
	keyring_comes = false;
	scene.keyrings = keyrings_new();
	scene.snapshot.keyring_count = 1;
	scene.snapshot.keyrings[0].name = "100";
	scene.snapshot.keyrings[0].serial = KEYRING;
	scene.request.role = PROTO_ROLE_SERVER;
	scene.request.auth = PROTO_AUTH_PSK;
	g_assert_cmpint(requestkeys_take(&scene.keys, scene.keyrings, &scene.snapshot, &scene.request, &scene.error), ==,
			REASON_OK);
	g_assert_cmpint(ask(&scene, identity, strlen(identity), &target[0]), ==, 0);
	scene_close(&scene);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keys/several-keys", several_keys);
	g_test_add_func("/keys/no-usable-key", no_usable_key);
	g_test_add_func("/keys/exact-identities", exact_identities);
	g_test_add_func("/keys/unknown-identities", unknown_identities);
	g_test_add_func("/keys/one-key-per-job", one_key_per_job);
	g_test_add_func("/keys/counted-keyrings", counted_keyrings);
	g_test_add_func("/keys/named-keyrings", named_keyrings);
	g_test_add_func("/keys/two-keyrings", two_keyrings);
	g_test_add_func("/keys/large-keyring", large_keyring);
	g_test_add_func("/keys/keyring-by-serial", keyring_by_serial);
	return g_test_run();
}
