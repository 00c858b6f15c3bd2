// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey load with certificates, and mount-options.
 */
#include <config.h>

#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#include "keyrings_fixture.h"
#include "keyrings_loadplace.h"
#include "load/load.h"
#include "store.h"
#include "x509/x509store.h"

#define DAY 86400

static void write_datum(const struct loadplace *place, const char *name, const char *suffix, gnutls_datum_t *pem)
{
	g_autofree char *file = g_strconcat(name, suffix, NULL), *text = g_strndup((char *)pem->data, pem->size);

	loadplace_file(place, file, text, 0600);
	gnutls_free(pem->data);
}

/* NAME.pem and NAME.key: an identity that has signed itself, valid from now + @from on. */
static void make_identity(const struct loadplace *place, const char *name, long from)
{
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t certificate;
	gnutls_datum_t pem;
	unsigned char serial = 1;

	g_assert_cmpint(gnutls_x509_privkey_init(&key), ==, 0);
	g_assert_cmpint(
		gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		==, 0);
	g_assert_cmpint(gnutls_x509_crt_init(&certificate), ==, 0);
	gnutls_x509_crt_set_version(certificate, 3);
	gnutls_x509_crt_set_serial(certificate, &serial, sizeof(serial));
	gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name, strlen(name));
	gnutls_x509_crt_set_activation_time(certificate, time(NULL) + from);
	gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + from + 400 * DAY);
	gnutls_x509_crt_set_key(certificate, key);
	gnutls_x509_crt_set_key_usage(certificate, GNUTLS_KEY_DIGITAL_SIGNATURE);
	g_assert_cmpint(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), ==, 0);
	g_assert_cmpint(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	write_datum(place, name, ".pem", &pem);
	g_assert_cmpint(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
	write_datum(place, name, ".key", &pem);
	gnutls_x509_crt_deinit(certificate);
	gnutls_x509_privkey_deinit(key);
}

static void put_entry(const struct loadplace *place, const char *identity, const char *more)
{
	g_autofree char *text = g_strdup_printf("[web]\ntype=x509\ncert=%s.pem\nkey=%s.key\nkeyring=%d\n%s\n", identity,
						identity, place->keyring, more);

	loadplace_file(place, "a.conf", text, 0600);
}

/* What a mount would get; NULL when there is nothing. */
static char *options_of(const struct loadplace *place, const char *name)
{
	struct store *store = store_new(NULL);
	char *options = NULL;

	x509store_mount_options(store, place->keyring, name, &options, NULL);
	store_free(store);
	return options;
}

static void test_load(struct loadplace *place, const void *data)
{
	(void)data;
	make_identity(place, "one", -DAY);
	put_entry(place, "one", "");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "web: missing in "));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "web: added: key "));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	g_autofree char *first = options_of(place, "web"), *again = NULL, *expected = NULL;
	loadplace_gives(place, "--check", 0);
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "web: present: key "));
	again = options_of(place, "web");
	g_assert_cmpstr(first, ==, again);
	expected = g_strdup_printf("cert_serial=%d,privkey_serial=%d", loadplace_find(place, "web.1.crt"),
				   loadplace_find(place, "web.1.key"));
	g_assert_cmpstr(first, ==, expected);
	g_assert_cmpstr(place->complaints, ==, "");
}

/* A renewed certificate comes into the keys that mounts name by number. */
static void test_renewed(struct loadplace *place, const void *data)
{
	(void)data;
	make_identity(place, "one", -DAY);
	make_identity(place, "two", -DAY);
	put_entry(place, "one", "");
	loadplace_gives(place, "", 0);
	g_autofree char *first = options_of(place, "web"), *then = NULL, *last = NULL;
	put_entry(place, "two", "");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "web: different: key "));
	loadplace_gives(place, "", STATUS_EXISTS);
	g_assert_true(loadplace_complains(place, "write replace=yes"));
	then = options_of(place, "web");
	g_assert_cmpstr(then, ==, first);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	put_entry(place, "two", "replace=yes");
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "web: replaced: key "));
	last = options_of(place, "web");
	g_assert_cmpstr(last, ==, first);
	loadplace_gives(place, "--check", 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

/* One half is gone: the pair is made anew, and as a whole. */
static void test_half(struct loadplace *place, const void *data)
{
	(void)data;
	make_identity(place, "one", -DAY);
	put_entry(place, "one", "name=other");
	loadplace_gives(place, "", 0);
	g_assert_cmpint(keyctl_unlink(loadplace_find(place, "other.1.crt"), place->keyring), ==, 0);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "web: missing in "));
	loadplace_gives(place, "", 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	g_autofree char *options = options_of(place, "other");
	g_assert_nonnull(options);
	loadplace_gives(place, "--check", 0);
}

/* Of a name that was rotated the newest generation counts. */
static void test_generations(struct loadplace *place, const void *data)
{
	struct store *store = store_new(NULL);
	const struct identity_source source = {
		.certificate = g_build_filename(place->folder, "two.pem", NULL),
		.key = g_build_filename(place->folder, "two.key", NULL),
	};
	struct identity *identity = NULL;

	(void)data;
	make_identity(place, "one", -DAY);
	make_identity(place, "two", -DAY);
	put_entry(place, "one", "");
	loadplace_gives(place, "", 0);
	g_assert_cmpint(identity_load(&source, &identity, NULL), ==, 0);
	g_assert_cmpint(x509store_put(store, place->keyring, "web", identity, X509_BESIDE, NULL, NULL), ==, 0);
	store_keep(store);
	store_free(store);
	identity_free(identity);
	g_free((char *)source.certificate);
	g_free((char *)source.key);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "web: different: key "));
	put_entry(place, "two", "");
	loadplace_gives(place, "--check", 0);
	g_assert_true(loadplace_says(place, "web.2.crt"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 4);
}

/* Clocks are wrong at boot: what is not valid yet is loaded with a warning, and a check says so. */
static void test_dates(struct loadplace *place, const void *data)
{
	(void)data;
	make_identity(place, "late", 10 * DAY);
	put_entry(place, "late", "");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_complains(place, "a.conf:1: [web]: "));
	g_assert_true(loadplace_complains(place, "it is not valid before"));
	g_assert_false(loadplace_complains(place, "--force"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_complains(place, "it is loaded all the same"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
}

static void test_wrong_pair(struct loadplace *place, const void *data)
{
	g_autofree char *text = g_strdup_printf(
		"[web]\ntype=x509\ncert=one.pem\nkey=two.key\nkeyring=%d\n[nvme]\ntype=nvme-psk\n"
		"source=one.psk\nsubsysnqn=" LOADPLACE_TARGET "\nhostnqn=" LOADPLACE_HOST "\nkeyring=%d\n",
		place->keyring, place->keyring);

	(void)data;
	make_identity(place, "one", -DAY);
	make_identity(place, "two", -DAY);
	loadplace_file(place, "a.conf", text, 0600);
	loadplace_gives(place, "", STATUS_INPUT);
	g_assert_true(loadplace_complains(place, "a.conf:1: [web]: "));
	g_assert_true(loadplace_complains(place, "do not belong together"));
	g_assert_true(loadplace_says(place, "nvme: added"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_two_of_a_name(struct loadplace *place, const void *data)
{
	g_autofree char *text =
		g_strdup_printf("[web]\ntype=x509\ncert=one.pem\nkey=one.key\nkeyring=%d\n[mail]\nname=web\ntype=x509\n"
				"replace=yes\ncert=two.pem\nkey=two.key\nkeyring=%d\n",
				place->keyring, place->keyring);

	(void)data;
	make_identity(place, "one", -DAY);
	make_identity(place, "two", -DAY);
	loadplace_file(place, "a.conf", text, 0600);
	loadplace_gives(place, "", STATUS_INPUT);
	g_assert_true(loadplace_complains(place, "[mail]: an entry before it puts another key into the same place"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

static void test_mount_options(struct loadplace *place, const void *data)
{
	g_autofree char *keyring = g_strdup_printf("--keyring=%d", place->keyring);
	char *absent[] = { (char *)"mount-options", keyring, (char *)"web", NULL };
	char *none[] = { (char *)"mount-options", NULL };
	g_autoptr(GError) not_found = NULL, usage = NULL;
	const struct command *command = &load_commands[1];

	(void)data;
	g_assert_cmpint(command->run(command, 3, absent, &not_found), ==, STATUS_NOT_FOUND);
	g_assert_nonnull(not_found);
	g_assert_cmpint(command->run(command, 1, none, &usage), ==, STATUS_USAGE);
}

#define TEST(name, function) g_test_add(name, struct loadplace, NULL, loadplace_set_up, function, loadplace_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_keyring()) {
		g_test_message("this machine lets nobody have keys");
		return 77;
	}
	TEST("/loadx509/load", test_load);
	TEST("/loadx509/renewed", test_renewed);
	TEST("/loadx509/half", test_half);
	TEST("/loadx509/generations", test_generations);
	TEST("/loadx509/dates", test_dates);
	TEST("/loadx509/wrong-pair", test_wrong_pair);
	TEST("/loadx509/two-of-a-name", test_two_of_a_name);
	TEST("/loadx509/mount-options", test_mount_options);
	return g_test_run();
}
