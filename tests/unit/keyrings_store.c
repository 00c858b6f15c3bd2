// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keyrings and what is taken back, with this machine's kernel.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "keyinfo.h"
#include "keyrings_fixture.h"
#include "store.h"

static struct store_key key_of(const char *description, const char *payload)
{
	struct store_key key = { .type = STORE_PSK,
				 .description = description,
				 .payload = payload,
				 .size = strlen(payload) };

	return key;
}

static void add(struct store *store, key_serial_t keyring, const char *description,
		const char *payload, key_serial_t *serial)
{
	struct store_key key = key_of(description, payload);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(store_add(store, keyring, &key, serial, &error), ==, 0);
	g_assert_no_error(error);
}

static key_serial_t find(struct store *store, key_serial_t keyring, const char *description)
{
	key_serial_t serial = -1;

	g_assert_cmpint(store_find(store, keyring, STORE_PSK, description, &serial, NULL), ==, 0);
	return serial;
}

static void check_payload(struct store *store, key_serial_t serial, const char *payload)
{
	struct secret *content;

	g_assert_cmpint(store_read(store, serial, &content, NULL), ==, 0);
	g_assert_cmpstr(secret_text(content), ==, payload);
	secret_free(content);
}

/* A command's store, on a keyring that the last one left as it was. */
static struct store *open_store(key_serial_t keyring)
{
	g_autofree char *number = g_strdup_printf("%d", keyring);
	g_autoptr(GError) error = NULL;
	key_serial_t found;
	struct store *store = store_new(&error);

	g_assert_no_error(error);
	g_assert_cmpint(store_keyring(store, number, &found, &error), ==, 0);
	g_assert_no_error(error);
	g_assert_cmpint(found, ==, keyring);
	return store;
}

static void test_add(void)
{
	key_serial_t keyring = fixture_keyring(), serial;
	struct store *store = open_store(keyring);
	struct keyinfo info;

	add(store, keyring, "one", "secret", &serial);
	g_assert_cmpint(keyinfo_get(serial, &info), ==, 0);
	g_assert_cmpstr(info.type, ==, "psk");
	g_assert_cmpstr(info.description, ==, "one");
	g_assert_cmphex(info.permissions, ==, 0x3f0b0000);
	check_payload(store, serial, "secret");
	store_keep(store);
	store_free(store);
	store = open_store(keyring);
	g_assert_cmpint(find(store, keyring, "one"), ==, serial);
	store_free(store);
	g_assert_cmpuint(fixture_count(keyring), ==, 1);
}

static void test_exact(void)
{
	key_serial_t keyring = fixture_keyring(), longer, shorter;
	struct store *store = open_store(keyring);

	add(store, keyring, "nqn.sub10", "ten", &longer);
	g_assert_cmpint(find(store, keyring, "nqn.sub1"), ==, 0);
	add(store, keyring, "nqn.sub1", "one", &shorter);
	g_assert_cmpint(find(store, keyring, "nqn.sub1"), ==, shorter);
	g_assert_cmpint(find(store, keyring, "nqn.sub10"), ==, longer);
	g_assert_cmpint(find(store, keyring, "nqn.sub"), ==, 0);
	g_assert_cmpint(find(store, keyring, "nqn.sub100"), ==, 0);
	store_keep(store);
	store_free(store);
	g_assert_cmpuint(fixture_count(keyring), ==, 2);
}

static void test_undo(void)
{
	key_serial_t keyring = fixture_keyring(), old, other, replaced;
	struct store *store = open_store(keyring);

	add(store, keyring, "old", "old", &old);
	add(store, keyring, "other", "other", &other);
	store_keep(store);
	store_free(store);

	store = open_store(keyring);
	add(store, keyring, "old", "new", &replaced);
	g_assert_cmpint(find(store, keyring, "old"), ==, replaced);
	add(store, keyring, "new", "new", NULL);
	g_assert_cmpint(store_remove(store, keyring, other, NULL), ==, 0);
	g_assert_cmpint(find(store, keyring, "other"), ==, 0);
	add(store, keyring, "old", "newer", NULL);
	store_free(store); /* not kept */

	store = open_store(keyring);
	g_assert_cmpuint(fixture_count(keyring), ==, 2);
	g_assert_cmpint(find(store, keyring, "old"), ==, old);
	g_assert_cmpint(find(store, keyring, "other"), ==, other);
	check_payload(store, old, "old");
	store_free(store);
}

static void test_failed_add(void)
{
	static const struct {
		int number;
		int status;
		const char *says;
	} cases[] = {
		{ EDQUOT, STATUS_QUOTA, "root_maxkeys" },
		{ ENODEV, STATUS_KEYRING, "nvme-keyring" },
		{ EACCES, STATUS_PERMISSION, "keyring" },
		{ EPERM, STATUS_PERMISSION, "keyring" },
		{ EKEYREVOKED, STATUS_EXPIRED, "revoked" },
		{ ENOMEM, STATUS_QUOTA, "memory" },
	};
	key_serial_t keyring = fixture_keyring(), old;
	struct store *store = open_store(keyring);
	struct store_key key = key_of("old", "new");

	add(store, keyring, "old", "old", &old);
	store_keep(store);
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		fixture_fail_add(0, cases[i].number);
		g_assert_cmpint(store_add(store, keyring, &key, NULL, &error), ==, cases[i].status);
		g_assert_error(error, STATUS_ERROR, cases[i].status);
		g_assert_nonnull(strstr(error->message, cases[i].says));
		g_assert_cmpint(find(store, keyring, "old"), ==, old);
	}
	fixture_fail_add(0, 0);
	store_free(store);
	g_assert_cmpuint(fixture_count(keyring), ==, 1);
}

static void test_dead_keys(void)
{
	key_serial_t keyring = fixture_keyring(), serial;
	struct store *store = open_store(keyring);
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GError) error = NULL;
	struct secret *payload;

	add(store, keyring, "gone", "gone", &serial);
	store_keep(store);
	g_assert_cmpint(keyctl_revoke(serial), ==, 0);
	g_assert_cmpint(store_list(store, keyring, STORE_PSK, &entries, NULL), ==, 0);
	g_assert_cmpuint(entries->len, ==, 1);
	g_assert_cmpint(((struct store_entry *)entries->pdata[0])->error, ==, EKEYREVOKED);
	g_assert_cmpint(store_read(store, serial, &payload, &error), ==, STATUS_EXPIRED);
	/* It can be replaced, and it can be removed. */
	add(store, keyring, "gone", "back", &serial);
	store_keep(store);
	check_payload(store, find(store, keyring, "gone"), "back");
	g_assert_cmpint(keyctl_revoke(serial), ==, 0);
	g_assert_cmpint(store_remove(store, keyring, serial, NULL), ==, 0);
	store_free(store);
	g_assert_cmpuint(fixture_count(keyring), ==, 0);
}

static void test_keyrings(void)
{
	static const struct {
		const char *name;
		int status;
		const char *says;
	} bad[] = {
		{ ".nvme-of-nobody", STATUS_KEYRING, "keyctl newring NAME @u && keyctl setperm %keyring:NAME 0x3f3f0000" },
		{ "0x7fffffff", STATUS_KEYRING, "not there" },
		{ "", STATUS_KEYRING, "not there" },
	};
	key_serial_t keyring = fixture_keyring(), found, serial;
	struct store *store = open_store(keyring);

	g_assert_cmpint(store_keyring(store, "@s", &found, NULL), ==, 0);
	g_assert_cmpint(found, ==, keyctl_get_keyring_ID(KEY_SPEC_SESSION_KEYRING, 0));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(store_keyring(store, bad[i].name, &found, &error), ==,
				bad[i].status);
		g_assert_nonnull(strstr(error->message, bad[i].says));
	}
	add(store, keyring, "key", "key", &serial);
	g_autofree char *number = g_strdup_printf("%d", serial);
	g_assert_cmpint(store_keyring(store, number, &found, NULL), ==, STATUS_USAGE);
	g_assert_cmpint(store_remove(store, keyring, keyring, NULL), ==, STATUS_NOT_FOUND);
	store_free(store);
	g_assert_cmpuint(fixture_count(keyring), ==, 0);
}

/* By its name a keyring of this user is found, and .nvme's module is named where it is missing. */
static void test_names(void)
{
	key_serial_t keyring = fixture_keyring(), found = 0;
	struct keyinfo info;
	struct store *store = open_store(keyring);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(keyinfo_get(keyring, &info), ==, 0);
	g_assert_cmpint(store_keyring(store, info.description, &found, NULL), ==, 0);
	g_assert_cmpint(found, ==, keyring);
	if (store_keyring(store, STORE_NVME, &found, &error) == STATUS_KEYRING)
		g_assert_nonnull(strstr(error->message, "modprobe nvme-keyring"));
	store_free(store);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_keyring()) {
		puts("1..0 # SKIP this machine does not let us have keys");
		return 77;
	}
	g_test_add_func("/store/add", test_add);
	g_test_add_func("/store/exact", test_exact);
	g_test_add_func("/store/undo", test_undo);
	g_test_add_func("/store/failed-add", test_failed_add);
	g_test_add_func("/store/dead-keys", test_dead_keys);
	g_test_add_func("/store/keyrings", test_keyrings);
	g_test_add_func("/store/names", test_names);
	return g_test_run();
}
