// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening an authority's folder, and which certificate of a host is its last one.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pki/authority.h"
#include "pki/issued.h"
#include "status.h"
#include "tests/unit/keyrings_pki_fixture.h"

#define NOBODY 65534

#define ADD(name, run) g_test_add("/pki/authority/" name, struct site, NULL, site_setup, run, site_teardown)

static void says(const char *folder, const char *part, const char *not_this)
{
	struct authority *authority = NULL;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(authority_open(folder, AUTHORITY_READ, NULL, &authority, &error), ==, STATUS_FILE);
	g_assert_null(authority);
	if (!strstr(error->message, part) || (not_this && strstr(error->message, not_this)))
		g_error("\"%s\" does not say \"%s\", or says \"%s\"", error->message, part, not_this);
}

static void test_missing(struct site *site, gconstpointer unused)
{
	(void)unused;
	says(site->folder, "make one with `tlskey pki init`", NULL);
	g_assert_cmpint(mkdir(site->folder, 0700), ==, 0);
	says(site->folder, "(no ca.crt): make one with `tlskey pki init`", NULL);
	site_write(site, "file", "text");
	says(site_path(site, "file"), "Not a directory", "make one");
}

/* Who is not its owner can see nothing, and must not be told to make another one. */
static void test_forbidden(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	/* Its names can be read, and nothing more. */
	g_assert_cmpint(chmod(site->base, 0711), ==, 0);
	for (int mode = 0700; mode <= 0704; mode += 4) {
		int ended;
		g_assert_cmpint(chmod(site->folder, mode), ==, 0);
		pid_t pid = fork();
		if (pid == 0) {
			g_assert_cmpint(setuid(NOBODY), ==, 0);
			says(site->folder, "cannot be entered (Permission denied): run this as its owner", "make one");
			_exit(0);
		}
		g_assert_cmpint(waitpid(pid, &ended, 0), ==, pid);
		g_assert_cmpint(ended, ==, 0);
	}
}

/* Serial numbers are random, so each of these would be the last one by chance. */
static void test_one_second(struct site *site, gconstpointer unused)
{
	struct authority *authority;
	g_autoptr(GPtrArray) all = NULL;

	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	for (int i = 0; i < 8; i++) {
		if (i % 2)
			site_must(site, "issue", "a.test", "--force");
		else
			site_must(site, "renew", "a.test");
		gnutls_x509_crt_t crt = site_certificate(site, "hosts/a.test.crt");
		g_clear_pointer(&all, g_ptr_array_unref);
		g_assert_cmpint(authority_open(site->folder, AUTHORITY_READ, NULL, &authority, NULL), ==, 0);
		g_assert_cmpint(issued_read(authority, &all, NULL), ==, 0);
		g_assert_true(gnutls_x509_crt_equals(issued_find_host(all, "a.test")->crt, crt));
		g_assert_cmpint(gnutls_x509_crt_get_activation_time(crt), <=, time(NULL));
		authority_free(authority);
		gnutls_x509_crt_deinit(crt);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("missing", test_missing);
	ADD("one-second", test_one_second);
	if (geteuid() == 0)
		ADD("forbidden", test_forbidden);
	else
		g_test_message("only root can become another user: what that is told is not tested");
	return g_test_run();
}
