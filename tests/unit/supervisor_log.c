// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The log never waits, and one call is one line.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "log.h"

static void escape(void)
{
	char out[64], narrow[8];

	log_escape(out, sizeof(out), "plain text");
	g_assert_cmpstr(out, ==, "plain text");
	log_escape(out, sizeof(out), "a\nb\tc\x1b[31m");
	g_assert_cmpstr(out, ==, "a\\x0ab\\x09c\\x1b[31m");
	log_escape(out, sizeof(out), "gr\xc3\xbc\xc3\x9f\xff.");
	g_assert_cmpstr(out, ==, "gr\xc3\xbc\xc3\x9f\\xff.");
	log_escape(narrow, sizeof(narrow), "abcd\n\n");		/* an escape is not cut */
	g_assert_cmpstr(narrow, ==, "abcd");
	log_escape(narrow, 1, "abc");
	g_assert_cmpstr(narrow, ==, "");
}

/* Standard error is a pipe that nobody reads: lines are dropped and counted; then read: the count is said. */
static void reader_that_does_not_read(void)
{
	int saved = dup(STDERR_FILENO), pipe_fds[2];
	static char text[1 << 20];

	g_assert_cmpint(pipe(pipe_fds), ==, 0);
	dup2(pipe_fds[1], STDERR_FILENO);
	log_open(LOG_TARGET_STDERR);
	for (int i = 0; i < 5000; i++)
		log_line(LOG_INFO, "line %d of a log that nobody reads ..............................................", i);
	unsigned long dropped = log_dropped();
	g_assert_cmpuint(dropped, >, 1000);
	g_assert_cmpint(read(pipe_fds[0], text, sizeof(text)), >, 0);
	log_line(LOG_INFO, "read again\nand one line");
	ssize_t got = read(pipe_fds[0], text, sizeof(text) - 1);
	dup2(saved, STDERR_FILENO);
	g_assert_cmpint(got, >, 0);
	text[got] = '\0';
	g_autofree char *count = g_strdup_printf("tlshd: %lu log lines were lost", dropped);
	g_assert_nonnull(strstr(text, count));
	g_assert_nonnull(strstr(text, "tlshd: read again\\x0aand one line\n"));
	close(saved);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/log/escape", escape);
	g_test_add_func("/log/reader-that-does-not-read", reader_that_does_not_read);
	return g_test_run();
}
