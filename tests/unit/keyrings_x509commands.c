// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The commands for certificates as people call them, in a keyring of their own.
 */
#include <config.h>

#include <fcntl.h>
#include <keyutils.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-glib/json-glib.h>

#include "status.h"
#include "load/mountoptions.h"
#include "tests/unit/x509_fixture.h"
#include "x509/x509.h"

#define DAY (24 * 60 * 60)

struct site {
	struct folder *folder;
	key_serial_t keyring;
	char *text;    /* what the last command printed */
	char *options; /* what it printed to mount with */
};

static key_serial_t new_keyring(void)
{
	static unsigned int count;
	g_autofree char *name = g_strdup_printf("tlskey-commands-%u", count++);

	if (count == 1 && keyctl_join_session_keyring(NULL) < 0)
		return 0;
	key_serial_t keyring = add_key("keyring", name, NULL, 0, KEY_SPEC_SESSION_KEYRING);
	return keyring < 0 ? 0 : keyring;
}

static guint count_of(const struct site *site)
{
	return keyctl_read(site->keyring, NULL, 0) / sizeof(key_serial_t);
}

static const struct command *find_command(const char *name)
{
	static const struct command mount_options = { NULL, "mount-options", "NAME", "", mountoptions_run };
	const struct command *command = x509_commands;

	if (strcmp(name, mount_options.name) == 0)
		return &mount_options;
	while (command->name && strcmp(command->name, name) != 0)
		command++;
	g_assert_nonnull(command->name);
	return command;
}

static void learn_options(struct site *site)
{
	const char *at = strstr(site->text, "cert_serial=");

	g_free(site->options);
	site->options =
		at ? g_strndup(at, strspn(at, "abcdefghijklmnopqrstuvwxyz_=,0123456789")) : NULL;
}

/* Words with blanks in between; "@" before the name of a file stands for the folder. Returns the
 * status. */
static int run(struct site *site, const char *line, GError **error)
{
	g_autofree char *keyring = g_strdup_printf("%s --keyring=%d", line, site->keyring);
	g_autofree char *captured = g_build_filename(site->folder->path, "stdout", NULL);
	g_autofree char *path = g_strconcat(site->folder->path, "/", NULL);
	g_auto(GStrv) pieces = g_strsplit(keyring, "@", -1);
	g_autofree char *text = g_strjoinv(path, pieces);
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
	g_free(site->text);
	g_assert_true(g_file_get_contents(captured, &site->text, NULL, NULL));
	learn_options(site);
	return status;
}

static void succeeds(struct site *site, const char *line)
{
	g_autoptr(GError) error = NULL;
	int status = run(site, line, &error);

	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

/* And changes nothing. */
static void fails(struct site *site, const char *line, int status, const char *says)
{
	g_autoptr(GError) error = NULL;
	guint before = count_of(site);

	g_assert_cmpint(run(site, line, &error), ==, status);
	g_assert_error(error, STATUS_ERROR, status);
	if (!strstr(error->message, says))
		g_error("\"%s\" does not say \"%s\"", error->message, says);
	g_assert_cmpuint(count_of(site), ==, before);
	g_assert_cmpstr(site->text, ==, "");
}

static void prints(const struct site *site, const char *text)
{
	if (!strstr(site->text, text))
		g_error("\"%s\" does not say \"%s\"", site->text, text);
}

static void write_pair(struct site *site, const char *name, const struct wish *wish)
{
	struct made *made = made_new(wish);
	g_autofree char *certificate = made_certificate_pem(made), *key = made_key_pem(made);
	g_autofree char *certificate_name = g_strconcat(name, ".crt", NULL),
			*key_name = g_strconcat(name, ".key", NULL);

	folder_write(site->folder, certificate_name, certificate, NULL);
	chmod(folder_write(site->folder, key_name, key, NULL), 0600);
	g_autofree char *both = g_strconcat(certificate, key, NULL);
	chmod(folder_write(site->folder, "both.pem", both, NULL), 0644);
	made_free(made);
}

static void set_up(struct site *site, const void *data)
{
	(void)data;
	site->keyring = new_keyring();
	site->folder = folder_new();
	write_pair(site, "a", &(struct wish){ .subject = "CN=first", .name = "a.example" });
	write_pair(site, "b", &(struct wish){ .subject = "CN=second", .name = "b.example" });
	write_pair(site, "old",
		   &(struct wish){ .subject = "CN=old", .from = -9 * DAY, .until = -DAY });
	write_pair(site, "early", &(struct wish){ .subject = "CN=early", .from = DAY, .until = 9 * DAY });
	write_pair(site, "bare", &(struct wish){ .subject = "CN=bare.example", .nameless = true });
	write_pair(site, "blank",
		   &(struct wish){ .subject = "CN=a name with blanks", .nameless = true });
}

static void tear_down(struct site *site, const void *data)
{
	(void)data;
	folder_free(site->folder);
	g_free(site->text);
	g_free(site->options);
}

static void test_import(struct site *site, const void *data)
{
	g_autofree char *first = NULL, *line = NULL;

	(void)data;
	succeeds(site, "import --cert @a.crt --key @a.key");
	prints(site, "a.example in ");
	prints(site, "\nmount -o xprtsec=mtls,cert_serial=");
	line = g_strdup_printf("%s\n", site->options);
	succeeds(site, "import --cert @a.crt --key @a.key --mount-options");
	g_assert_cmpstr(site->text, ==, line);
	succeeds(site, "import --cert @bare.crt --key @bare.key");
	prints(site, "bare.example in ");
	fails(site, "import --cert @blank.crt --key @blank.key", STATUS_USAGE, "--name");
	fails(site, "import --cert @a.crt --key @a.key --name 12", STATUS_USAGE,
	      "looks like a serial number");
	fails(site, "import --cert @a.crt --key @b.key", STATUS_INPUT, "do not belong together");
	/* A certificate is for everybody to read; a key that lies beside it is not. */
	fails(site, "import --cert @a.crt", STATUS_INPUT, "a.crt holds no private key: name it with --key");
	fails(site, "import --cert @a.crt --key @b.crt", STATUS_INPUT, "b.crt holds no private key");
	fails(site, "import --cert @both.pem", STATUS_FILE, "both.pem can be read by others");
	fails(site, "import --cert @b.crt --key @b.key --name a.example", STATUS_EXISTS,
	      "--replace");
	fails(site, "import --cert @a.crt --key @a.key --json --mount-options", STATUS_USAGE,
	      "exclude");
	fails(site, "import --cert @old.crt --key @old.key --name x", STATUS_EXPIRED, "--force");
	succeeds(site, "import --cert @old.crt --key @old.key --name x --force");
	g_assert_cmpuint(count_of(site), ==, 6);
}

static void test_rotate(struct site *site, const void *data)
{
	g_autofree char *old = NULL, *new = NULL;

	(void)data;
	fails(site, "rotate a.example --cert @b.crt --key @b.key", STATUS_NOT_FOUND,
	      "tlskey x509 list");
	fails(site, "rotate a.example --retire", STATUS_NOT_FOUND, "tlskey x509 list");
	succeeds(site, "import --cert @a.crt --key @a.key");
	old = g_strdup(site->options);
	succeeds(site, "rotate a.example --cert @b.crt --key @b.key");
	new = g_strdup(site->options);
	g_assert_cmpstr(old, !=, new);
	g_assert_cmpuint(count_of(site), ==, 4);
	succeeds(site, "show a.example");
	prints(site, old);
	prints(site, "generation 2: valid");
	fails(site, "rotate a.example --retire --cert @b.crt", STATUS_USAGE, "--retire");
	succeeds(site, "rotate a.example --retire");
	prints(site, "1 older pair removed");
	succeeds(site, "show a.example");
	g_assert_null(strstr(site->text, old));
	g_assert_cmpstr(site->options, ==, new);
	succeeds(site, "rotate a.example --retire");
	prints(site, "0 older pairs removed");
	succeeds(site, "rotate a.example --in-place --cert @a.crt --key @a.key");
	g_assert_cmpstr(site->options, ==, new);
	succeeds(site, "show a.example");
	prints(site, "CN=first");
	g_assert_cmpuint(count_of(site), ==, 2);
}

/* What is new cannot be used: the old one has to stay. */
static void test_no_retirement(struct site *site, const void *data)
{
	(void)data;
	succeeds(site, "import --cert @a.crt --key @a.key");
	add_key("user", "a.example.2.crt", "x", 1, site->keyring);
	fails(site, "rotate a.example --retire", STATUS_NOT_FOUND, "the older ones stay");
}

static void test_list(struct site *site, const void *data)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)data;
	succeeds(site, "list --json");
	g_assert_cmpstr(site->text, ==, "[]\n");
	succeeds(site, "import --cert @a.crt --key @a.key");
	g_autofree char *options = g_strdup(site->options);
	succeeds(site, "rotate a.example --cert @b.crt --key @b.key");
	succeeds(site, "list");
	prints(site, "a.example (2)");
	prints(site, "names DNS:b.example");
	/* This program's count of keyrings is no part of it. */
	prints(site, ", in tlskey-commands-");
	succeeds(site, "list --json");
	g_assert_true(json_parser_load_from_data(parser, site->text, -1, NULL));
	JsonArray *array = json_node_get_array(json_parser_get_root(parser));
	g_assert_cmpuint(json_array_get_length(array), ==, 2);
	JsonObject *object = json_array_get_object_element(array, 1);
	g_assert_cmpstr(json_object_get_string_member(object, "name"), ==, "a.example");
	g_assert_cmpint(json_object_get_int_member(object, "generation"), ==, 1);
	g_assert_cmpstr(json_object_get_string_member(object, "state"), ==, "valid");
	g_assert_cmpstr(json_object_get_string_member(object, "subject"), ==, "CN=first");
	g_assert_cmpstr(json_object_get_string_member(object, "mount_options"), ==, options);
	JsonObject *certificate = json_object_get_object_member(object, "certificate");
	g_assert_cmpstr(json_object_get_string_member(certificate, "permissions"), ==, "3f0b0000");
	g_assert_cmpstr(json_object_get_string_member(certificate, "expires"), ==, "never");
	JsonArray *links = json_object_get_array_member(certificate, "links");
	g_assert_cmpuint(json_array_get_length(links), ==, 1);
	g_assert_true(
		g_str_has_prefix(json_array_get_string_element(links, 0), "tlskey-commands-"));
}

static void member_is(struct site *site, const char *name, const char *value)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	g_assert_true(json_parser_load_from_data(parser, site->text, -1, NULL));
	JsonArray *array = json_node_get_array(json_parser_get_root(parser));
	g_assert_cmpuint(json_array_get_length(array), ==, 1);
	JsonObject *object = json_array_get_object_element(array, 0);
	g_assert_cmpstr(json_object_get_string_member(object, name), ==, value);
}

/* The keys are as they have to be, and what they hold is of no use today. */
static void test_dates(struct site *site, const void *data)
{
	static const struct {
		const char *name, *validity, *warning;
	} cases[] = {
		{ "a", "valid", NULL },
		{ "old", "outdated", "it expired at" },
		{ "early", "not yet valid", "it is not valid before" },
	};

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const char *name = cases[i].name, *validity = cases[i].validity;
		g_autofree char *import = g_strdup_printf("import --cert @%s.crt --key @%s.key --name %s --force", name, name, name);
		g_autofree char *show = g_strdup_printf("show %s", name), *json = g_strdup_printf("show %s --json", name);
		g_autofree char *options = g_strdup_printf("mount-options %s", name);
		g_autofree char *row = g_strdup_printf("\n%-20s %-13s ", name, validity);
		g_autofree char *title = g_strdup_printf("generation 1: %s\n", validity);
		succeeds(site, import);
		/* Others are of the keyring. */
		expect_warning(cases[i].warning ? cases[i].warning : "");
		succeeds(site, "list");
		prints(site, row);
		succeeds(site, show);
		prints(site, title);
		succeeds(site, json);
		member_is(site, "state", "valid");
		member_is(site, "validity", validity);
		expect_warning(NULL);
		succeeds(site, options);
		prints(site, "cert_serial=");
		expect_warning(cases[i].warning);
	}
}

static void test_remove(struct site *site, const void *data)
{
	g_autofree char *line = NULL;
	int serial = 0;

	(void)data;
	succeeds(site, "import --cert @a.crt --key @a.key");
	g_assert_cmpint(sscanf(site->options, "cert_serial=%d", &serial), ==, 1);
	succeeds(site, "rotate a.example --cert @b.crt --key @b.key");
	line = g_strdup_printf("remove %d", serial);
	succeeds(site, line);
	g_assert_cmpuint(count_of(site), ==, 2);
	fails(site, line, STATUS_NOT_FOUND, "tlskey x509 list");
	fails(site, "remove b.example", STATUS_NOT_FOUND, "tlskey x509 list");
	succeeds(site, "rotate a.example --cert @a.crt --key @a.key");
	succeeds(site, "remove a.example");
	g_assert_cmpuint(count_of(site), ==, 0);
}

static void test_expire(struct site *site, const void *data)
{
	(void)data;
	succeeds(site, "import --cert @a.crt --key @a.key");
	succeeds(site, "expire a.example --in 150m");
	succeeds(site, "show a.example");
	prints(site, "expires: 2h");
	succeeds(site, "expire a.example --never");
	succeeds(site, "show a.example");
	prints(site, "expires: never");
	/* The certificate has a year. */
	succeeds(site, "expire a.example --with-certificate");
	succeeds(site, "show a.example");
	prints(site, "expires: 52w");
	succeeds(site, "expire a.example --at 2070-01-01T00:00:00Z");
	succeeds(site, "expire a.example --at 2070-01-01");
	fails(site, "expire a.example --at 2020-01-01", STATUS_USAGE, "past");
	fails(site, "expire a.example --at tomorrow", STATUS_USAGE, "2027-03-31");
	fails(site, "expire a.example --in 0", STATUS_USAGE, "--in takes");
	fails(site, "expire a.example --in 5x", STATUS_USAGE, "--in takes");
	fails(site, "expire a.example --in 999999d", STATUS_USAGE, "--in takes");
	fails(site, "expire a.example --in 5 --never", STATUS_USAGE, "exclude");
	fails(site, "expire b.example", STATUS_NOT_FOUND, "tlskey x509 list");
	succeeds(site, "show a.example");
	g_assert_null(strstr(site->text, "expires: never"));
}

/* The kernel does not let the time-out of the certificate be set: that of the private key is, and that is said. */
static void test_expire_half(struct site *site, const void *data)
{
	int certificate = 0;

	(void)data;
	succeeds(site, "import --cert @a.crt --key @a.key");
	g_assert_cmpint(sscanf(site->options, "cert_serial=%d", &certificate), ==, 1);
	g_assert_cmpint(keyctl_setperm(certificate, KEY_POS_ALL & ~KEY_POS_SETATTR), ==, 0);
	fails(site, "expire a.example --in 1h", STATUS_PERMISSION, "cannot set the time-out of key");
	expect_warning("its private key, is set already");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct site *site, const void *data);
	} tests[] = {
		{ "/x509commands/import", test_import },
		{ "/x509commands/rotate", test_rotate },
		{ "/x509commands/no-retirement", test_no_retirement },
		{ "/x509commands/list", test_list },
		{ "/x509commands/dates", test_dates },
		{ "/x509commands/remove", test_remove },
		{ "/x509commands/expire", test_expire },
		{ "/x509commands/expire-half", test_expire_half },
	};

	g_test_init(&argc, &argv, NULL);
	if (!new_keyring()) {
		puts("1..0 # SKIP this machine does not let us have keys");
		return 77;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].name, struct site, NULL, set_up, tests[i].run, tear_down);
	return g_test_run();
}
