// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the loader writes is what the others read; anything else is refused, and nothing crashes the reader.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/image.h"
#include "snapshot.h"
#include "tests/unit/loader_fixture.h"

#define SIZE_AT 8

/* Client: no identity, two anchors; server: a chain of two with key 1, one anchor. */
static GByteArray *sample_with(guint32 key, const struct snapshot_keyring *keyrings)
{
	struct wish root_wish = { .subject = "CN=root", .authority = true,
				  .usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN };
	struct made *root = made_new(&root_wish);
	struct wish leaf_wish = { .subject = "CN=leaf", .issuer = root };
	struct made *leaf = made_new(&leaf_wish);
	char *root_pem = made_certificate_pem(root), *leaf_pem = made_certificate_pem(leaf);
	char *both = g_strconcat(leaf_pem, root_pem, NULL);
	g_autoptr(GBytes) one = g_bytes_new(root_pem, strlen(root_pem));
	g_autoptr(GBytes) two = g_bytes_new(both, strlen(both));
	struct ear *ear = ear_new();
	struct problems *problems = problems_new(ear->channel);
	struct place place = { "config", 3, "x509.certificate" };
	struct snapshot_settings settings = { .loglevel = 2, .max_rsa_bits = 4096 };
	struct trust *few = trust_new(one, "one.pem", &place, problems), *more = trust_new(two, "two.pem", &place, problems);
	struct identity *identity = identity_new(two, "two.pem", PROTO_ROLE_SERVER, time(NULL), &place, problems);
	char *crl_pem = made_crl_pem(root, leaf, -60, 3600);
	g_autoptr(GBytes) crl = g_bytes_new(crl_pem, strlen(crl_pem));
	struct revocation *revocation = revocation_new(crl, "crl.pem", few, time(NULL), &place, problems);
	struct image_profile profiles[2] = {
		{ .priority = "NONE", .trust = more },
		{ .priority = "NORMAL", .trust = few, .identities = { identity }, .keys = { key },
		  .revocation = revocation },
	};

	g_autoptr(GArray) list = g_array_new(FALSE, FALSE, sizeof(*keyrings));
	g_array_append_vals(list, keyrings, 2);

	GByteArray *image = image_snapshot(&settings, list, profiles);
	ear_listen(ear);
	ear_expect_silence(ear);
	revocation_free(revocation);
	identity_free(identity);
	trust_free(few);
	trust_free(more);
	problems_free(problems);
	ear_free(ear);
	g_free(crl_pem);
	g_free(both);
	g_free(leaf_pem);
	g_free(root_pem);
	made_free(leaf);
	made_free(root);
	return image;
}

static GByteArray *sample_with_key(guint32 key)
{
	return sample_with(key, (struct snapshot_keyring[]){ { 0, "mine" }, { 77, "0x4d" } });
}

static GByteArray *sample(void)
{
	return sample_with_key(1);
}

static GByteArray *sample_keys(void)
{
	struct keys *keys = keys_new();

	g_assert_cmpuint(keys_add(keys, "/etc/one.key", "config:4"), ==, 0);
	g_assert_cmpuint(keys_add(keys, "/etc/two.key", "config:9"), ==, 1);
	g_assert_cmpuint(keys_add(keys, "/etc/one.key", "config:12"), ==, 0);
	GByteArray *image = image_keylist(keys);
	keys_free(keys);
	return image;
}

static void test_round_trip(void)
{
	g_autoptr(GByteArray) image = sample();
	struct snapshot *snapshot;

	int fd = image_seal(image, "test");
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(snapshot_open(fd, &snapshot), ==, 0);
	close(fd);
	g_assert_cmpuint(snapshot->settings.loglevel, ==, 2);
	g_assert_cmpuint(snapshot->settings.max_rsa_bits, ==, 4096);
	const struct snapshot_profile *client = snapshot_profile(snapshot, PROTO_ROLE_CLIENT);
	const struct snapshot_profile *server = snapshot_profile(snapshot, PROTO_ROLE_SERVER);
	g_assert_cmpuint(snapshot->keyring_count, ==, 2);
	g_assert_cmpuint(snapshot->keyrings[0].serial, ==, 0);
	g_assert_cmpstr(snapshot->keyrings[0].name, ==, "mine");
	g_assert_cmpuint(snapshot->keyrings[1].serial, ==, 77);
	g_assert_cmpstr(snapshot->keyrings[1].name, ==, "0x4d");
	g_assert_null(snapshot_profile(snapshot, 3));
	g_assert_cmpstr(client->priority, ==, "NONE");
	g_assert_cmpuint(client->identity_count, ==, 0);
	g_assert_cmpuint(client->anchor_count, ==, 2);
	g_assert_cmpstr(server->priority, ==, "NORMAL");
	g_assert_cmpuint(server->identity_count, ==, 1);
	g_assert_cmpuint(server->identities[0].key, ==, 1);
	g_assert_cmpuint(server->identities[0].chain_length, ==, 2);
	g_assert_cmpstr(server->identities[0].label, ==, "two.pem");
	g_assert_cmpuint(server->anchor_count, ==, 1);
	g_assert_cmpuint(client->crl_count, ==, 0);
	g_assert_cmpuint(server->crl_count, ==, 1);
	g_assert_cmpuint(server->crls[0].size, >, 50);
	g_assert_cmpuint(server->crls[0].data[0], ==, 0x30);
	/* The chain's root is the server's only anchor, and the client's second. */
	g_assert_cmpmem(server->identities[0].chain[1].data, server->identities[0].chain[1].size,
			server->anchors[0].data, server->anchors[0].size);
	g_assert_cmpmem(client->anchors[1].data, client->anchors[1].size,
			server->anchors[0].data, server->anchors[0].size);
	snapshot_free(snapshot);
}

static void test_keylist(void)
{
	g_autoptr(GByteArray) image = sample_keys();
	struct keylist *list;

	int fd = image_seal(image, "test");
	g_assert_cmpint(keylist_open(fd, &list), ==, 0);
	close(fd);
	g_assert_cmpuint(list->count, ==, 2);
	g_assert_cmpstr(list->entries[0].source, ==, "/etc/one.key");
	g_assert_cmpstr(list->entries[0].origin, ==, "config:4");
	g_assert_cmpstr(list->entries[1].source, ==, "/etc/two.key");
	keylist_free(list);
}

/* From a copy of exact size, so that a sanitizer sees any read behind it; honest: with the size inside set right. */
static int parse(const guint8 *data, guint32 size, bool honest, bool keys)
{
	struct snapshot *snapshot = NULL;
	struct keylist *list = NULL;
	guint8 *copy = g_malloc(size ? size : 1);

	memcpy(copy, data, size);
	if (honest && size >= SIZE_AT + sizeof(size))
		memcpy(copy + SIZE_AT, &size, sizeof(size));
	int ret = keys ? keylist_parse(copy, size, &list) : snapshot_parse(copy, size, &snapshot);
	g_assert_true(ret == 0 ? keys ? list != NULL : snapshot != NULL : !list && !snapshot);
	snapshot_free(snapshot);
	keylist_free(list);
	g_free(copy);
	return ret;
}

/* Every beginning, once as cut and once with the size inside corrected, so that the parser goes as far as it can. */
static void test_truncated(void)
{
	for (int keys = 0; keys <= 1; keys++) {
		g_autoptr(GByteArray) image = keys ? sample_keys() : sample();
		g_assert_cmpint(parse(image->data, image->len, false, keys), ==, 0);
		for (guint32 size = 0; size < image->len; size++) {
			g_assert_cmpint(parse(image->data, size, false, keys), ==, -EBADMSG);
			g_assert_cmpint(parse(image->data, size, true, keys), ==, -EBADMSG);
		}
		g_byte_array_append(image, (const guint8 *)"", 1);
		g_assert_cmpint(parse(image->data, image->len, true, keys), ==, -EBADMSG);
	}
}

static void test_corrupted(void)
{
	static const guint8 flips[] = { 0x01, 0x04, 0x80, 0xff };

	for (int keys = 0; keys <= 1; keys++) {
		g_autoptr(GByteArray) image = keys ? sample_keys() : sample();
		for (guint i = 0; i < image->len; i++) {
			for (guint j = 0; j < G_N_ELEMENTS(flips); j++) {
				image->data[i] ^= flips[j];
				int ret = parse(image->data, image->len, false, keys);
				g_assert_true(ret == 0 || ret == -EBADMSG);
				/* Magic, format and size. */
				g_assert_true(i >= 12 || ret == -EBADMSG);
				image->data[i] ^= flips[j];
			}
		}
	}
}

/* A key's number is an index into what others hold: one that the messages cannot name is refused here. */
static void test_key_number(void)
{
	g_autoptr(GByteArray) last = sample_with_key(PROTO_KEYS_MAX - 1);
	g_autoptr(GByteArray) over = sample_with_key(PROTO_KEYS_MAX);

	g_assert_cmpint(parse(last->data, last->len, false, false), ==, 0);
	g_assert_cmpint(parse(over->data, over->len, false, false), ==, -EBADMSG);
}

/* What the supervisor hands to the kernel has the limits of the header. */
static void test_keyring_limits(void)
{
	g_autofree char *longest = g_strnfill(SNAPSHOT_KEYRING_NAME_MAX, 'x');
	g_autofree char *longer = g_strnfill(SNAPSHOT_KEYRING_NAME_MAX + 1, 'x');
	const struct {
		struct snapshot_keyring keyring;
		int ret;
	} cases[] = {
		{ { 0, longest }, 0 }, { { 0, longer }, -EBADMSG }, { { 0, "" }, -EBADMSG }, { { 5, "" }, -EBADMSG },
		{ { INT32_MAX, "a" }, 0 }, { { INT32_MAX + 1u, "a" }, -EBADMSG }, { { UINT32_MAX, "a" }, -EBADMSG },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GByteArray) image = sample_with(1, (struct snapshot_keyring[]){ { 0, "a" }, cases[i].keyring });
		g_assert_cmpint(parse(image->data, image->len, false, false), ==, cases[i].ret);
	}
}

/* Lengths and counts that fit no memory must not be believed. */
static void test_huge_counts(void)
{
	g_autoptr(GByteArray) image = sample();

	for (guint i = 12; i + 4 <= image->len; i++) {
		guint32 saved, huge = 0xfffffff0u;
		memcpy(&saved, image->data + i, 4);
		memcpy(image->data + i, &huge, 4);
		int ret = parse(image->data, image->len, false, false);
		g_assert_true(ret == 0 || ret == -EBADMSG);
		memcpy(image->data + i, &saved, 4);
	}
}

static void test_unsealed(void)
{
	g_autoptr(GByteArray) image = sample();
	struct snapshot *snapshot;
	struct keylist *list;

	int fd = memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	g_assert_cmpint(write(fd, image->data, image->len), ==, image->len);
	g_assert_cmpint(snapshot_open(fd, &snapshot), ==, -EPERM);
	g_assert_cmpint(keylist_open(fd, &list), ==, -EPERM);
	close(fd);
	int pipes[2];
	g_assert_cmpint(pipe(pipes), ==, 0);
	g_assert_cmpint(snapshot_open(pipes[0], &snapshot), ==, -EPERM);
	close(pipes[0]);
	close(pipes[1]);
	g_assert_cmpint(snapshot_open(-1, &snapshot), ==, -EBADF);
	g_assert_null(snapshot);

	/* The one kind of image is not the other. */
	fd = image_seal(image, "test");
	g_assert_cmpint(write(fd, "x", 1), ==, -1);
	g_assert_cmpint(ftruncate(fd, 1), ==, -1);
	g_assert_cmpint(keylist_open(fd, &list), ==, -EBADMSG);
	close(fd);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/snapshot/round-trip", test_round_trip);
	g_test_add_func("/snapshot/keylist", test_keylist);
	g_test_add_func("/snapshot/truncated", test_truncated);
	g_test_add_func("/snapshot/corrupted", test_corrupted);
	g_test_add_func("/snapshot/key-number", test_key_number);
	g_test_add_func("/snapshot/keyring-limits", test_keyring_limits);
	g_test_add_func("/snapshot/huge-counts", test_huge_counts);
	g_test_add_func("/snapshot/unsealed", test_unsealed);
	return g_test_run();
}
