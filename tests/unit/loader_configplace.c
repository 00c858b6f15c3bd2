// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The old configuration file keeps its rank.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "loader/configplace.h"

static void write_file(const char *path)
{
	g_assert_true(g_file_set_contents(path, "", 0, NULL));
}

static void test_config(void)
{
	g_autofree char *folder = g_dir_make_tmp("tlshd-configplace-XXXXXX", NULL);
	g_autofree char *legacy = g_build_filename(folder, "tlshd.conf", NULL);
	g_autofree char *usual = g_build_filename(folder, "config", NULL);
	char *notice;

	g_assert_true(configplace_choose(legacy, usual, &notice) == usual);
	g_assert_null(notice);
	write_file(usual);
	g_assert_true(configplace_choose(legacy, usual, &notice) == usual);
	g_assert_null(notice);
	write_file(legacy);
	g_assert_true(configplace_choose(legacy, usual, &notice) == legacy);
	g_assert_nonnull(strstr(notice, legacy));
	g_assert_nonnull(strstr(notice, usual));
	g_assert_nonnull(strstr(notice, "is not read"));
	g_free(notice);
	g_remove(usual);
	g_assert_true(configplace_choose(legacy, usual, &notice) == legacy);
	g_assert_nonnull(strstr(notice, legacy));
	g_assert_nonnull(strstr(notice, "move it there"));
	g_free(notice);
	/* The old name as a link to the new file is no second configuration; a link to nowhere is none at all. */
	g_remove(legacy);
	g_assert_cmpint(symlink("config", legacy), ==, 0);
	g_assert_true(configplace_choose(legacy, usual, &notice) == usual);
	g_assert_null(notice);
	write_file(usual);
	g_assert_true(configplace_choose(legacy, usual, &notice) == usual);
	g_assert_null(notice);
	g_remove(legacy);
	g_remove(usual);
	g_rmdir(folder);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/configplace/choose", test_config);
	return g_test_run();
}
