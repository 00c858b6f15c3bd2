// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands for NVMe as people call them, in a keyring of their own.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "keyrings_place.h"
#include "status.h"

#define DIGITS "0123456789abcdefABCDEF01234567890123456789abcdefABCDEF0123456789"

static void test_generate(struct place *place, const void *data)
{
	struct stat st;
	g_autofree char *text = NULL;

	(void)data;
	place_fails(place, "generate", STATUS_USAGE, "--output");
	place_fails(place, "generate -o - --json", STATUS_USAGE, "prints no keys");
	place_fails(place, "generate -o %F --json", STATUS_USAGE, "--json is about the keyring");
	place_fails(place, "generate -o %F -c nqn.s", STATUS_USAGE, "--subsysnqn is about");
	place_fails(place, "generate -o %F -n nqn.h", STATUS_USAGE, "--hostnqn is about");
	place_fails(place, "generate -o %F %K", STATUS_USAGE, "--keyring is about");
	place_fails(place, "generate -o %F -I 0", STATUS_USAGE, "--identity is about");
	place_fails(place, "generate -o %F --compat", STATUS_USAGE, "--compat is about");
	place_fails(place, "generate -o %F --replace", STATUS_USAGE, "--replace is about");
	place_fails(place, "generate -o %F --keyring=", STATUS_USAGE, "--keyring is empty");
	place_fails(place, "generate --output=", STATUS_USAGE, "--output is empty");
	place_fails(place, "generate -o %F --hash 3", STATUS_USAGE, "--hash is");
	place_fails(place, "generate -o %F --hash 2 --length 32", STATUS_USAGE, "does not go with");
	place_fails(place, "generate -o %F --insert", STATUS_USAGE, "--subsysnqn");
	place_fails(place, "generate -o %F --secret %O", STATUS_INPUT,
		    "32 bytes, or 64 hexadecimal digits");
	g_assert_false(g_file_test(place->output, G_FILE_TEST_EXISTS));
	place_succeeds(place, "generate -o %F --hash sha384");
	g_assert_true(g_file_get_contents(place->output, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "NVMeTLSkey-1:02:"));
	g_assert_cmpuint(strlen(text), ==, 90);
	g_assert_cmpint(stat(place->output, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	place_fails(place, "generate -o %F", STATUS_EXISTS, "is there already");
	place_succeeds(place, "generate -o - --hmac 0 --length 48");
	g_assert_true(g_str_has_prefix(place->text, "NVMeTLSkey-1:00:"));
	g_assert_cmpuint(strlen(place->text), ==, 90);
}

static void test_secret(struct place *place, const void *data)
{
	static const char digits[] =
		"000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

	(void)data;
	g_assert_true(g_file_set_contents_full(place->output, digits, -1,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	place_succeeds(place, "generate -o - -s %F");
	g_assert_cmpstr(place->text, ==, OLD);
	g_assert_true(g_file_set_contents_full(place->output, digits, 32,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	place_succeeds(place, "generate -o - -s %F");
	g_assert_cmpstr(place->text, !=, OLD);
	g_assert_true(g_file_set_contents_full(place->output, digits, 63,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	place_fails(place, "generate -o - -s %F", STATUS_INPUT, "hexadecimal digits");
}

/* In the keyring and in the file, or in neither. */
static void test_generate_insert(struct place *place, const void *data)
{
	(void)data;
	place_fails(place, "generate -o %N --insert " NAMES " %K", STATUS_EXISTS,
		    "is there already");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, EDQUOT);
	place_fails(place, "generate -o %F --insert " NAMES " %K", STATUS_QUOTA, "quota");
	fixture_fail_add(0, 0);
	g_assert_false(g_file_test(place->output, G_FILE_TEST_EXISTS));
	place_succeeds(place, "generate -o %F --insert " NAMES " %K");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	place_succeeds(place, "doctor %F " NAMES " %K");
}

static void test_import(struct place *place, const void *data)
{
	(void)data;
	place_fails(place, "import %O -n " HOST " %K", STATUS_USAGE, "--subsysnqn");
	place_fails(place, "import " NAMES " %K", STATUS_USAGE, "an argument is missing");
	place_fails(place, "import %O %N " NAMES " %K", STATUS_USAGE, "too many arguments");
	place_fails(place, "import %O " NAMES " %K -I 2", STATUS_USAGE, "0, 1 or both");
	place_fails(place, "import %O " NAMES " -k .no-such-keyring", STATUS_KEYRING, "not there");
	place_fails(place, "import %O " NAMES " -k 2147483647", STATUS_KEYRING, "not there");
	place_succeeds(place, "import %O " NAMES " %K -I 0");
	g_assert_true(place_says(place, "added to"));
	g_assert_true(place_says(place, ": NVMe0R01 " HOST " " SUBSYSTEM "\n"));
	place_succeeds(place, "import %O " NAMES " %K -I 0");
	g_assert_true(place_says(place, "is there already"));
	place_fails(place, "import %N " NAMES " %K -I 0", STATUS_EXISTS,
		    "cannot stand side by side");
	place_fails(place, "import %O " NAMES " %K -I 0 --compat", STATUS_EXISTS,
		    "another content");
	place_succeeds(place, "import %N " NAMES " %K -I 0 --replace");
	g_assert_true(place_says(place, "took the place"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	place_succeeds(place, "import %N " NAMES " %K --json");
	g_assert_true(place_says(place, "\"result\" : \"added\""));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

static void test_nothing_half_done(struct place *place, const void *data)
{
	(void)data;
	fixture_fail_add(1, ENOMEM);
	place_fails(place, "import %O " NAMES " %K -I both", STATUS_QUOTA, "memory");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, 0);
	place_succeeds(place, "import %O " NAMES " %K -I both");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	/* The first one would replace a key, and the second one fails: the key is back. */
	fixture_fail_add(1, ENOMEM);
	place_fails(place, "import %N " NAMES " %K -I both --replace", STATUS_QUOTA, "memory");
	fixture_fail_add(0, 0);
	place_succeeds(place, "import %O " NAMES " %K -I both");
	g_assert_false(place_says(place, "added"));
}

static void test_key_files(struct place *place, const void *data)
{
	(void)data;
	g_chmod(place->old, 0604);
	place_fails(place, "import %O " NAMES " %K", STATUS_FILE, "is no secret");
	g_chmod(place->old, 0660);
	place_fails(place, "import %O " NAMES " %K", STATUS_FILE, "is no secret");
	place_fails(place, "import /nonexistent " NAMES " %K", STATUS_FILE, "No such file");
	place_fails(place, "import credential:key " NAMES " %K", STATUS_FILE,
		    "start that");
	g_setenv("CREDENTIALS_DIRECTORY", place->folder, TRUE);
	place_fails(place, "import credential:../x " NAMES " %K", STATUS_USAGE,
		    "not the name of a credential");
	place_succeeds(place, "import credential:old " NAMES " %K");
	g_unsetenv("CREDENTIALS_DIRECTORY");
	g_assert_true(g_file_set_contents_full(place->output, "NVMeTLSkey-1:01:", -1,
					       G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	place_fails(place, "import %F " NAMES " %K", STATUS_INPUT, "output: wrong end");
	g_assert_true(g_file_set_contents_full(place->output, "", 0, G_FILE_SET_CONTENTS_CONSISTENT,
					       0600, NULL));
	place_fails(place, "import %F " NAMES " %K", STATUS_INPUT, "is empty");
}

/* What somebody typed where the name of a file belongs is in no message. */
static void test_typed_key(struct place *place, const void *data)
{
	static const char *const lines[] = {
		"import NVMeTLSkey-1:01:SECRET: " NAMES " %K",
		"import DHHC-1:00:SECRET: " NAMES " %K",
		"import credential:NVMeTLSkey-1:01:SECRET: " NAMES " %K",
		"import SECRET\nSECRET " NAMES " %K",
		"import -----BEGIN=SECRET " NAMES " %K",
		"import --psk=NVMeTLSkey-1:01:SECRET: " NAMES " %K",
		"generate -o - --secret=-----BEGIN-SECRET",
		"generate -o - -s NVMeTLSkey-1:01:SECRET:",
		"generate -o - -s " DIGITS,
		"generate -o - -s " DIGITS "0123456789abcdefABCDEF0123456789",
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(place_run(place, lines[i], &error), ==, STATUS_USAGE);
		g_test_message("%s: %s", lines[i], error->message);
		g_assert_nonnull(strstr(error->message, "this is a key itself"));
		g_assert_null(strstr(error->message, "SECRET"));
		g_assert_null(strstr(error->message, "0123"));
	}
	/* One digit less is a name, and so is anything with a slash. */
	place_fails(place, "generate -o - -s ./" DIGITS, STATUS_FILE, "No such file");
	place_fails(place, "generate -o - -s 0" DIGITS, STATUS_FILE, "No such file");
}

static void test_derive(struct place *place, const void *data)
{
	(void)data;
	place_succeeds(place, "derive %O " NAMES " -I 0");
	g_assert_true(place_says(place, "NVMe0R01 " HOST " " SUBSYSTEM));
	g_assert_false(place_says(place, TLS_PSK0));
	place_succeeds(place, "derive %O " NAMES " -I 0 --json");
	g_assert_false(place_says(place, TLS_PSK0));
	place_fails(place, "derive %O " NAMES " --json --reveal", STATUS_USAGE, "prints no keys");
	place_succeeds(place, "derive %O " NAMES " -I 0 --reveal");
	g_assert_true(place_says(place, TLS_PSK0));
	place_succeeds(place, "derive %O " NAMES " --generated -I both");
	g_assert_true(place_says(place, "NVMe0G01 "));
	g_assert_true(place_says(place, "NVMe1G01 "));
	place_fails(place, "derive %O -n " HOST " -c", STATUS_USAGE, "-c");
}

static void test_list(struct place *place, const void *data)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)data;
	place_succeeds(place, "import %O " NAMES " %K -I both");
	place_succeeds(place, "list %K");
	g_assert_true(place_says(place, "NVMe0R01 " HOST));
	g_assert_true(place_says(place, "valid"));
	place_succeeds(place, "list %K --json");
	g_assert_true(json_parser_load_from_data(parser, place->text, -1, NULL));
	JsonArray *list = json_node_get_array(json_parser_get_root(parser));
	g_assert_cmpuint(json_array_get_length(list), ==, 2);
	JsonObject *key = json_array_get_object_element(list, 0);
	g_assert_cmpstr(json_object_get_string_member(key, "hostnqn"), ==, HOST);
	g_assert_cmpstr(json_object_get_string_member(key, "subsysnqn"), ==, SUBSYSTEM);
	g_assert_cmpint(json_object_get_int_member(key, "version"), ==, 0);
	g_assert_true(json_object_get_null_member(key, "digest"));
}

/* An identity has blanks, which words do not. */
static int remove_identity(struct place *place, const char *identity)
{
	g_autofree char *option = g_strdup_printf("--keyring=%d", place->keyring);
	char *argv[] = { (char *)"remove", option, (char *)identity, NULL };

	return place_command("remove")->run(place_command("remove"), 3, argv, NULL);
}

static void test_remove(struct place *place, const void *data)
{
	(void)data;
	place_succeeds(place, "import %O -n " HOST " -c nqn.sub10 %K -I 0");
	g_assert_cmpint(remove_identity(place, "NVMe0R01 " HOST " nqn.sub1"), ==, STATUS_NOT_FOUND);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	g_assert_cmpint(remove_identity(place, "NVMe0R01 " HOST " nqn.sub10"), ==, 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	place_fails(place, "remove 2147483647 %K", STATUS_NOT_FOUND, "with the number 2147483647");
}

static void test_rotate(struct place *place, const void *data)
{
	(void)data;
	place_succeeds(place, "import %O " NAMES " %K");
	place_succeeds(place, "import %O -n " HOST " -c " SUBSYSTEM "2 %K");
	place_fails(place, "rotate %N " NAMES " %K --retire", STATUS_NOT_FOUND,
		    "the old one stays");
	place_fails(place, "rotate %N " NAMES " %K --retire --replace", STATUS_USAGE,
		    "do not go with it");
	place_succeeds(place, "rotate %N " NAMES " %K");
	g_assert_true(place_says(place, "1 older key for"));
	g_assert_true(place_says(place, "--tls_key="));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 3);
	place_succeeds(place, "rotate %N " NAMES " %K --retire");
	g_assert_true(place_says(place, "removed from"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	place_succeeds(place, "doctor %N " NAMES " %K");
	place_succeeds(place, "doctor %O -n " HOST " -c " SUBSYSTEM "2 %K");
	place_succeeds(place, "rotate %N " NAMES " %K --retire");
	g_assert_true(place_says(place, "no older key"));
}

static void test_rotate_version0(struct place *place, const void *data)
{
	(void)data;
	place_succeeds(place, "import %O " NAMES " %K -I 0");
	place_fails(place, "rotate %N " NAMES " %K -I 0", STATUS_EXISTS, "--replace");
	place_succeeds(place, "doctor %O " NAMES " %K");
	place_succeeds(place, "rotate %N " NAMES " %K -I 0 --replace");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	place_succeeds(place, "doctor %N " NAMES " %K");
}

static void test_doctor(struct place *place, const void *data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(place_run(place, "doctor %O " NAMES " %K", &error), ==, STATUS_INCOMPLETE);
	g_assert_no_error(error);
	g_assert_true(place_says(place, "This key is not in the keyring"));
	g_assert_false(place_says(place, TLS_PSK0));
	place_succeeds(place, "import %O " NAMES " %K -I 0 --compat");
	place_succeeds(place, "import %N -n " HOST " -c " SUBSYSTEM "-and-more %K");
	place_succeeds(place, "doctor %O " NAMES " %K");
	g_assert_true(place_says(place, "as nvme-cli before 2.16 derives it"));
	g_assert_true(place_says(place, "only begins like this one"));
	g_assert_cmpint(place_run(place, "doctor %N " NAMES " %K", &error), ==, STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "has one of these identities, but another content"));
	g_assert_cmpint(place_run(place, "doctor %N " NAMES " %K --json", &error), ==,
			STATUS_INCOMPLETE);
	g_assert_true(place_says(place, "\"present\" : false"));
	g_assert_true(place_says(place, "\"keyring_error\" : null"));
	place_fails(place, "doctor %O " NAMES " -k .no-such-keyring", STATUS_KEYRING, "not there");
	g_assert_true(place_says(place, "fingerprint"));
	place_fails(place, "doctor %O " NAMES " -k .no-such-keyring --json", STATUS_KEYRING,
		    "not there");
	g_assert_true(place_says(place, "\"present\" : null"));
	g_assert_false(place_says(place, "\"present\" : false"));
	g_assert_true(place_says(place, "\"keyring_error\" : \"keyring .no-such-keyring is not"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_keyring()) {
		puts("1..0 # SKIP this machine does not let us have keys");
		return 77;
	}
	PLACE_TEST("/nvme/generate", test_generate);
	PLACE_TEST("/nvme/secret", test_secret);
	PLACE_TEST("/nvme/generate-insert", test_generate_insert);
	PLACE_TEST("/nvme/import", test_import);
	PLACE_TEST("/nvme/nothing-half-done", test_nothing_half_done);
	PLACE_TEST("/nvme/key-files", test_key_files);
	PLACE_TEST("/nvme/typed-key", test_typed_key);
	PLACE_TEST("/nvme/derive", test_derive);
	PLACE_TEST("/nvme/list", test_list);
	PLACE_TEST("/nvme/remove", test_remove);
	PLACE_TEST("/nvme/rotate", test_rotate);
	PLACE_TEST("/nvme/rotate-version0", test_rotate_version0);
	PLACE_TEST("/nvme/doctor", test_doctor);
	return g_test_run();
}
