// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities in keyrings, with this machine's kernel: names, generations, what others have put
 * there, and what is taken back.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "status.h"
#include "x509store.h"
#include "tests/unit/loader_fixture.h"

/* Which call of the next ones fails, from 1 on; 0: none */
static int failing_add, failing_update;

key_serial_t __real_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring);
key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring);
long __real_keyctl_update(key_serial_t serial, const void *payload, size_t size);
long __wrap_keyctl_update(key_serial_t serial, const void *payload, size_t size);

key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring)
{
	if (strcmp(type, STORE_USER) == 0 && failing_add && --failing_add == 0) {
		errno = EDQUOT;
		return -1;
	}
	return __real_add_key(type, description, payload, size, keyring);
}

long __wrap_keyctl_update(key_serial_t serial, const void *payload, size_t size)
{
	if (failing_update && --failing_update == 0) {
		errno = EDQUOT;
		return -1;
	}
	return __real_keyctl_update(serial, payload, size);
}

static struct made *made[3];
static struct identity
	*identities[4]; /* the last one: the key of the second with a certificate of its own */

static struct identity *identity_of(const struct made *one)
{
	g_autofree char *certificate = made_certificate_pem(one), *key = made_key_pem(one);
	struct identity_material material = {
		.name = "cert",
		.key_name = "key",
		.certificate = secret_copy(certificate, strlen(certificate)),
		.key = secret_copy(key, strlen(key)),
	};
	struct identity *identity;

	g_assert_cmpint(identity_parse(&material, &identity, NULL), ==, 0);
	secret_free(material.certificate);
	secret_free(material.key);
	return identity;
}

static void make_identities(void)
{
	gnutls_x509_crt_t renewed;

	for (size_t i = 0; i < G_N_ELEMENTS(made); i++) {
		made[i] = made_new(&(struct wish){ .subject = "CN=client" });
		identities[i] = identity_of(made[i]);
	}
	struct made *again = made_new(&(struct wish){ .subject = "CN=renewed" });
	renewed = again->crt;
	g_assert_cmpint(gnutls_x509_crt_set_key(renewed, made[1]->key), >=, 0);
	g_assert_cmpint(
		gnutls_x509_crt_sign2(renewed, again->crt, made[1]->key, GNUTLS_DIG_SHA256, 0), >=,
		0);
	struct made same_key = { .key = made[1]->key, .crt = renewed };
	identities[3] = identity_of(&same_key);
	made_free(again);
}

static key_serial_t new_keyring(void)
{
	static unsigned int count;
	g_autofree char *name = g_strdup_printf("tlskey-x509-%u", count++);

	if (count == 1 && keyctl_join_session_keyring(NULL) < 0)
		return 0;
	key_serial_t keyring = add_key("keyring", name, NULL, 0, KEY_SPEC_SESSION_KEYRING);
	return keyring < 0 ? 0 : keyring;
}

static struct store *open_store(key_serial_t keyring)
{
	g_autofree char *number = g_strdup_printf("%d", keyring);
	key_serial_t found;
	struct store *store = store_new(NULL);

	g_assert_nonnull(store);
	g_assert_cmpint(store_keyring(store, number, &found, NULL), ==, 0);
	return store;
}

static guint count_of(key_serial_t keyring)
{
	return keyctl_read(keyring, NULL, 0) / sizeof(key_serial_t);
}

/* A command of its own: kept when it succeeds. */
static int put(key_serial_t keyring, const char *name, const struct identity *identity,
	       enum x509_place place, struct x509_serials *serials)
{
	struct store *store = open_store(keyring);
	g_autoptr(GError) error = NULL;

	int status = x509store_put(store, keyring, name, identity, place, serials, &error);
	g_assert_true((status == 0) == (error == NULL));
	if (status == 0)
		store_keep(store);
	store_free(store);
	return status;
}

/* What mount options name has to be this identity. */
static void check(key_serial_t keyring, const char *name, const struct identity *identity,
		  const struct x509_serials *serials)
{
	struct store *store = open_store(keyring);
	g_autofree char *options = NULL,
			*expected = x509store_options(serials->certificate, serials->key);
	struct secret *certificate = NULL, *key = NULL;

	g_assert_cmpint(x509store_mount_options(store, keyring, name, &options, NULL), ==, 0);
	g_assert_cmpstr(options, ==, expected);
	g_assert_cmpint(store_read(store, serials->certificate, &certificate, NULL), ==, 0);
	g_assert_cmpint(store_read(store, serials->key, &key, NULL), ==, 0);
	g_assert_cmpmem(secret_data(certificate), secret_length(certificate),
			g_bytes_get_data(identity->certificate->der, NULL),
			g_bytes_get_size(identity->certificate->der));
	g_assert_true(secret_equal(key, identity->key));
	secret_free(certificate);
	secret_free(key);
	store_free(store);
}

static void test_put(void)
{
	key_serial_t keyring = new_keyring();
	struct x509_serials first, again, other;

	g_assert_cmpint(put(keyring, "a", identities[0], X509_BESIDE, NULL), ==, STATUS_NOT_FOUND);
	g_assert_cmpint(put(keyring, "a", identities[0], X509_IN_PLACE, NULL), ==,
			STATUS_NOT_FOUND);
	g_assert_cmpint(put(keyring, "a", identities[0], X509_NEW, &first), ==, 0);
	g_assert_false(first.unchanged);
	check(keyring, "a", identities[0], &first);
	/* The same is no second one, another one no replacement. */
	g_assert_cmpint(put(keyring, "a", identities[0], X509_NEW, &again), ==, 0);
	g_assert_true(again.unchanged);
	g_assert_cmpint(again.certificate, ==, first.certificate);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_NEW, &other), ==, STATUS_EXISTS);
	check(keyring, "a", identities[0], &first);
	g_assert_cmpint(put(keyring, "a.1", identities[1], X509_NEW, &other), ==, 0);
	check(keyring, "a.1", identities[1], &other);
	check(keyring, "a", identities[0], &first);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_REPLACE, &again), ==, 0);
	g_assert_cmpint(again.certificate, !=, first.certificate);
	g_assert_cmpint(again.key, !=, first.key);
	check(keyring, "a", identities[1], &again);
	g_assert_cmpuint(count_of(keyring), ==, 4);
}

static void test_rotate(void)
{
	key_serial_t keyring = new_keyring();
	struct x509_serials first, second, third;
	g_autoptr(GPtrArray) pairs = NULL;
	g_autofree char *number = NULL;

	put(keyring, "a", identities[0], X509_NEW, &first);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_BESIDE, &second), ==, 0);
	g_assert_cmpuint(second.generation, ==, 2);
	check(keyring, "a", identities[1], &second);
	number = g_strdup_printf("%d", first.certificate);
	check(keyring, number, identities[0], &first);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_BESIDE, &third), ==, 0);
	g_assert_true(third.unchanged);
	g_assert_cmpint(put(keyring, "a", identities[2], X509_BESIDE, &third), ==, 0);
	struct store *store = open_store(keyring);
	g_assert_cmpint(x509store_find(store, keyring, "a", &pairs, NULL), ==, 0);
	g_assert_cmpuint(pairs->len, ==, 3);
	for (guint i = 0; i < 3; i++)
		g_assert_cmpuint(((struct x509_pair *)pairs->pdata[i])->generation, ==, 3 - i);
	store_free(store);
}

static void test_in_place(void)
{
	key_serial_t keyring = new_keyring();
	struct x509_serials first, second;

	put(keyring, "a", identities[0], X509_NEW, &first);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_IN_PLACE, &second), ==, 0);
	g_assert_cmpint(second.certificate, ==, first.certificate);
	g_assert_cmpint(second.key, ==, first.key);
	check(keyring, "a", identities[1], &first);
	/* A second update that fails takes the first one back. */
	failing_update = 2;
	g_assert_cmpint(put(keyring, "a", identities[2], X509_IN_PLACE, NULL), ==, STATUS_QUOTA);
	g_assert_cmpint(failing_update, ==, 0);
	check(keyring, "a", identities[1], &first);
	/* A certificate for the same key is one change. */
	failing_update = 2;
	g_assert_cmpint(put(keyring, "a", identities[3], X509_IN_PLACE, NULL), ==, 0);
	g_assert_cmpint(failing_update, ==, 1);
	failing_update = 0;
	check(keyring, "a", identities[3], &first);
}

/* Nothing half done: a private key that cannot be added takes its certificate along. */
static void test_failed_put(void)
{
	static const enum x509_place places[] = { X509_REPLACE, X509_BESIDE };
	key_serial_t keyring = new_keyring();
	struct x509_serials first;

	for (int i = 1; i <= 2; i++) {
		failing_add = i;
		g_assert_cmpint(put(keyring, "a", identities[0], X509_NEW, NULL), ==, STATUS_QUOTA);
		g_assert_cmpuint(count_of(keyring), ==, 0);
	}
	put(keyring, "a", identities[0], X509_NEW, &first);
	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		failing_add = 2;
		g_assert_cmpint(put(keyring, "a", identities[1], places[i], NULL), ==,
				STATUS_QUOTA);
		check(keyring, "a", identities[0], &first);
		g_assert_cmpuint(count_of(keyring), ==, 2);
	}
}

static struct x509_pair *only(GPtrArray *pairs)
{
	g_assert_cmpuint(pairs->len, ==, 1);
	return pairs->pdata[0];
}

/* What others have put there finds together by its public key. */
static void test_strangers(void)
{
	key_serial_t keyring = new_keyring();
	g_autoptr(GPtrArray) pairs = NULL, found = NULL;
	gsize size;

	for (int i = 0; i < 2; i++) {
		g_autofree char *key = g_strdup_printf("aaa%d", i);
		g_autofree char *certificate = g_strdup_printf("crt%d", 1 - i);
		const void *der = g_bytes_get_data(identities[1 - i]->certificate->der, &size);
		add_key(STORE_USER, key, secret_data(identities[i]->key),
			secret_length(identities[i]->key), keyring);
		add_key(STORE_USER, certificate, der, size, keyring);
	}
	add_key(STORE_USER, "lonely", secret_data(identities[2]->key),
		secret_length(identities[2]->key), keyring);
	add_key(STORE_USER, "password", "word", 4, keyring);
	struct store *store = open_store(keyring);
	g_assert_cmpint(x509store_list(store, keyring, &pairs, NULL), ==, 0);
	g_assert_cmpuint(pairs->len, ==, 3);
	guint complete = 0;
	for (guint i = 0; i < pairs->len; i++) {
		const struct x509_pair *pair = pairs->pdata[i];
		g_assert_null(pair->name);
		if (pair->match != X509_MATCH_YES)
			continue;
		g_assert_cmpstr(pair->certificate->description + 3, ==, pair->key->description + 3);
		complete++;
	}
	g_assert_cmpuint(complete, ==, 2);
	g_assert_cmpint(x509store_find(store, keyring, "crt0", &found, NULL), ==, STATUS_NOT_FOUND);
	store_free(store);
}

/* Halves that somebody else has put under our names. */
static void test_unusable(void)
{
	key_serial_t keyring = new_keyring();
	struct x509_serials serials;
	g_autofree char *options = NULL;
	gsize size;
	const void *der = g_bytes_get_data(identities[0]->certificate->der, &size);

	add_key(STORE_USER, "a.1.crt", der, size, keyring);
	struct store *store = open_store(keyring);
	g_assert_cmpint(x509store_mount_options(store, keyring, "a", &options, NULL), ==,
			STATUS_NOT_FOUND);
	g_assert_cmpint(x509store_mount_options(store, keyring, "b", &options, NULL), ==,
			STATUS_NOT_FOUND);
	add_key(STORE_USER, "a.1.key", secret_data(identities[1]->key),
		secret_length(identities[1]->key), keyring);
	g_assert_cmpint(x509store_mount_options(store, keyring, "a", &options, NULL), ==,
			STATUS_INPUT);
	add_key(STORE_USER, "a.1.key", "no key", 6, keyring);
	g_assert_cmpint(x509store_mount_options(store, keyring, "a", &options, NULL), ==,
			STATUS_INPUT);
	g_assert_null(options);
	store_free(store);
	/* It is in nobody's way. */
	g_assert_cmpint(put(keyring, "a", identities[0], X509_NEW, &serials), ==, 0);
	check(keyring, "a", identities[0], &serials);
}

static void test_dead(void)
{
	key_serial_t keyring = new_keyring();
	struct x509_serials serials, again;
	g_autofree char *options = NULL;
	g_autoptr(GPtrArray) pairs = NULL;

	put(keyring, "a", identities[0], X509_NEW, &serials);
	g_assert_cmpint(keyctl_revoke(serials.key), ==, 0);
	struct store *store = open_store(keyring);
	g_assert_cmpint(x509store_find(store, keyring, "a", &pairs, NULL), ==, 0);
	g_assert_cmpint(only(pairs)->key->serial, ==, serials.key);
	g_assert_cmpint(only(pairs)->key->error, ==, EKEYREVOKED);
	g_assert_cmpint(x509store_mount_options(store, keyring, "a", &options, NULL), ==,
			STATUS_EXPIRED);
	store_free(store);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_IN_PLACE, NULL), ==, STATUS_EXPIRED);
	g_assert_cmpint(put(keyring, "a", identities[1], X509_NEW, &again), ==, 0);
	check(keyring, "a", identities[1], &again);
	g_assert_cmpuint(count_of(keyring), ==, 2);
	/* Removing takes what is dead along. */
	g_assert_cmpint(keyctl_revoke(again.key), ==, 0);
	store = open_store(keyring);
	g_clear_pointer(&pairs, g_ptr_array_unref);
	g_assert_cmpint(x509store_find(store, keyring, "a", &pairs, NULL), ==, 0);
	g_assert_cmpint(x509store_remove(store, keyring, only(pairs), NULL), ==, 0);
	store_keep(store);
	store_free(store);
	g_assert_cmpuint(count_of(keyring), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!new_keyring()) {
		puts("1..0 # SKIP this machine does not let us have keys");
		return 77;
	}
	make_identities();
	g_test_add_func("/x509store/put", test_put);
	g_test_add_func("/x509store/rotate", test_rotate);
	g_test_add_func("/x509store/in-place", test_in_place);
	g_test_add_func("/x509store/failed-put", test_failed_put);
	g_test_add_func("/x509store/strangers", test_strangers);
	g_test_add_func("/x509store/unusable", test_unusable);
	g_test_add_func("/x509store/dead", test_dead);
	int status = g_test_run();
	for (size_t i = 0; i < G_N_ELEMENTS(identities); i++)
		identity_free(identities[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(made); i++)
		made_free(made[i]);
	return status;
}
