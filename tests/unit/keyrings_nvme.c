// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands for NVMe as people call them, in a keyring of their own.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "keyrings_fixture.h"
#include "nvme.h"
#include "status.h"

#define HOST "nqn.2014-08.org.nvmexpress:uuid:2f3bba5c-0000-4000-8000-000000000001"
#define SUBSYSTEM "nqn.2026-01.test:storage"
#define NAMES "-n " HOST " -c " SUBSYSTEM
#define OLD "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:\n"
#define TLS_PSK0 "ad66429a666c7b070792b4d04f1dd150339c28ab43fc4532d1b5ad957fdc6a15"	/* of OLD, version 0 */

struct place {
	char *folder;
	char *old;	/* files with keys */
	char *new;
	char *output;
	char *text;	/* what the last command printed */
	key_serial_t keyring;
};

static const struct command *find_command(const char *name)
{
	const struct command *command = nvme_commands;

	while (command->name && strcmp(command->name, name) != 0)
		command++;
	g_assert_nonnull(command->name);
	return command;
}

static char *put(char *line, const char *mark, const char *word)
{
	g_auto(GStrv) pieces = g_strsplit(line, mark, -1);

	g_free(line);
	return g_strjoinv(word, pieces);
}

/* Words with blanks in between; "%K" is the keyring, "%O", "%N" and "%F" are the files. Returns the status. */
static int run(struct place *place, const char *line, GError **error)
{
	g_autofree char *keyring = g_strdup_printf("--keyring=%d", place->keyring);
	g_autofree char *captured = g_build_filename(place->folder, "stdout", NULL);
	g_autofree char *text = put(put(put(put(g_strdup(line), "%K", keyring), "%O", place->old), "%N", place->new), "%F",
				    place->output);
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	guint count = g_strv_length(words);
	/* The parser moves the words about, and forgets some. */
	g_autofree char **argv = g_new0(char *, count + 1);

	memcpy(argv, words, count * sizeof(*argv));
	const struct command *command = find_command(words[0]);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO), fd = open(captured, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	int status = command->run(command, count, argv, error);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	g_free(place->text);
	g_assert_true(g_file_get_contents(captured, &place->text, NULL, NULL));
	return status;
}

static void succeeds(struct place *place, const char *line)
{
	g_autoptr(GError) error = NULL;
	int status = run(place, line, &error);

	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

static void fails(struct place *place, const char *line, int status, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(run(place, line, &error), ==, status);
	g_assert_nonnull(error);
	g_test_message("%s", error->message);
	g_assert_cmpint(status_of(error), ==, status);
	g_assert_nonnull(strstr(error->message, says));
}

static bool says(const struct place *place, const char *text)
{
	return strstr(place->text, text) != NULL;
}

static void set_up(struct place *place, const void *data)
{
	(void)data;
	place->keyring = fixture_keyring();
	place->folder = g_dir_make_tmp("tlskey-XXXXXX", NULL);
	place->old = g_build_filename(place->folder, "old", NULL);
	place->new = g_build_filename(place->folder, "new", NULL);
	place->output = g_build_filename(place->folder, "output", NULL);
	g_assert_true(g_file_set_contents_full(place->old, OLD, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	g_autofree char *line = g_strdup_printf("generate -o %s", place->new);
	succeeds(place, line);
}

static void tear_down(struct place *place, const void *data)
{
	g_autofree char *captured = g_build_filename(place->folder, "stdout", NULL);

	(void)data;
	g_unlink(place->old);
	g_unlink(place->new);
	g_unlink(place->output);
	g_unlink(captured);
	g_assert_cmpint(g_rmdir(place->folder), ==, 0);	/* nothing else was left there */
	g_free(place->old);
	g_free(place->new);
	g_free(place->output);
	g_free(place->text);
	g_free(place->folder);
}

static void test_generate(struct place *place, const void *data)
{
	struct stat st;
	g_autofree char *text = NULL;

	(void)data;
	fails(place, "generate", STATUS_USAGE, "--output");
	fails(place, "generate -o - --json", STATUS_USAGE, "prints no keys");
	fails(place, "generate -o %F --hash 3", STATUS_USAGE, "--hash is");
	fails(place, "generate -o %F --hash 2 --length 32", STATUS_USAGE, "does not go with");
	fails(place, "generate -o %F --insert", STATUS_USAGE, "--subsysnqn");
	fails(place, "generate -o %F --secret %O", STATUS_INPUT, "32 bytes, or 64 hexadecimal digits");
	g_assert_false(g_file_test(place->output, G_FILE_TEST_EXISTS));
	succeeds(place, "generate -o %F --hash sha384");
	g_assert_true(g_file_get_contents(place->output, &text, NULL, NULL));
	g_assert_true(g_str_has_prefix(text, "NVMeTLSkey-1:02:"));
	g_assert_cmpuint(strlen(text), ==, 90);
	g_assert_cmpint(stat(place->output, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 0600);
	fails(place, "generate -o %F", STATUS_EXISTS, "is there already");
	succeeds(place, "generate -o - --hmac 0 --length 48");
	g_assert_true(g_str_has_prefix(place->text, "NVMeTLSkey-1:00:"));
	g_assert_cmpuint(strlen(place->text), ==, 90);
}

static void test_secret(struct place *place, const void *data)
{
	static const char digits[] = "000102030405060708090A0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";

	(void)data;
	g_assert_true(g_file_set_contents_full(place->output, digits, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	succeeds(place, "generate -o - -s %F");
	g_assert_cmpstr(place->text, ==, OLD);
	g_assert_true(g_file_set_contents_full(place->output, digits, 32, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	succeeds(place, "generate -o - -s %F");
	g_assert_cmpstr(place->text, !=, OLD);
	g_assert_true(g_file_set_contents_full(place->output, digits, 63, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	fails(place, "generate -o - -s %F", STATUS_INPUT, "hexadecimal digits");
}

/* In the keyring and in the file, or in neither. */
static void test_generate_insert(struct place *place, const void *data)
{
	(void)data;
	fails(place, "generate -o %N --insert " NAMES " %K", STATUS_EXISTS, "is there already");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, EDQUOT);
	fails(place, "generate -o %F --insert " NAMES " %K", STATUS_QUOTA, "quota");
	fixture_fail_add(0, 0);
	g_assert_false(g_file_test(place->output, G_FILE_TEST_EXISTS));
	succeeds(place, "generate -o %F --insert " NAMES " %K");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	succeeds(place, "doctor %F " NAMES " %K");
}

static void test_import(struct place *place, const void *data)
{
	(void)data;
	fails(place, "import %O -n " HOST " %K", STATUS_USAGE, "--subsysnqn");
	fails(place, "import " NAMES " %K", STATUS_USAGE, "an argument is missing");
	fails(place, "import %O %N " NAMES " %K", STATUS_USAGE, "too many arguments");
	fails(place, "import %O " NAMES " %K -I 2", STATUS_USAGE, "0, 1 or both");
	fails(place, "import %O " NAMES " -k .no-such-keyring", STATUS_KEYRING, "not there");
	succeeds(place, "import %O " NAMES " %K -I 0");
	g_assert_true(says(place, "added to"));
	g_assert_true(says(place, ": NVMe0R01 " HOST " " SUBSYSTEM "\n"));
	succeeds(place, "import %O " NAMES " %K -I 0");
	g_assert_true(says(place, "is there already"));
	fails(place, "import %N " NAMES " %K -I 0", STATUS_EXISTS, "cannot stand side by side");
	fails(place, "import %O " NAMES " %K -I 0 --compat", STATUS_EXISTS, "another content");
	succeeds(place, "import %N " NAMES " %K -I 0 --replace");
	g_assert_true(says(place, "took the place"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	succeeds(place, "import %N " NAMES " %K --json");
	g_assert_true(says(place, "\"result\" : \"added\""));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
}

static void test_nothing_half_done(struct place *place, const void *data)
{
	(void)data;
	fixture_fail_add(1, ENOMEM);
	fails(place, "import %O " NAMES " %K -I both", STATUS_QUOTA, "memory");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fixture_fail_add(0, 0);
	succeeds(place, "import %O " NAMES " %K -I both");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	/* The first one would replace a key, and the second one fails: the key is back. */
	fixture_fail_add(1, ENOMEM);
	fails(place, "import %N " NAMES " %K -I both --replace", STATUS_QUOTA, "memory");
	fixture_fail_add(0, 0);
	succeeds(place, "import %O " NAMES " %K -I both");
	g_assert_false(says(place, "added"));
}

static void test_key_files(struct place *place, const void *data)
{
	(void)data;
	g_chmod(place->old, 0604);
	fails(place, "import %O " NAMES " %K", STATUS_FILE, "is no secret");
	g_chmod(place->old, 0660);
	fails(place, "import %O " NAMES " %K", STATUS_FILE, "is no secret");
	fails(place, "import /nonexistent " NAMES " %K", STATUS_FILE, "No such file");
	fails(place, "import credential:key " NAMES " %K", STATUS_FILE, "CREDENTIALS_DIRECTORY");
	g_setenv("CREDENTIALS_DIRECTORY", place->folder, TRUE);
	fails(place, "import credential:../x " NAMES " %K", STATUS_USAGE, "not the name of a credential");
	succeeds(place, "import credential:old " NAMES " %K");
	g_unsetenv("CREDENTIALS_DIRECTORY");
	g_assert_true(g_file_set_contents_full(place->output, "NVMeTLSkey-1:01:", -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	fails(place, "import %F " NAMES " %K", STATUS_INPUT, "output: wrong end");
	g_assert_true(g_file_set_contents_full(place->output, "", 0, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	fails(place, "import %F " NAMES " %K", STATUS_INPUT, "is empty");
}

static void test_derive(struct place *place, const void *data)
{
	(void)data;
	succeeds(place, "derive %O " NAMES " -I 0");
	g_assert_true(says(place, "NVMe0R01 " HOST " " SUBSYSTEM));
	g_assert_false(says(place, TLS_PSK0));
	succeeds(place, "derive %O " NAMES " -I 0 --json");
	g_assert_false(says(place, TLS_PSK0));
	fails(place, "derive %O " NAMES " --json --reveal", STATUS_USAGE, "prints no keys");
	succeeds(place, "derive %O " NAMES " -I 0 --reveal");
	g_assert_true(says(place, TLS_PSK0));
	succeeds(place, "derive %O " NAMES " --generated -I both");
	g_assert_true(says(place, "NVMe0G01 "));
	g_assert_true(says(place, "NVMe1G01 "));
	fails(place, "derive %O -n " HOST " -c", STATUS_USAGE, "-c");
}

static void test_list(struct place *place, const void *data)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)data;
	succeeds(place, "import %O " NAMES " %K -I both");
	succeeds(place, "list %K");
	g_assert_true(says(place, "NVMe0R01 " HOST));
	g_assert_true(says(place, "valid"));
	succeeds(place, "list %K --json");
	g_assert_true(json_parser_load_from_data(parser, place->text, -1, NULL));
	JsonArray *list = json_node_get_array(json_parser_get_root(parser));
	g_assert_cmpuint(json_array_get_length(list), ==, 2);
	JsonObject *key = json_array_get_object_element(list, 0);
	g_assert_cmpstr(json_object_get_string_member(key, "hostnqn"), ==, HOST);
	g_assert_cmpstr(json_object_get_string_member(key, "subsysnqn"), ==, SUBSYSTEM);
	g_assert_cmpint(json_object_get_int_member(key, "version"), ==, 0);
	g_assert_true(json_object_get_null_member(key, "digest"));
}

static void test_remove(struct place *place, const void *data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	/* Options have no blanks here; an identity has. */
	char *argv[] = { (char *)"remove", g_strdup_printf("--keyring=%d", place->keyring), (char *)"NVMe0R01 " HOST " nqn.sub1",
			 NULL };
	const struct command *command = find_command("remove");

	succeeds(place, "import %O -n " HOST " -c nqn.sub10 %K -I 0");
	g_assert_cmpint(command->run(command, 3, argv, &error), ==, STATUS_NOT_FOUND);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	argv[0] = (char *)"remove";
	argv[2] = (char *)"NVMe0R01 " HOST " nqn.sub10";
	g_autofree char *option = g_strdup_printf("--keyring=%d", place->keyring);
	argv[1] = option;
	g_assert_cmpint(command->run(command, 3, argv, NULL), ==, 0);
	g_assert_cmpuint(fixture_count(place->keyring), ==, 0);
	fails(place, "remove 2147483647 %K", STATUS_NOT_FOUND, "with the number 2147483647");
}

static void test_rotate(struct place *place, const void *data)
{
	(void)data;
	succeeds(place, "import %O " NAMES " %K");
	succeeds(place, "import %O -n " HOST " -c " SUBSYSTEM "2 %K");
	fails(place, "rotate %N " NAMES " %K --retire", STATUS_NOT_FOUND, "the old one stays");
	fails(place, "rotate %N " NAMES " %K --retire --replace", STATUS_USAGE, "do not go with it");
	succeeds(place, "rotate %N " NAMES " %K");
	g_assert_true(says(place, "1 older key for"));
	g_assert_true(says(place, "--tls_key="));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 3);
	succeeds(place, "rotate %N " NAMES " %K --retire");
	g_assert_true(says(place, "removed from"));
	g_assert_cmpuint(fixture_count(place->keyring), ==, 2);
	succeeds(place, "doctor %N " NAMES " %K");
	succeeds(place, "doctor %O -n " HOST " -c " SUBSYSTEM "2 %K");
	succeeds(place, "rotate %N " NAMES " %K --retire");
	g_assert_true(says(place, "no older key"));
}

static void test_rotate_version0(struct place *place, const void *data)
{
	(void)data;
	succeeds(place, "import %O " NAMES " %K -I 0");
	fails(place, "rotate %N " NAMES " %K -I 0", STATUS_EXISTS, "--replace");
	succeeds(place, "doctor %O " NAMES " %K");
	succeeds(place, "rotate %N " NAMES " %K -I 0 --replace");
	g_assert_cmpuint(fixture_count(place->keyring), ==, 1);
	succeeds(place, "doctor %N " NAMES " %K");
}

static void test_doctor(struct place *place, const void *data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	g_assert_cmpint(run(place, "doctor %O " NAMES " %K", &error), ==, STATUS_INCOMPLETE);
	g_assert_no_error(error);
	g_assert_true(says(place, "This key is not in the keyring"));
	g_assert_false(says(place, TLS_PSK0));
	succeeds(place, "import %O " NAMES " %K -I 0 --compat");
	succeeds(place, "import %N -n " HOST " -c " SUBSYSTEM "-and-more %K");
	succeeds(place, "doctor %O " NAMES " %K");
	g_assert_true(says(place, "as nvme-cli before 2.16 derives it"));
	g_assert_true(says(place, "only begins like this one"));
	g_assert_cmpint(run(place, "doctor %N " NAMES " %K", &error), ==, STATUS_INCOMPLETE);
	g_assert_true(says(place, "has one of these identities, but another content"));
	g_assert_cmpint(run(place, "doctor %N " NAMES " %K --json", &error), ==, STATUS_INCOMPLETE);
	g_assert_true(says(place, "\"present\" : false"));
	fails(place, "doctor %O " NAMES " -k .no-such-keyring", STATUS_KEYRING, "not there");
	g_assert_true(says(place, "fingerprint"));
}

#define TEST(name, function) g_test_add("/nvme/" name, struct place, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (!fixture_keyring()) {
		puts("1..0 # SKIP this machine does not let us have keys");
		return 77;
	}
	TEST("generate", test_generate);
	TEST("secret", test_secret);
	TEST("generate-insert", test_generate_insert);
	TEST("import", test_import);
	TEST("nothing-half-done", test_nothing_half_done);
	TEST("key-files", test_key_files);
	TEST("derive", test_derive);
	TEST("list", test_list);
	TEST("remove", test_remove);
	TEST("rotate", test_rotate);
	TEST("rotate-version0", test_rotate_version0);
	TEST("doctor", test_doctor);
	return g_test_run();
}
