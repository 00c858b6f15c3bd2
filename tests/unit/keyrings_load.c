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
#include "keyrings_loadplace.h"
#include "store.h"

/* Missing, loaded, there, the same after another load, and missing again when it was removed. */
static void test_load(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "identity-version=both");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "storage: missing in "));
	g_assert_true(loadplace_says(place, "0 of 1 entries are in the keyrings"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "storage: added: key "));
	g_assert_true(loadplace_says(place, "NVMe0R01 " LOADPLACE_HOST " " LOADPLACE_TARGET "\n"));
	g_assert_true(loadplace_says(place, "NVMe1R01 " LOADPLACE_HOST " " LOADPLACE_TARGET " "));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	key_serial_t first = loadplace_find(place, "NVMe0R01 "), second = loadplace_find(place, "NVMe1R01 ");
	loadplace_gives(place, "--check", 0);
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "storage: present: key "));
	g_assert_false(loadplace_says(place, "added"));
	g_assert_true(loadplace_says(place, "1 of 1 entries loaded"));
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), ==, first);
	g_assert_cmpint(loadplace_find(place, "NVMe1R01 "), ==, second);
	g_assert_cmpint(keyctl_unlink(first, place->keyring), ==, 0);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "storage: missing in "));
	g_assert_true(loadplace_says(place, "storage: present: key "));
	loadplace_gives(place, "", 0);
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), !=, 0);
	g_assert_cmpint(loadplace_find(place, "NVMe1R01 "), ==, second);
	g_assert_cmpstr(place->complaints, ==, "");
}

static void test_different(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	loadplace_gives(place, "", 0);
	key_serial_t first = loadplace_find(place, "NVMe0R01 ");
	loadplace_entry(place, "a.conf", "storage", "two.psk", "identity-version=0");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "storage: different: key "));
	g_assert_true(loadplace_complains(place, "a.conf:1: [storage]: key "));
	g_assert_true(loadplace_complains(place, "is left as it is: write replace=yes"));
	loadplace_gives(place, "", STATUS_EXISTS);
	g_assert_true(loadplace_complains(place, "is left as it is"));
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), ==, first);
	loadplace_gives(place, "--replace", 0);
	g_assert_true(loadplace_says(place, "storage: replaced: key "));
	key_serial_t second = loadplace_find(place, "NVMe0R01 ");
	g_assert_cmpint(second, !=, first);
	loadplace_gives(place, "--replace", 0);
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), ==, second);
	loadplace_entry(place, "a.conf", "storage", "one.psk", "identity-version=0\nreplace=yes");
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_complains(place, "`tlskey load` will replace it"));
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), ==, second);
	loadplace_gives(place, "", 0);
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), !=, second);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

/* A key that nobody can use any more is no other key: it makes room without being asked. */
static void test_revoked(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	loadplace_gives(place, "", 0);
	key_serial_t first = loadplace_find(place, "NVMe0R01 ");
	g_assert_cmpint(keyctl_revoke(first), ==, 0);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	loadplace_gives(place, "", 0);
	g_assert_cmpint(loadplace_find(place, "NVMe0R01 "), !=, first);
	loadplace_gives(place, "--check", 0);
}

static void test_broken_among_good(struct loadplace *place, const void *data)
{
	g_autofree char *good = loadplace_section(place, "good", "one.psk", ""),
			*wrong = loadplace_section(place, "wrong", "absent.psk", "");
	g_autofree char *open = loadplace_section(place, "open", "open.psk", ""),
			*text = g_strconcat(wrong, open, good, NULL);

	(void)data;
	loadplace_file(place, "a.conf", "[bad]\ntype=nvme-pks\n", 0600);
	loadplace_file(place, "b.conf", text, 0600);
	loadplace_file(place, "c.conf", "rubbish\n", 0600);
	loadplace_file(place, "open.psk", LOADPLACE_KEY, 0644);
	g_autofree char *path = g_build_filename(place->folder, "open.psk", NULL);
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	loadplace_gives(place, "", STATUS_INPUT);
	g_assert_true(loadplace_complains(place, "a.conf:2: type: there is no such type: did you mean nvme-psk?"));
	g_assert_true(loadplace_complains(place, "b.conf:1: [wrong]: cannot open "));
	g_assert_true(loadplace_complains(place, "b.conf:8: [open]: "));
	g_assert_true(loadplace_complains(place, "can be read by others"));
	g_assert_true(loadplace_complains(place, "c.conf:1: neither a comment"));
	g_assert_true(loadplace_says(place, "good: added: key "));
	g_assert_true(loadplace_says(place, "1 of 5 entries loaded"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_true(loadplace_says(place, "good: present: key "));
}

static void test_open_file(struct loadplace *place, const void *data)
{
	g_autofree char *path = g_build_filename(place->folder, "a.conf", NULL);

	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "");
	g_assert_cmpint(chmod(path, 0666), ==, 0);
	loadplace_gives(place, "", STATUS_FILE);
	g_assert_true(loadplace_complains(place, "others can change it (mode 0666)"));
}

/* An entry of two keys, of which the second one fails, leaves none; the next entry is loaded. */
static void test_atomic(struct loadplace *place, const void *data)
{
	g_autofree char *two = loadplace_section(place, "two", "one.psk", "identity-version=both");

	(void)data;
	loadplace_file(place, "a.conf", two, 0600);
	fixture_fail_add(1, EDQUOT);
	loadplace_gives(place, "", STATUS_QUOTA);
	g_assert_true(loadplace_complains(place, "a.conf:1: [two]: "));
	g_assert_true(loadplace_complains(place, "quota"));
	g_assert_false(loadplace_says(place, "added"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, 0);
	loadplace_gives(place, "", 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

/* A different one among two keys: the one that is missing is not added alone. */
static void test_atomic_refusal(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "identity-version=0");
	loadplace_gives(place, "", 0);
	loadplace_entry(place, "a.conf", "storage", "two.psk", "identity-version=both");
	loadplace_gives(place, "", STATUS_EXISTS);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_same_place(struct loadplace *place, const void *data)
{
	g_autofree char *one = loadplace_section(place, "one", "one.psk", "identity-version=0"), *text = NULL;
	g_autofree char *again = loadplace_section(place, "again", "one.psk", "identity-version=0");
	g_autofree char *other = loadplace_section(place, "other", "two.psk", "identity-version=0\nreplace=yes");

	(void)data;
	text = g_strconcat(one, again, other, NULL);
	loadplace_file(place, "a.conf", text, 0600);
	loadplace_gives(place, "", STATUS_INPUT);
	g_assert_true(loadplace_says(place, "one: added"));
	g_assert_true(loadplace_says(place, "again: present"));
	g_assert_true(loadplace_complains(place, "[other]: an entry before it puts another key into the same place"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_credential(struct loadplace *place, const void *data)
{
	g_autofree char *text =
		g_strdup_printf("[a]\ntype=nvme-psk\ncredential=one.psk\nkeyring=%d\nhostnqn=" LOADPLACE_HOST
				"\nsubsysnqn=" LOADPLACE_TARGET "\n",
				place->keyring);

	(void)data;
	loadplace_file(place, "a.conf", text, 0600);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	loadplace_gives(place, "", STATUS_FILE);
	g_assert_true(loadplace_complains(place, "there is no credential one.psk"));
	g_setenv("CREDENTIALS_DIRECTORY", place->folder, TRUE);
	loadplace_gives(place, "", 0);
	g_unsetenv("CREDENTIALS_DIRECTORY");
	g_assert_true(loadplace_says(place, "a: added"));
}

/* A check asks for no module; a load does for those keyrings that are not there. */
static void test_modules(struct loadplace *place, const void *data)
{
	uid_t stranger;
	g_autofree char *own = loadplace_section(place, "own", "one.psk", "");
	g_autofree char *text =
		g_strconcat(own,
			    "[gone]\ntype=nvme-psk\nsource=one.psk\nhostnqn=" LOADPLACE_HOST
			    "\nsubsysnqn=" LOADPLACE_TARGET "\nkeyring=.no-such-keyring\n[bad]\ntype=nvme-psk\n",
			    NULL);

	(void)data;
	if (keyinfo_find_keyring(STORE_NVME, 0, &stranger)) {
		g_test_skip("this machine has the keyring .nvme");
		return;
	}
	loadplace_file(place, "a.conf", text, 0600);
	loadplace_gives(place, "--check", STATUS_INCOMPLETE);
	g_assert_cmpstr(place->modules->str, ==, "");
	g_assert_true(loadplace_complains(place, "[gone]: keyring .no-such-keyring is not there"));
	loadplace_gives(place, "--modules", 0);
	g_assert_cmpstr(place->modules->str, ==, "nvme-keyring nvme-keyring ");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	g_string_truncate(place->modules, 0);
	loadplace_gives(place, "", STATUS_KEYRING);
	/* The type of the key comes with the module, wherever the key goes. */
	g_assert_cmpstr(place->modules->str, ==, "nvme-keyring nvme-keyring ");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
}

static void test_empty(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_gives(place, "", 0);
	g_assert_true(loadplace_says(place, "0 of 0 entries loaded"));
	loadplace_gives(place, "--check", 0);
}

static void test_usage(struct loadplace *place, const void *data)
{
	(void)data;
	loadplace_refuses(place, "more", STATUS_USAGE, "too many arguments");
	loadplace_refuses(place, "--chek", STATUS_USAGE, "--chek");
	loadplace_refuses(place, "--check --replace", STATUS_USAGE, "does not go with it");
	loadplace_refuses(place, "--modules --json", STATUS_USAGE, "--modules goes with");
	loadplace_refuses(place, "--directory /nonexistent", STATUS_FILE, "/nonexistent");
}

static void test_json(struct loadplace *place, const void *data)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)data;
	loadplace_entry(place, "a.conf", "storage", "one.psk", "");
	loadplace_file(place, "b.conf", "[bad]\n", 0600);
	loadplace_gives(place, "--json", STATUS_INPUT);
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
	g_assert_cmpint(json_object_get_int_member(key, "serial"), ==, loadplace_find(place, "NVMe1R01 "));
	entry = json_array_get_object_element(list, 1);
	g_assert_cmpstr(json_object_get_string_member(entry, "state"), ==, "failed");
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(entry, "messages")), ==, 1);
	g_assert_cmpuint(json_array_get_length(json_object_get_array_member(entry, "keys")), ==, 0);
}

#define TEST(name, function) g_test_add(name, struct loadplace, NULL, loadplace_set_up, function, loadplace_tear_down)

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
	TEST("/load/open-file", test_open_file);
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
