// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey load as people call it: pre-shared keys, mistakes, and what all types share.
 */
#include <config.h>

#include <errno.h>
#include <sys/stat.h>

#include <json-glib/json-glib.h>

#include "keyinfo.h"
#include "keyrings_fixture.h"
#include "keyrings_place.h"
#include "store.h"

/* Missing, loaded, there, the same after another load, and missing again when it was removed. */
static void test_load(struct place *place, const void *data)
{
	(void)data;
	place_entry(place, "a.conf", "storage", "one.psk", "identity-version=both");
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "storage: missing in "));
	g_assert_true(place_says(place, "0 of 1 entries are in the keyrings"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	place_gives(place, "", 0);
	g_assert_true(place_says(place, "storage: added: key "));
	g_assert_true(place_says(place, "NVMe0R01 " PLACE_HOST " " PLACE_TARGET "\n"));
	g_assert_true(place_says(place, "NVMe1R01 " PLACE_HOST " " PLACE_TARGET " "));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	key_serial_t first = place_find(place, "NVMe0R01 "), second = place_find(place, "NVMe1R01 ");
	place_gives(place, "--check", 0);
	place_gives(place, "", 0);
	g_assert_true(place_says(place, "storage: present: key "));
	g_assert_false(place_says(place, "added"));
	g_assert_true(place_says(place, "1 of 1 entries loaded"));
	g_assert_cmpint(place_find(place, "NVMe0R01 "), ==, first);
	g_assert_cmpint(place_find(place, "NVMe1R01 "), ==, second);
	g_assert_cmpint(keyctl_unlink(first, place->keyring), ==, 0);
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "storage: missing in "));
	g_assert_true(place_says(place, "storage: present: key "));
	place_gives(place, "", 0);
	g_assert_cmpint(place_find(place, "NVMe0R01 "), !=, 0);
	g_assert_cmpint(place_find(place, "NVMe1R01 "), ==, second);
	g_assert_cmpstr(place->complaints, ==, "");
}

static void test_different(struct place *place, const void *data)
{
	(void)data;
	place_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	place_gives(place, "", 0);
	key_serial_t first = place_find(place, "NVMe0R01 ");
	place_entry(place, "a.conf", "storage", "two.psk", "identity-version=0");
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "storage: different: key "));
	g_assert_true(place_complains(place, "a.conf:1: [storage]: key "));
	g_assert_true(place_complains(place, "is left as it is: write replace=yes"));
	place_gives(place, "", STATUS_EXISTS);
	g_assert_true(place_complains(place, "is left as it is"));
	g_assert_cmpint(place_find(place, "NVMe0R01 "), ==, first);
	place_gives(place, "--replace", 0);
	g_assert_true(place_says(place, "storage: replaced: key "));
	key_serial_t second = place_find(place, "NVMe0R01 ");
	g_assert_cmpint(second, !=, first);
	place_gives(place, "--replace", 0);
	g_assert_cmpint(place_find(place, "NVMe0R01 "), ==, second);
	place_entry(place, "a.conf", "storage", "one.psk", "identity-version=0\nreplace=yes");
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(place_complains(place, "`tlskey load` will replace it"));
	g_assert_cmpint(place_find(place, "NVMe0R01 "), ==, second);
	place_gives(place, "", 0);
	g_assert_cmpint(place_find(place, "NVMe0R01 "), !=, second);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

/* A key that nobody can use any more is no other key: it makes room without being asked. */
static void test_revoked(struct place *place, const void *data)
{
	(void)data;
	place_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	place_gives(place, "", 0);
	key_serial_t first = place_find(place, "NVMe0R01 ");
	g_assert_cmpint(keyctl_revoke(first), ==, 0);
	place_gives(place, "--check", STATUS_INCOMPLETE);
	place_gives(place, "", 0);
	g_assert_cmpint(place_find(place, "NVMe0R01 "), !=, first);
	place_gives(place, "--check", 0);
}

static void test_broken_among_good(struct place *place, const void *data)
{
	g_autofree char *good = place_section(place, "good", "one.psk", ""), *wrong = place_section(place, "wrong", "absent.psk", "");
	g_autofree char *open = place_section(place, "open", "open.psk", ""), *text = g_strconcat(wrong, open, good, NULL);

	(void)data;
	place_file(place, "a.conf", "[bad]\ntype=nvme-pks\n", 0600);
	place_file(place, "b.conf", text, 0600);
	place_file(place, "c.conf", "rubbish\n", 0600);
	place_file(place, "open.psk", PLACE_KEY, 0644);
	g_autofree char *path = g_build_filename(place->folder, "open.psk", NULL);
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	place_gives(place, "", STATUS_INPUT);
	g_assert_true(place_complains(place, "a.conf:2: type: there is no such type: did you mean nvme-psk?"));
	g_assert_true(place_complains(place, "b.conf:1: [wrong]: cannot open "));
	g_assert_true(place_complains(place, "b.conf:8: [open]: "));
	g_assert_true(place_complains(place, "can be read by others"));
	g_assert_true(place_complains(place, "c.conf:1: neither a comment"));
	g_assert_true(place_says(place, "good: added: key "));
	g_assert_true(place_says(place, "1 of 5 entries loaded"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "good: present: key "));
}

/* An entry of two keys, of which the second one fails, leaves none; the next entry is loaded. */
static void test_atomic(struct place *place, const void *data)
{
	g_autofree char *two = place_section(place, "two", "one.psk", "identity-version=both");

	(void)data;
	place_file(place, "a.conf", two, 0600);
	fixture_fail_add(1, EDQUOT);
	place_gives(place, "", STATUS_QUOTA);
	g_assert_true(place_complains(place, "a.conf:1: [two]: "));
	g_assert_true(place_complains(place, "quota"));
	g_assert_false(place_says(place, "added"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, 0);
	place_gives(place, "", 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

/* A different one among two keys: the one that is missing is not added alone. */
static void test_atomic_refusal(struct place *place, const void *data)
{
	(void)data;
	place_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	place_gives(place, "", 0);
	place_entry(place, "a.conf", "storage", "two.psk", "identity-version=both");
	place_gives(place, "", STATUS_EXISTS);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_same_place(struct place *place, const void *data)
{
	g_autofree char *one = place_section(place, "one", "one.psk", "identity-version=0"), *text = NULL;
	g_autofree char *again = place_section(place, "again", "one.psk", "identity-version=0");
	g_autofree char *other = place_section(place, "other", "two.psk", "identity-version=0\nreplace=yes");

	(void)data;
	text = g_strconcat(one, again, other, NULL);
	place_file(place, "a.conf", text, 0600);
	place_gives(place, "", STATUS_INPUT);
	g_assert_true(place_says(place, "one: added"));
	g_assert_true(place_says(place, "again: present"));
	g_assert_true(place_complains(place, "[other]: an entry before it puts another key into the same place"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_credential(struct place *place, const void *data)
{
	g_autofree char *text = g_strdup_printf("[a]\ntype=nvme-psk\ncredential=one.psk\nkeyring=%d\nhostnqn=" PLACE_HOST "\nsubsysnqn=" PLACE_TARGET
						"\n", place->keyring);

	(void)data;
	place_file(place, "a.conf", text, 0600);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	place_gives(place, "", STATUS_FILE);
	g_assert_true(place_complains(place, "there is no credential one.psk"));
	g_setenv("CREDENTIALS_DIRECTORY", place->folder, TRUE);
	place_gives(place, "", 0);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	g_assert_true(place_says(place, "a: added"));
}

/* A check asks for no module; a load does for those keyrings that are not there. */
static void test_modules(struct place *place, const void *data)
{
	uid_t stranger;
	g_autofree char *own = place_section(place, "own", "one.psk", "");
	g_autofree char *text = g_strconcat(own, "[gone]\ntype=nvme-psk\nsource=one.psk\nhostnqn=" PLACE_HOST "\nsubsysnqn=" PLACE_TARGET
					    "\nkeyring=.no-such-keyring\n[bad]\ntype=nvme-psk\n", NULL);

	(void)data;
	if (keyinfo_find_keyring(STORE_NVME, 0, &stranger)) {
		g_test_skip("this machine has the keyring .nvme");
		return;
	}
	place_file(place, "a.conf", text, 0600);
	place_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_cmpstr(place->modules->str, ==, "");
	g_assert_true(place_complains(place, "[gone]: keyring .no-such-keyring is not there"));
	place_gives(place, "--modules", 0);
	g_assert_cmpstr(place->modules->str, ==, "nvme-keyring nvme-keyring ");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	g_string_truncate(place->modules, 0);
	place_gives(place, "", STATUS_KEYRING);
	/* The type of the key comes with the module, wherever the key goes. */
	g_assert_cmpstr(place->modules->str, ==, "nvme-keyring nvme-keyring ");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_empty(struct place *place, const void *data)
{
	(void)data;
	place_gives(place, "", 0);
	g_assert_true(place_says(place, "0 of 0 entries loaded"));
	place_gives(place, "--check", 0);
}

static void test_usage(struct place *place, const void *data)
{
	(void)data;
	place_refuses(place, "more", STATUS_USAGE, "too many arguments");
	place_refuses(place, "--chek", STATUS_USAGE, "--chek");
	place_refuses(place, "--check --replace", STATUS_USAGE, "does not go with it");
	place_refuses(place, "--modules --json", STATUS_USAGE, "--modules goes with");
	place_refuses(place, "--directory /nonexistent", STATUS_FILE, "/nonexistent");
}

static void test_json(struct place *place, const void *data)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)data;
	place_entry(place, "a.conf", "storage", "one.psk", "");
	place_file(place, "b.conf", "[bad]\n", 0600);
	place_gives(place, "--json", STATUS_INPUT);
	g_assert_true(json_parser_load_from_data(parser, place->output, -1, NULL));
	JsonObject *root = json_node_get_object(json_parser_get_root(parser));
	g_assert_cmpstr(json_object_get_string_member(root, "directory"), ==, place->folder);
	JsonArray *list = json_object_get_array_member(root, "entries");
	g_assert_cmpuint(json_array_get_length(list), ==, 2);
	JsonObject *entry = json_array_get_object_element(list, 0);
	g_assert_cmpstr(json_object_get_string_member(entry, "name"), ==, "storage");
	g_assert_cmpstr(json_object_get_string_member(entry, "type"), ==, "nvme-psk");
	g_assert_cmpstr(json_object_get_string_member(entry, "state"), ==, "added");
	g_assert_cmpint(json_object_get_int_member(entry, "line"), ==, 1);
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(entry, "messages")), ==, 0);
	JsonObject *key = json_array_get_object_element(json_object_get_array_member(entry, "keys"), 0);
	g_assert_cmpstr(json_object_get_string_member(key, "state"), ==, "added");
	g_assert_cmpint(json_object_get_int_member(key, "serial"), ==, place_find(place, "NVMe1R01 "));
	entry = json_array_get_object_element(list, 1);
	g_assert_cmpstr(json_object_get_string_member(entry, "state"), ==, "failed");
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(entry, "messages")), ==, 1);
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(entry, "keys")), ==, 0);
}

#define TEST(name, function) g_test_add(name, struct place, NULL, place_set_up, function, place_tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_keyring()) {
		g_test_message("this machine lets nobody have keys");
		return 77;
	}
	TEST("/load/load", test_load);
	TEST("/load/different", test_different);
	TEST("/load/revoked", test_revoked);
	TEST("/load/broken-among-good", test_broken_among_good);
	TEST("/load/atomic", test_atomic);
	TEST("/load/atomic-refusal", test_atomic_refusal);
	TEST("/load/same-place", test_same_place);
	TEST("/load/credential", test_credential);
	TEST("/load/modules", test_modules);
	TEST("/load/empty", test_empty);
	TEST("/load/usage", test_usage);
	TEST("/load/json", test_json);
	return g_test_run();
}
