// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The folder of keys.d: which files are read, and which are not.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "load/keyentry.h"
#include "load/keysfolder.h"
#include "status.h"

#define GOOD "type=nvme-psk\nsource=key\nhostnqn=nqn.2026-01.test:host\nsubsysnqn=nqn.2026-01.test:storage\n"

struct folder {
	char *path;
};

static void write_file(const struct folder *folder, const char *name, const char *text, mode_t mode)
{
	g_autofree char *path = g_build_filename(folder->path, name, NULL);

	g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, mode, NULL));
	g_assert_cmpint(chmod(path, mode), ==, 0);
}

static void set_up(struct folder *folder, const void *data)
{
	(void)data;
	folder->path = g_dir_make_tmp("tlskey-XXXXXX", NULL);
}

static void tear_down(struct folder *folder, const void *data)
{
	g_autoptr(GDir) dir = g_dir_open(folder->path, 0, NULL);
	const char *name;

	(void)data;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder->path, name, NULL);
		g_remove(path);
	}
	g_rmdir(folder->path);
	g_free(folder->path);
}

static void test_folder(struct folder *folder, const void *data)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GError) error = NULL;

	(void)data;
	write_file(folder, "b.conf", "[second]\n" GOOD, 0644);
	write_file(folder, "a.conf", "[first]\n" GOOD, 0600);
	write_file(folder, "c.conf~", "[third]\n" GOOD, 0600);
	write_file(folder, ".d.conf", "[fourth]\n" GOOD, 0600);
	write_file(folder, "e.psk", "a key\n", 0600);
	g_assert_cmpint(keysfolder_read(folder->path, &entries, &error), ==, 0);
	g_assert_no_error(error);
	g_assert_cmpuint(entries->len, ==, 2);
	g_assert_cmpstr(((struct keyentry *)entries->pdata[0])->section, ==, "first");
	g_assert_cmpstr(((struct keyentry *)entries->pdata[1])->section, ==, "second");
}

static gboolean has_fault(const struct keyentry *entry, const char *words)
{
	return entry->faults->len == 1 && strstr(entry->faults->pdata[0], words);
}

static void test_folder_mistakes(struct folder *folder, const void *data)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *sub = g_build_filename(folder->path, "c.conf", NULL),
			*fifo = g_build_filename(folder->path, "d.conf", NULL);
	g_autofree char *link = g_build_filename(folder->path, "e.conf", NULL),
			*large = g_strnfill(KEYSFOLDER_FILE_MAX + 1, '#');
	g_autofree char *fits = g_strnfill(KEYSFOLDER_FILE_MAX, '#');

	(void)data;
	write_file(folder, "a.conf", "[one]\n" GOOD "[two]\n" GOOD, 0600);
	write_file(folder, "b.conf", "[evil]\n" GOOD, 0620);
	g_assert_cmpint(g_mkdir(sub, 0700), ==, 0);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_cmpint(symlink("nowhere", link), ==, 0);
	write_file(folder, "f.conf", "[two]\n" GOOD, 0600);
	write_file(folder, "g.conf", large, 0600);
	write_file(folder, "h.conf", fits, 0600);
	g_assert_cmpint(keysfolder_read(folder->path, &entries, &error), ==, 0);
	g_assert_no_error(error);
	g_assert_cmpuint(entries->len, ==, 8);
	g_assert_false(keyentry_broken(entries->pdata[0]));
	g_assert_false(keyentry_broken(entries->pdata[1]));
	g_assert_true(has_fault(entries->pdata[2], "others can change it (mode 0620)"));
	g_assert_true(has_fault(entries->pdata[3], "is not a file"));
	g_assert_true(has_fault(entries->pdata[4], "is not a file"));
	g_assert_true(has_fault(entries->pdata[5], "cannot be opened: No such file"));
	g_assert_true(has_fault(entries->pdata[6], "the name [two] is taken in "));
	g_assert_true(has_fault(entries->pdata[7], "has more than"));
}

static void test_folder_refused(struct folder *folder, const void *data)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autoptr(GError) missing = NULL, no_folder = NULL, open = NULL, closed = NULL, foreign = NULL;
	g_autofree char *nowhere = g_build_filename(folder->path, "nowhere", NULL),
			*file = g_build_filename(folder->path, "file", NULL);

	(void)data;
	g_assert_cmpint(keysfolder_read(nowhere, &entries, &missing), ==, STATUS_FILE);
	g_assert_nonnull(strstr(missing->message, "No such file"));
	g_assert_nonnull(strstr(missing->message, "`install -d -m 700 "));
	write_file(folder, "file", "", 0600);
	g_assert_cmpint(keysfolder_read(file, &entries, &no_folder), ==, STATUS_FILE);
	g_assert_nonnull(strstr(no_folder->message, "Not a directory"));
	g_assert_cmpint(chmod(folder->path, 0770), ==, 0);
	g_assert_cmpint(keysfolder_read(folder->path, &entries, &open), ==, STATUS_FILE);
	g_assert_nonnull(strstr(open->message, "others can change it"));
	g_assert_cmpint(chmod(folder->path, 0700), ==, 0);
	if (geteuid() != 0)
		return;
	g_assert_cmpint(seteuid(65534), ==, 0);
	int status = keysfolder_read(folder->path, &entries, &closed);
	g_assert_cmpint(seteuid(0), ==, 0);
	g_assert_cmpint(status, ==, STATUS_FILE);
	g_assert_nonnull(strstr(closed->message, "Permission denied"));
	g_assert_cmpint(chown(folder->path, 65534, -1), ==, 0);
	g_assert_cmpint(keysfolder_read(folder->path, &entries, &foreign), ==, STATUS_FILE);
	g_assert_nonnull(strstr(foreign->message, "belongs to user 65534"));
}

/* A file of somebody else's, within a folder of ours */
static void test_foreign_file(struct folder *folder, const void *data)
{
	g_autoptr(GPtrArray) entries = NULL;
	g_autofree char *path = g_build_filename(folder->path, "a.conf", NULL);

	(void)data;
	if (geteuid() != 0) {
		g_test_skip("files can be given to others by root only");
		return;
	}
	write_file(folder, "a.conf", "[one]\n" GOOD, 0600);
	g_assert_cmpint(chown(path, 65534, -1), ==, 0);
	g_assert_cmpint(keysfolder_read(folder->path, &entries, NULL), ==, 0);
	g_assert_cmpuint(entries->len, ==, 1);
	g_assert_true(has_fault(entries->pdata[0], "belongs to user 65534"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/keysfolder/order", struct folder, NULL, set_up, test_folder, tear_down);
	g_test_add("/keysfolder/mistakes", struct folder, NULL, set_up, test_folder_mistakes, tear_down);
	g_test_add("/keysfolder/refused", struct folder, NULL, set_up, test_folder_refused, tear_down);
	g_test_add("/keysfolder/foreign-file", struct folder, NULL, set_up, test_foreign_file, tear_down);
	return g_test_run();
}
