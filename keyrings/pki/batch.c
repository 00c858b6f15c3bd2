// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files that appear together; see batch.h. The file that a new one replaces keeps a second name until all is done: taking it
 * back is then one rename, too.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "pki/batch.h"
#include "status.h"

struct file {
	char *path;
	char *folder;
	char *part;	/* what was written, until it has its name; NULL afterwards */
	char *old;	/* the second name of what it replaced; NULL: nothing was there */
	enum batch_place place;
	bool placed;
};

struct batch {
	GPtrArray *files;
	sigset_t signals;		/* the mask before */
	struct sigaction too_large;	/* what SIGXFSZ did before */
};

static void file_free(void *pointer)
{
	struct file *file = pointer;

	if (file->part)
		unlink(file->part);
	if (file->old)
		unlink(file->old);
	g_free(file->path);
	g_free(file->folder);
	g_free(file->part);
	g_free(file->old);
	g_free(file);
}

struct batch *batch_new(void)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	const struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct batch *batch = g_new0(struct batch, 1);
	sigset_t block;

	batch->files = g_ptr_array_new_with_free_func(file_free);
	sigemptyset(&block);
	for (size_t i = 0; i < G_N_ELEMENTS(ending); i++)
		sigaddset(&block, ending[i]);
	sigprocmask(SIG_BLOCK, &block, &batch->signals);
	/* Else a file that is too large ends the program; write() says it, too. */
	sigaction(SIGXFSZ, &ignore, &batch->too_large);
	return batch;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	g_ptr_array_unref(batch->files);
	sigaction(SIGXFSZ, &batch->too_large, NULL);
	sigprocmask(SIG_SETMASK, &batch->signals, NULL);
	g_free(batch);
}

/* Returns 0 or an errno. */
static int write_all(int fd, const char *data, size_t length)
{
	while (length > 0) {
		ssize_t size = write(fd, data, length);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno;
		data += size;
		length -= size;
	}
	return 0;
}

static int fail(const struct file *file, int number, GError **error)
{
	if (number == EEXIST)
		return status_set(error, STATUS_EXISTS, "%s is there already, and is left as it is: move it away, name another folder "
				  "with --output, or have it replaced with --force", file->path);
	return status_set(error, STATUS_FILE, "cannot write %s: %s%s", file->path, strerror(number),
			  number == ENOENT ? " (its folder has to be made first)" : "");
}

/* Returns 0 or an errno; what was begun is file_free()'s to remove. */
static int write_part(struct file *file, mode_t mode, const void *data, size_t length)
{
	char *part = g_build_filename(file->folder, ".tlskey-XXXXXX", NULL);
	int fd = mkostemp(part, O_CLOEXEC);
	int number;

	if (fd < 0) {
		number = errno;
		g_free(part);
		return number;
	}
	file->part = part;
	number = write_all(fd, data, length);
	if (number == 0 && (fchmod(fd, mode) < 0 || fsync(fd) < 0))
		number = errno;
	if (close(fd) < 0 && number == 0)
		number = errno;
	return number;
}

int batch_add(struct batch *batch, const char *path, enum batch_place place, mode_t mode, const void *data, size_t length,
	      GError **error)
{
	struct file *file = g_new0(struct file, 1);
	struct stat st;
	int number = 0;

	file->path = g_strdup(path);
	file->folder = g_path_get_dirname(path);
	file->place = place;
	g_ptr_array_add(batch->files, file);
	/* batch_commit() looks again; here it spares the work. */
	if (place == BATCH_NEW && lstat(path, &st) == 0)
		number = EEXIST;
	if (number == 0)
		number = write_part(file, mode, data, length);
	return number == 0 ? 0 : fail(file, number, error);
}

/* A second name for what is in the place. Returns 0 or an errno. */
static int hold_old(struct file *file)
{
	struct stat st;

	if (lstat(file->path, &st) < 0)
		return errno == ENOENT ? 0 : errno;
	/* A name that is free now: our own part's, and a word more. */
	char *old = g_strconcat(file->part, ".old", NULL);
	if (link(file->path, old) < 0) {
		int number = S_ISDIR(st.st_mode) ? EISDIR : errno;
		g_free(old);
		return number;
	}
	file->old = old;
	return 0;
}

static int place(struct file *file)
{
	int number = 0;

	if (file->place == BATCH_REPLACE) {
		number = hold_old(file);
		if (number == 0 && rename(file->part, file->path) < 0)
			number = errno;
		if (number == 0)
			g_clear_pointer(&file->part, g_free);
	} else if (link(file->part, file->path) < 0) {
		/* link() never replaces what is there, as rename() would. */
		number = errno;
	}
	file->placed = number == 0;
	return number;
}

static void take_back(struct file *file)
{
	bool failed = file->old ? rename(file->old, file->path) < 0 : unlink(file->path) < 0;

	if (failed)
		command_warn("%s cannot be taken back: %s", file->path, strerror(errno));
	else
		g_clear_pointer(&file->old, g_free);
	file->placed = false;
}

/* The names are on the disk only when the folder is. Returns 0 or an errno. */
static int sync_folder(const struct file *file)
{
	int fd = open(file->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int number = fd < 0 || fsync(fd) < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return number;
}

int batch_commit(struct batch *batch, GError **error)
{
	int number = 0, status = 0;
	guint done = 0;

	for (; done < batch->files->len && number == 0; done++)
		number = place(batch->files->pdata[done]);
	for (guint i = 0; i < batch->files->len && number == 0; i++) {
		number = sync_folder(batch->files->pdata[i]);
		done = i + 1;
	}
	if (number == 0)
		return 0;
	status = fail(batch->files->pdata[done - 1], number, error);
	for (guint i = batch->files->len; i > 0; i--) {
		struct file *file = batch->files->pdata[i - 1];
		if (file->placed)
			take_back(file);
	}
	return status;
}
