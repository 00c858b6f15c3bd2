// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Opening key files as root without reading them, and reading them without being root.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyfile.h"

struct keyfile {
	int fd;
};

static const char *open_remedy(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return ": check the name in the configuration";
	case EACCES:
	case EPERM:
		return ": root has to be able to read it";
	case ELOOP:
		return ": check the symbolic links";
	case ENXIO:
		return ": it has to be a regular file";
	default:
		return "";
	}
}

static int judge_kind(const struct stat *st, char *why, size_t room)
{
	if (!S_ISREG(st->st_mode)) {
		snprintf(why, room, "is %s: it has to be a regular file",
			 S_ISDIR(st->st_mode) ? "a directory" : "a pipe, socket or device");
		return -EINVAL;
	}
	if (st->st_size == 0) {
		snprintf(why, room, "is empty: put the secret there, or name its file");
		return -ENODATA;
	}
	if (st->st_size > KEYFILE_SIZE_MAX) {
		snprintf(why, room, "has %lld bytes, more than a private key can have (%d): name the secret's own file",
			 (long long)st->st_size, KEYFILE_SIZE_MAX);
		return -EFBIG;
	}
	return 0;
}

static int judge_mode(const struct stat *st, const char *path, char *why, size_t room)
{
	unsigned int mode = st->st_mode & 07777;
	bool group = mode & (S_IRGRP | S_IWGRP);
	bool foreign = st->st_uid != 0;

	if (mode & (S_IROTH | S_IWOTH)) {
		snprintf(why, room,
			 "can be %s by every user (mode %04o), so it is no secret: run `chmod o-rwx %s`, and think of "
			 "a new one",
			 mode & S_IWOTH ? "written" : "read", mode, path);
		return -EPERM;
	}
	if (foreign && group)
		snprintf(why, room,
			 "belongs to user %u, not to root, and its group %u may %s it (mode %04o): unless that is "
			 "meant, run `chown root %s` and `chmod g-rwx %s`",
			 st->st_uid, st->st_gid, mode & S_IWGRP ? "write" : "read", mode, path, path);
	else if (foreign)
		snprintf(why, room, "belongs to user %u, not to root: unless that is meant, run `chown root %s`",
			 st->st_uid, path);
	else if (group)
		snprintf(why, room, "can be %s by its group %u (mode %04o): unless that is meant, run `chmod g-rwx %s`",
			 mode & S_IWGRP ? "written" : "read", st->st_gid, mode, path);
	return 0;
}

int keyfile_open(const char *path, struct keyfile **out, char *why, size_t room)
{
	struct stat st;
	int ret;

	*out = NULL;
	*why = '\0';
	struct keyfile *file = calloc(1, sizeof(*file));
	if (!file) {
		snprintf(why, room, "cannot be opened: no memory");
		return -ENOMEM;
	}
	/* O_NONBLOCK: a FIFO without a writer would hold up the service. */
	file->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (file->fd < 0 || fstat(file->fd, &st) < 0) {
		ret = -errno;
		snprintf(why, room, "cannot be opened (%s)%s", strerror(-ret), open_remedy(-ret));
		goto out;
	}
	ret = judge_kind(&st, why, room);
	if (ret < 0)
		goto out;
	ret = judge_mode(&st, path, why, room);
	if (ret < 0)
		goto out;
	*out = file;
	file = NULL;
out:
	keyfile_close(file);
	return ret;
}

int keyfile_read(const struct keyfile *file, uint8_t **data, size_t *size)
{
	/* One byte more than is allowed shows that a file has grown. */
	const size_t room = KEYFILE_SIZE_MAX + 1;
	size_t used = 0;
	int ret = 0;

	*data = NULL;
	*size = 0;
	uint8_t *content = malloc(room);
	if (!content)
		return -ENOMEM;
	while (used < room) {
		ssize_t got = pread(file->fd, content + used, room - used, used);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			ret = -errno;
		if (got <= 0)
			break;
		used += got;
	}
	if (ret == 0 && used == 0)
		ret = -ENODATA;
	if (ret == 0 && used == room)
		ret = -EFBIG;
	if (ret == 0) {
		*data = content;
		*size = used;
		content = NULL;
	}
	keyfile_wipe(content, used);
	return ret;
}

void keyfile_wipe(uint8_t *data, size_t size)
{
	if (data)
		explicit_bzero(data, size);
	free(data);
}

void keyfile_close(struct keyfile *file)
{
	if (!file)
		return;
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}
