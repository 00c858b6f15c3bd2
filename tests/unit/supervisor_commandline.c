// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The command line means what it always meant.
 */
#include <config.h>

#include <fcntl.h>
#include <getopt.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "commandline.h"

/* Words with blanks in between; getopt_long() reorders them, so each call gets its own. */
static int parse(struct commandline *commandline, const char *words)
{
	char *line = g_strconcat("tlshd ", words, NULL);
	char **argv = g_strsplit(line, " ", -1);
	int argc = g_strv_length(argv);

	g_free(line);
	optind = 0;	/* getopt_long() begins anew */
	int ret = commandline_parse(words[0] ? argc : 1, argv, commandline);
	if (commandline->config)
		commandline->config = g_intern_string(commandline->config);
	g_strfreev(argv);
	return ret;
}

static void test_options(void)
{
	static const char *const configs[] = { "-c /x", "-c/x", "--config /x", "--config=/x", "--conf /x", "-sc /x" };
	struct commandline commandline;

	g_assert_cmpint(parse(&commandline, ""), ==, -1);
	g_assert_null(commandline.config);
	g_assert_false(commandline.to_stderr);
	g_assert_false(commandline.check);
	for (guint i = 0; i < G_N_ELEMENTS(configs); i++) {
		g_assert_cmpint(parse(&commandline, configs[i]), ==, -1);
		g_assert_cmpstr(commandline.config, ==, "/x");
	}
	g_assert_true(commandline.to_stderr);
	g_assert_cmpint(parse(&commandline, "-s"), ==, -1);
	g_assert_true(commandline.to_stderr);
	g_assert_cmpint(parse(&commandline, "--stderr -c /x"), ==, -1);
	g_assert_true(commandline.to_stderr);
	g_assert_cmpint(parse(&commandline, "--check-config"), ==, -1);
	g_assert_true(commandline.check);
}

static void say(const char *words)
{
	struct commandline commandline;

	exit(parse(&commandline, words) & 0xff);
}

static void test_help(void)
{
	static const char *const asked[] = { "-h", "--help", "-v", "--version", "-sv" };
	static const char *const wrong[] = { "--no-such-option", "-x", "-c", "--config=", "something", "-s something" };

	if (g_test_subprocess())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(asked); i++) {
		char *path = g_strdup_printf("/commandline/say/%s", asked[i]);
		g_test_trap_subprocess(path, 0, 0);
		g_test_trap_assert_passed();
		g_test_trap_assert_stdout(strchr(asked[i], 'v') ? "*tlshd " PACKAGE_VERSION "*" : "*usage: tlshd*--config*");
		g_free(path);
	}
	for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
		char *path = g_strdup_printf("/commandline/say/%s", wrong[i]);
		g_test_trap_subprocess(path, 0, 0);
		g_test_trap_assert_failed();
		g_test_trap_assert_stderr("*try tlshd --help*");
		g_free(path);
	}
}

static void say_case(gconstpointer words)
{
	/* Only as the subprocess of test_help(). */
	if (g_test_subprocess())
		say(words);
}

int main(int argc, char **argv)
{
	static const char *const said[] = { "-h", "--help", "-v", "--version", "-sv", "--no-such-option", "-x", "-c",
					    "--config=", "something", "-s something" };

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/commandline/options", test_options);
	g_test_add_func("/commandline/help", test_help);
	for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
		char *path = g_strdup_printf("/commandline/say/%s", said[i]);
		g_test_add_data_func(path, said[i], say_case);
		g_free(path);
	}
	return g_test_run();
}
