// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program as a whole: which command is meant, and what is said where none is.
 */
#include <config.h>

#include <string.h>

#include <glib.h>
#include <glib/gstdio.h>
#include <sys/wait.h>

#include "status.h"

/* Words with blanks in between; what it prints to both goes into one text, as on a terminal. */
static char *run(const char *line, int expected)
{
	g_autofree char *command = g_strdup_printf("exec 2>&1; exec " TLSKEY_PROGRAM " %s", line);
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	g_autoptr(GError) error = NULL;
	char *text = NULL;
	int status;

	g_assert_true(g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &text, NULL, &status, &error));
	g_assert_no_error(error);
	g_test_message("tlskey %s: %s", line, text);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, expected);
	return text;
}

static void says(const char *line, int expected, const char *words)
{
	g_autofree char *text = run(line, expected);

	if (!strstr(text, words))
		g_error("tlskey %s: \"%s\" does not say \"%s\"", line, text, words);
}

static void test_help(void)
{
	static const char *const lines[] = { "--help", "-h", "help" };
	g_autofree char *nvme = run("nvme --help", 0), *none = run("", STATUS_USAGE);

	for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
		g_autofree char *all = run(lines[i], 0);
		g_assert_cmpstr(all, ==, none);
		g_assert_nonnull(strstr(all, "  nvme import "));
		g_assert_nonnull(strstr(all, "  load "));
		g_assert_nonnull(strstr(all, "  pki init "));
	}
	g_assert_true(g_str_has_prefix(nvme, "usage: tlskey nvme COMMAND"));
	g_assert_nonnull(strstr(nvme, "  nvme import "));
	g_assert_null(strstr(nvme, "  load "));
	g_assert_null(strstr(nvme, "  pki "));
	says("nvme import --help", 0, "--subsysnqn");
	says("load --help", 0, "--check");
	says("--version", 0, PACKAGE_VERSION);
}

static void test_no_command(void)
{
	says("nvme", STATUS_USAGE, "\"nvme\" needs a command: generate, import, ");
	says("pki", STATUS_USAGE, "\"pki\" needs a command: init, ");
	says("nvme imprt x", STATUS_USAGE, "there is no command \"nvme imprt\"; try `tlskey nvme --help`");
	says("lode x", STATUS_USAGE, "there is no command \"lode\"; try `tlskey --help`");
	says("NVMeTLSkey-1:01:SECRET:", STATUS_USAGE, "this is a key itself");
	says("nvme NVMeTLSkey-1:01:SECRET:", STATUS_USAGE, "this is a key itself");
	g_autofree char *text = run("import NVMeTLSkey-1:01:SECRET:", STATUS_USAGE);
	g_assert_null(strstr(text, "SECRET"));
}

/* The report stands before the error, although the one is buffered and the other is not. */
static void test_order(void)
{
	g_autofree char *folder = g_dir_make_tmp("tlskey-XXXXXX", NULL);
	g_autofree char *key = g_build_filename(folder, "key", NULL);
	g_autofree char *generate = g_strdup_printf("nvme generate -o %s", key),
			*doctor = g_strdup_printf("nvme doctor %s -n nqn.h -c nqn.s -k .no-such-keyring", key);
	g_autofree char *nothing = run(generate, 0), *text = run(doctor, STATUS_KEYRING);
	const char *report = strstr(text, "what to do"), *fault = strstr(text, "tlskey: keyring");

	g_remove(key);
	g_rmdir(folder);
	g_assert_cmpstr(nothing, ==, "");
	g_assert_nonnull(report);
	g_assert_nonnull(fault);
	g_assert_true(report < fault);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tlskey/help", test_help);
	g_test_add_func("/tlskey/no-command", test_no_command);
	g_test_add_func("/tlskey/order", test_order);
	return g_test_run();
}
