// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki list, revoke and crl, and what keeps an authority's folder whole: damage is named, two programs do not disturb each
 * other, and a command that fails changes nothing.
 */
#include <config.h>

#include <fcntl.h>
#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/keyrings_pki_fixture.h"

#define OK(call) g_assert_cmpint(call, >=, 0)
#define CLIENT GNUTLS_KP_TLS_WWW_CLIENT
#define SERVER GNUTLS_KP_TLS_WWW_SERVER

/* Read the list as JSON; the parser holds what is returned. */
static JsonObject *list_json(struct site *site, JsonParser *parser)
{
	g_autoptr(GError) error = NULL;

	site_must(site, "list", "--json");
	json_parser_load_from_data(parser, site->output, -1, &error);
	g_assert_no_error(error);
	return json_node_get_object(json_parser_get_root(parser));
}

/* The last certificate of a host; its serial number with g_free(). */
static char *serial_of(struct site *site, const char *host)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonArray *all = json_object_get_array_member(list_json(site, parser), "certificates");
	char *serial = NULL;

	for (guint i = 0; i < json_array_get_length(all); i++) {
		JsonObject *one = json_array_get_object_element(all, i);
		if (strcmp(json_object_get_string_member(one, "host"), host) == 0 && !json_object_get_boolean_member(one, "revoked")) {
			g_free(serial);
			serial = g_strdup(json_object_get_string_member(one, "serial"));
		}
	}
	g_assert_nonnull(serial);
	return serial;
}

static void test_list(struct site *site, gconstpointer unused)
{
	g_autoptr(JsonParser) parser = json_parser_new();

	(void)unused;
	site_must(site, "init", "--name", "the site", "--permit", "test", "--permit", "2001:db8::/32");
	site_must(site, "issue", "a.test", "--san", "IP:2001:db8::7", "--client");
	JsonObject *root = list_json(site, parser), *authority = json_object_get_object_member(root, "authority");
	JsonArray *permitted = json_object_get_array_member(authority, "permitted");
	g_assert_cmpstr(json_object_get_string_member(authority, "subject"), ==, "CN=the site");
	g_assert_cmpstr(json_object_get_string_member(authority, "directory"), ==, site->folder);
	g_assert_cmpstr(json_object_get_string_member(authority, "key_type"), ==, "ecdsa");
	g_assert_cmpuint(json_array_get_length(permitted), ==, 2);
	g_assert_cmpstr(json_array_get_string_element(permitted, 0), ==, "test");
	g_assert_cmpstr(json_array_get_string_element(permitted, 1), ==, "2001:db8::/32");
	JsonArray *all = json_object_get_array_member(root, "certificates");
	g_assert_cmpuint(json_array_get_length(all), ==, 1);
	JsonObject *one = json_array_get_object_element(all, 0);
	g_assert_cmpuint(strlen(json_object_get_string_member(one, "serial")), ==, 40);
	g_assert_cmpstr(json_object_get_string_member(one, "subject"), ==, "CN=a.test");
	JsonArray *names = json_object_get_array_member(one, "san");
	g_assert_cmpstr(json_array_get_string_element(names, 0), ==, "DNS:a.test");
	g_assert_cmpstr(json_array_get_string_element(names, 1), ==, "IP:2001:db8::7");
	g_assert_cmpstr(json_array_get_string_element(json_object_get_array_member(one, "purposes"), 0), ==, "client");
	g_assert_cmpstr(json_object_get_string_member(one, "state"), ==, "valid");
	g_assert_true(json_object_get_null_member(one, "revoked_at"));
	site_must(site, "list");
	g_assert_nonnull(strstr(site->output, "a.test                         valid"));
	site_clock = 731 * DAY;
	site_must(site, "list");
	g_assert_nonnull(strstr(site->output, "a.test                         expired"));
}

static guint64 list_number(const struct site *site)
{
	gnutls_x509_crl_t crl = site_list(site);
	unsigned char number[20];
	size_t size = sizeof(number);
	guint64 value = 0;

	OK(gnutls_x509_crl_get_number(crl, number, &size, NULL));
	for (size_t i = 0; i < size; i++)
		value = value << 8 | number[i];
	gnutls_x509_crl_deinit(crl);
	return value;
}

static int list_entries(const struct site *site)
{
	gnutls_x509_crl_t crl = site_list(site);
	int count = gnutls_x509_crl_get_crt_count(crl);

	gnutls_x509_crl_deinit(crl);
	return count;
}

static void test_revoke_host(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	g_assert_cmpint(list_entries(site), ==, 0);
	site_must(site, "issue", "a.test");
	site_must(site, "issue", "b.test");
	g_autofree char *first = site_read(site, "hosts/a.test.crt");
	site_must(site, "renew", "a.test");
	/* All that the host has */
	site_must(site, "revoke", "A.test");
	site_write(site, "first.crt", first);
	g_assert_cmphex(site_verify_file(site, "first.crt", CLIENT, NULL) & GNUTLS_CERT_REVOKED, !=, 0);
	g_assert_cmphex(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL) & GNUTLS_CERT_REVOKED, !=, 0);
	g_assert_cmphex(site_verify_file(site, "hosts/b.test.crt", CLIENT, NULL), ==, 0);
	g_autofree char *before = site_state(site);
	site_must(site, "revoke", "a.test");
	g_autofree char *after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	site_fails(site, STATUS_NOT_FOUND, "nothing for \"c.test\"", "revoke", "c.test");
	/* Revoked is not in the way of a new one. */
	site_must(site, "issue", "a.test", "--force");
	g_assert_cmphex(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL), ==, 0);
	g_assert_cmpint(list_entries(site), ==, 2);
}

static void test_revoke_serial(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	g_autofree char *old = serial_of(site, "a.test");
	site_must(site, "renew", "a.test");
	/* Only that one, however it is written */
	g_autoptr(GString) colons = g_string_new(NULL);
	for (guint i = 0; i < 40; i += 2)
		g_string_append_printf(colons, "%s%.2s", i ? ":" : "", old + i);
	g_autofree char *upper = g_ascii_strup(colons->str, -1), *prefixed = g_strconcat("0x", old, NULL);
	g_autofree char *part = g_strndup(old, 39), *padded = g_strconcat("00", old, NULL);
	site_fails(site, STATUS_NOT_FOUND, "nothing for", "revoke", part);
	site_must(site, "revoke", upper);
	g_assert_cmphex(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL), ==, 0);
	g_assert_cmpint(list_entries(site), ==, 1);
	site_must(site, "revoke", prefixed);
	site_must(site, "revoke", padded);
	site_must(site, "revoke", old);
	g_assert_cmpint(list_entries(site), ==, 1);
}

static void test_crl(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init", "--days", "500");
	site_must(site, "issue", "a.test");
	guint64 number = list_number(site);
	site_must(site, "revoke", "a.test", "--days", "7");
	g_assert_cmpuint(list_number(site), >, number);
	gnutls_x509_crl_t crl = site_list(site);
	time_t next = gnutls_x509_crl_get_next_update(crl);
	g_assert_cmpint(labs((long)(next - time(NULL)) - 7 * DAY), <, DAY);
	g_assert_cmpint(gnutls_x509_crl_get_version(crl), ==, 2);
	gnutls_x509_crl_deinit(crl);
	for (int i = 0; i < 5; i++) {
		number = list_number(site);
		site_must(site, "crl");
		g_assert_cmpuint(list_number(site), >, number);
	}
	/* A clock that went back does not make the number smaller. */
	site_clock = -DAY / 48;
	number = list_number(site);
	site_must(site, "crl", "--days", "1000");
	g_assert_cmpuint(list_number(site), ==, number + 1);
	crl = site_list(site);
	gnutls_x509_crt_t anchor = site_certificate(site, "ca.crt");
	g_assert_cmpint(gnutls_x509_crl_get_next_update(crl), ==, gnutls_x509_crt_get_expiration_time(anchor));
	gnutls_x509_crt_deinit(anchor);
	gnutls_x509_crl_deinit(crl);
	site_clock = 0;
	g_assert_cmpint(list_entries(site), ==, 1);
	g_assert_cmphex(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL) & GNUTLS_CERT_REVOKED, !=, 0);
}

static void test_lost_list(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	site_must(site, "revoke", "a.test");
	guint64 number = list_number(site);
	site_fails(site, STATUS_EXISTS, "would let in who was revoked", "crl", "--empty");
	g_assert_cmpint(unlink(site_path(site, "ca.crl")), ==, 0);
	site_fails(site, STATUS_FILE, "what was revoked", "crl");
	site_fails(site, STATUS_FILE, "what was revoked", "revoke", "a.test");
	site_fails(site, STATUS_FILE, "what was revoked", "list");
	site_fails(site, STATUS_FILE, "what was revoked", "issue", "b.test");
	/* Peers take the newer one: its number is higher than that of the lost one. */
	site_clock = 60;
	site_must(site, "crl", "--empty");
	g_assert_cmpuint(list_number(site), >, number);
	g_assert_cmpint(list_entries(site), ==, 0);
}

static void test_damage(struct site *site, gconstpointer unused)
{
	struct site other = { 0 };

	(void)unused;
	site_setup(&other, NULL);
	site_must(&other, "init");
	site_must(&other, "issue", "foreign.test");
	site_fails(site, STATUS_FILE, "`tlskey pki init`", "list");
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	static const char *const names[] = { "ca.crt", "ca.crl", "ca.key" };
	static const char *const foreign[] = { "", "was not signed by", "is not the key of" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *good = site_read(site, names[i]), *theirs = site_read(&other, names[i]);
		site_write(site, names[i], "rubbish\n");
		site_fails(site, STATUS_INPUT, "put it back from a copy", "issue", "b.test");
		site_write(site, names[i], "");
		site_fails(site, STATUS_INPUT, "is empty", "issue", "b.test");
		site_write(site, names[i], theirs);
		site_fails(site, STATUS_INPUT, foreign[i], "issue", "b.test");
		site_write(site, names[i], good);
	}
	g_assert_cmpint(chmod(site_path(site, "ca.key"), 0644), ==, 0);
	site_fails(site, STATUS_FILE, "can be read by others", "issue", "b.test");
	g_assert_cmpint(chmod(site_path(site, "ca.key"), 0600), ==, 0);
	/* Stray files are no certificates of this authority. */
	g_autofree char *theirs = site_read(&other, "hosts/foreign.test.crt");
	site_write(site, "issued/1.crt", theirs);
	site_write(site, "issued/2.crt", "rubbish\n");
	site_write(site, "issued/.tlskey-abcdef", "rubbish\n");
	site_must(site, "list");
	g_assert_null(strstr(site->output, "foreign"));
	g_assert_nonnull(strstr(site->output, "a.test"));
	site_fails(site, STATUS_NOT_FOUND, "nothing for", "revoke", "foreign.test");
	site_teardown(&other, NULL);
}

static void test_exists(struct site *site, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(mkdir(site->folder, 0755), ==, 0);
	site_write(site, "other", "text");
	site_fails(site, STATUS_EXISTS, "exists already", "init");
	g_assert_cmpuint(site_count(site, "."), ==, 1);
	/* An empty folder is as good as none. */
	g_assert_cmpint(unlink(site_path(site, "other")), ==, 0);
	site_must(site, "init");
	g_autofree char *before = site_state(site);
	site_fails(site, STATUS_EXISTS, "exists already", "init");
	g_autofree char *after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	g_free(site->folder);
	site->folder = g_build_filename(site->base, "a", "b", NULL);
	site_fails(site, STATUS_FILE, "the folder above it has to be made first", "init");
	g_free(site->folder);
	site->folder = g_build_filename(site->base, "file", NULL);
	g_assert_true(g_file_set_contents(site->folder, "text", -1, NULL));
	site_fails(site, STATUS_EXISTS, "exists already", "init");
	g_assert_cmpuint(site_count(site, ".."), ==, 2);
}

/* Each write fails as on a full disk. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	g_assert_cmpint(getrlimit(RLIMIT_FSIZE, &limit), ==, 0);
	limit.rlim_cur = size;
	g_assert_cmpint(setrlimit(RLIMIT_FSIZE, &limit), ==, 0);
}

static void unchanged(struct site *site, const char *before)
{
	g_autofree char *after = site_state(site);

	g_assert_cmpstr(before, ==, after);
}

static void test_full_disk(struct site *site, gconstpointer unused)
{
	/* Nothing can be written, the beginning, or all but the largest of the files */
	static const rlim_t sizes[] = { 0, 100, 400 };

	(void)unused;
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		limit_files(sizes[i]);
		site_fails(site, STATUS_FILE, "File too large", "init");
		limit_files(RLIM_INFINITY);
		g_assert_cmpuint(site_count(site, ".."), ==, 0);
	}
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	g_autofree char *before = site_state(site);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		limit_files(sizes[i]);
		site_fails(site, STATUS_FILE, "File too large", "issue", "b.test");
		site_fails(site, STATUS_FILE, "File too large", "issue", "a.test", "--force");
		site_fails(site, STATUS_FILE, "File too large", "renew", "a.test");
		limit_files(MIN(sizes[i], 100));
		site_fails(site, STATUS_FILE, "File too large", "revoke", "a.test");
		site_fails(site, STATUS_FILE, "File too large", "crl");
		limit_files(RLIM_INFINITY);
		unchanged(site, before);
	}
}

/* The last of the files cannot get its name: those before it are taken back, also where they replaced others. */
static void test_taken_back(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	g_assert_cmpint(unlink(site_path(site, "hosts/a.test.crt")), ==, 0);
	g_assert_cmpint(mkdir(site_path(site, "hosts/a.test.crt"), 0700), ==, 0);
	site_write(site, "hosts/a.test.crt/file", "text");
	g_autofree char *before = site_state(site);
	site_fails(site, STATUS_FILE, "a.test.crt: Is a directory", "issue", "a.test", "--force");
	unchanged(site, before);
	site_fails(site, STATUS_FILE, "a.test.crt: Is a directory", "renew", "a.test");
	unchanged(site, before);
	g_assert_cmpint(rename(site_path(site, "hosts/a.test.crt"), site_path(site, "hosts/b.test.crt")), ==, 0);
	g_autofree char *second = site_state(site);
	site_fails(site, STATUS_EXISTS, "b.test.crt is there already", "issue", "b.test");
	unchanged(site, second);
}

/* Runs a command in a child; its standard error is a pipe's. */
static pid_t start(struct site *site, int problems, const char *command, const char *argument)
{
	pid_t pid = fork();

	if (pid == 0) {
		if (problems >= 0)
			dup2(problems, STDERR_FILENO);
		_exit(site_run(site, command, argument, NULL));
	}
	g_assert_cmpint(pid, >, 0);
	return pid;
}

static int wait_for(pid_t pid)
{
	int status;

	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_lock(struct site *site, gconstpointer unused)
{
	char text[512];
	int ends[2];

	(void)unused;
	site_must(site, "init");
	int lock = open(site->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(flock(lock, LOCK_EX), ==, 0);
	g_assert_cmpint(pipe2(ends, O_CLOEXEC), ==, 0);
	pid_t pid = start(site, ends[1], "issue", "a.test");
	close(ends[1]);
	/* It says that it waits, and does. */
	ssize_t size = read(ends[0], text, sizeof(text) - 1);
	g_assert_cmpint(size, >, 0);
	text[size] = '\0';
	g_assert_nonnull(strstr(text, "waiting for it"));
	g_assert_cmpint(waitpid(pid, NULL, WNOHANG), ==, 0);
	g_assert_cmpuint(site_count(site, "issued"), ==, 0);
	/* The child has a copy of the descriptor, so closing ours would not do. */
	g_assert_cmpint(flock(lock, LOCK_UN), ==, 0);
	close(lock);
	g_assert_cmpint(wait_for(pid), ==, 0);
	g_assert_cmpuint(site_count(site, "issued"), ==, 1);
	close(ends[0]);
	/* Readers do not wait for each other. */
	lock = open(site->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	g_assert_cmpint(flock(lock, LOCK_SH), ==, 0);
	site_must(site, "list");
	close(lock);
}

static void test_many(struct site *site, gconstpointer unused)
{
	enum { CHILDREN = 6 };
	pid_t pids[CHILDREN];
	int made = 0;

	(void)unused;
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = start(site, -1, "init", NULL);
	for (int i = 0; i < CHILDREN; i++) {
		int status = wait_for(pids[i]);
		g_assert_true(status == 0 || status == STATUS_EXISTS);
		made += status == 0;
	}
	g_assert_cmpint(made, ==, 1);
	g_assert_cmpuint(site_count(site, ".."), ==, 1);
	made = 0;
	for (int i = 0; i < CHILDREN; i++)
		pids[i] = start(site, -1, "issue", "same.test");
	for (int i = 0; i < CHILDREN; i++) {
		int status = wait_for(pids[i]);
		g_assert_true(status == 0 || status == STATUS_EXISTS);
		made += status == 0;
	}
	g_assert_cmpint(made, ==, 1);
	g_assert_cmpuint(site_count(site, "issued"), ==, 1);
	/* No revocation is lost between two that sign the list. */
	for (int i = 0; i < CHILDREN; i++) {
		g_autofree char *host = g_strdup_printf("h%d.test", i);
		site_must(site, "issue", host);
	}
	for (int i = 0; i < CHILDREN; i++) {
		g_autofree char *host = g_strdup_printf("h%d.test", i);
		pids[i] = start(site, -1, "revoke", host);
	}
	for (int i = 0; i < CHILDREN; i++)
		g_assert_cmpint(wait_for(pids[i]), ==, 0);
	g_assert_cmpint(list_entries(site), ==, CHILDREN);
}

#define ADD(path, function) g_test_add("/pki/state/" path, struct site, NULL, site_setup, function, site_teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("list", test_list);
	ADD("revoke-host", test_revoke_host);
	ADD("revoke-serial", test_revoke_serial);
	ADD("crl", test_crl);
	ADD("lost-list", test_lost_list);
	ADD("damage", test_damage);
	ADD("exists", test_exists);
	ADD("full-disk", test_full_disk);
	ADD("taken-back", test_taken_back);
	ADD("lock", test_lock);
	ADD("many", test_many);
	return g_test_run();
}
