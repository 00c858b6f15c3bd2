// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading files with a limit; see file.h.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/file.h"

struct contents {
	size_t room;
	size_t size;
	char data[];
};

static void contents_wipe(void *data)
{
	struct contents *contents = data;

	explicit_bzero(contents->data, contents->room);
	g_free(contents);
}

static char *describe_errno(int error)
{
	switch (error) {
	case ENOENT:
		return g_strdup("no such file: make it, or correct the path");
	case ENOTDIR:
		return g_strdup("a folder of this path is a file: correct the path");
	case EACCES:
	case EPERM:
		return g_strdup("permission denied: let root read the file (a security module or a network file system "
				"may refuse root)");
	case ELOOP:
		return g_strdup("too many symbolic links: correct the links");
	default:
		return g_strdup_printf("cannot be read (%s)", g_strerror(error));
	}
}

static char *describe_kind(const struct stat *st)
{
	if (S_ISREG(st->st_mode))
		return NULL;
	if (S_ISDIR(st->st_mode))
		return g_strdup("is a folder: name the file in it");
	return g_strdup("is not a regular file: name a regular file");
}

bool file_is_open(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && (st.st_mode & (S_IRGRP | S_IROTH));
}

/*
 * Root's, and nobody else may write: 0644 or less. A user who only checks a configuration of his own is its owner by
 * right.
 */
static char *describe_owner(const char *path, const struct stat *st)
{
	bool foreign = st->st_uid != 0 && st->st_uid != geteuid();
	unsigned int mode = st->st_mode & 07777;
	const char *who = mode & S_IWOTH ? "every user" : "its group";

	if (foreign && (mode & (S_IWGRP | S_IWOTH)))
		return g_strdup_printf("belongs to user %u and can be written by %s (mode %04o), who then decide whom this "
				       "machine trusts: unless that is meant, run `chown root %s` and `chmod go-w %s`",
				       st->st_uid, who, mode, path, path);
	if (foreign)
		return g_strdup_printf("belongs to user %u, who then decides whom this machine trusts: unless that is meant, run "
				       "`chown root %s`", st->st_uid, path);
	if (mode & (S_IWGRP | S_IWOTH))
		return g_strdup_printf("can be written by %s (mode %04o), who then decides whom this machine trusts: unless that "
				       "is meant, run `chmod go-w %s`", who, mode, path);
	return NULL;
}

char *file_check(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 ? describe_errno(errno) : describe_kind(&st);
}

/* One byte more than what is allowed is asked for, so that a file that grows meanwhile is noticed. */
static int read_all(int fd, struct contents *contents)
{
	while (contents->size < contents->room) {
		ssize_t got = read(fd, contents->data + contents->size, contents->room - contents->size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return errno;
		if (got == 0)
			return 0;
		contents->size += got;
	}
	return EFBIG;
}

GBytes *file_read(const char *path, size_t limit, char **problem, char **notice)
{
	struct contents *contents = NULL;
	GBytes *bytes = NULL;
	struct stat st;
	int error;

	*problem = NULL;
	*notice = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st) < 0) {
		*problem = describe_errno(errno);
		goto out;
	}
	*problem = describe_kind(&st);
	if (*problem)
		goto out;
	*notice = describe_owner(path, &st);

	size_t room = (st.st_size > 0 && (guint64)st.st_size < limit ? (size_t)st.st_size : limit) + 1;
	contents = g_malloc(sizeof(*contents) + room);
	contents->room = room;
	contents->size = 0;
	error = read_all(fd, contents);
	if (error == EFBIG && room > limit)
		*problem = g_strdup_printf("has more than %zu bytes: name the right file, or shorten it", limit);
	else if (error == EFBIG)
		*problem = g_strdup("grew while it was read: load again when it is complete");
	else if (error)
		*problem = describe_errno(error);
	else
		bytes = g_bytes_new_with_free_func(contents->data, contents->size, contents_wipe, contents);
	if (bytes)
		contents = NULL;
out:
	if (contents)
		contents_wipe(contents);
	if (fd >= 0)
		close(fd);
	return bytes;
}
