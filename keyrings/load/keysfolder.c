// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The folder of keys; see keysfolder.h. Who may write to it or to a file in it decides which keys this machine trusts
 * and who it is to others, so that has to be root, or for tests and other users who they are themselves.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyentry.h"
#include "keysfile.h"
#include "keysfolder.h"
#include "status.h"

/* What makes it untrustworthy, in words with the remedy, or NULL; g_free() it. */
static char *distrust(const char *path, const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return g_strdup_printf("it belongs to user %u, who could change it: run `chown root %s`",
				       (unsigned int)st->st_uid, path);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return g_strdup_printf("others can change it (mode %04o): run `chmod go-w %s`", st->st_mode & 07777U,
				       path);
	return NULL;
}

/* Returns the text, or NULL with a fault in @whole. */
static char *read_text(struct keyentry *whole, int fd, gsize *size)
{
	g_autofree char *text = g_malloc(KEYSFOLDER_FILE_MAX + 1);
	ssize_t count;

	*size = 0;
	do {
		count = read(fd, text + *size, KEYSFOLDER_FILE_MAX + 1 - *size);
		if (count > 0)
			*size += count;
	} while (count > 0 || (count < 0 && errno == EINTR));
	if (count == 0 && *size <= KEYSFOLDER_FILE_MAX)
		return g_steal_pointer(&text);
	if (count < 0) {
		keyentry_fault(whole, 0, NULL, "cannot be read: %s", strerror(errno));
		return NULL;
	}
	keyentry_fault(whole, 0, NULL, "has more than %d bytes: split it", KEYSFOLDER_FILE_MAX);
	whole->status = STATUS_INPUT;
	return NULL;
}

static void read_file(const char *path, GPtrArray *entries)
{
	struct keyentry *whole = keyentry_new(path, 0, NULL);
	g_autofree char *text = NULL, *why = NULL;
	struct stat st;
	gsize size;

	whole->status = STATUS_FILE;
	/* A FIFO must not hold up the boot. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0)
		keyentry_fault(whole, 0, NULL, "cannot be opened: %s", strerror(errno));
	else if (!S_ISREG(st.st_mode))
		keyentry_fault(whole, 0, NULL, "is not a file: remove it");
	else if ((why = distrust(path, &st)))
		keyentry_fault(whole, 0, NULL, "not read: %s", why);
	else if ((text = read_text(whole, fd, &size)))
		keysfile_parse(path, text, size, entries);
	if (fd >= 0)
		close(fd);
	if (keyentry_broken(whole))
		g_ptr_array_add(entries, whole);
	else
		keyentry_free(whole);
}

/* Names are how people and scripts call entries: the second one of a name is refused, so that it is seen. */
static void refuse_namesakes(GPtrArray *entries)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < entries->len; i++) {
		struct keyentry *entry = entries->pdata[i];
		if (!entry->section)
			continue;
		const struct keyentry *first = g_hash_table_lookup(seen, entry->section);
		if (first)
			keyentry_fault(entry, entry->line, NULL,
				       "the name [%s] is taken in %s:%u already, and this entry is passed over: "
				       "give one of them another name",
				       entry->section, first->file, first->line);
		else
			g_hash_table_insert(seen, entry->section, entry);
	}
}

static int compare_names(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void entry_free(void *entry)
{
	keyentry_free(entry);
}

static int unreadable(const char *path, int number, GError **error)
{
	if (number != ENOENT)
		return status_set(error, STATUS_FILE, "cannot read folder %s: %s", path, strerror(number));
	return status_set(error, STATUS_FILE,
			  "cannot read folder %s: %s: make it: `install -d -m 700 %s`, or name another with --directory",
			  path, strerror(number), path);
}

/* The paths of the files that count, sorted. */
static int list(const char *path, GPtrArray *names, GError **error)
{
	g_autofree char *why = NULL;
	struct dirent *entry;
	struct stat st;
	DIR *folder = opendir(path);
	int status = 0;

	if (!folder)
		return unreadable(path, errno, error);
	if (fstat(dirfd(folder), &st) < 0)
		status = unreadable(path, errno, error);
	else if ((why = distrust(path, &st)))
		status = status_set(error, STATUS_FILE, "nothing is loaded from folder %s: %s", path, why);
	/* The end and a failure differ by errno only. */
	while (status == 0 && (errno = 0, entry = readdir(folder))) {
		if (entry->d_name[0] != '.' && g_str_has_suffix(entry->d_name, KEYSFOLDER_SUFFIX))
			g_ptr_array_add(names, g_build_filename(path, entry->d_name, NULL));
	}
	if (status == 0 && errno != 0)
		status = unreadable(path, errno, error);
	closedir(folder);
	g_ptr_array_sort(names, compare_names);
	return status;
}

int keysfolder_read(const char *path, GPtrArray **entries, GError **error)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *absolute = g_canonicalize_filename(path, NULL);

	*entries = NULL;
	int status = list(absolute, names, error);
	if (status != 0)
		return status;
	*entries = g_ptr_array_new_with_free_func(entry_free);
	for (guint i = 0; i < names->len; i++)
		read_file(names->pdata[i], *entries);
	refuse_namesakes(*entries);
	return 0;
}
