// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading and writing key material; see material.h.
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

#include "command.h"
#include "material.h"
#include "status.h"

char *material_name(const char *source)
{
	if (strcmp(source, "-") == 0)
		return g_strdup("standard input");
	if (g_str_has_prefix(source, MATERIAL_CREDENTIAL))
		return g_strdup_printf("credential %s", source + strlen(MATERIAL_CREDENTIAL));
	return g_strdup(source);
}

static bool is_hexadecimal(const char *text)
{
	size_t length = strlen(text), good = 0;

	while (g_ascii_isxdigit(text[good]))
		good++;
	return good == length && (length == 2 * 32 || length == 2 * 48);
}

bool material_is_key(const char *text)
{
	static const char *const beginnings[] = { "NVMeTLSkey-", "DHHC-", "-----BEGIN" };
	/* Also behind a quote, or whatever else slipped in. */
	static const char *const marks[] = { "NVMeTLSkey-1:", "DHHC-1:", "-----BEGIN " };

	if (g_str_has_prefix(text, MATERIAL_CREDENTIAL))
		text += strlen(MATERIAL_CREDENTIAL);
	for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
		if (g_str_has_prefix(text, beginnings[i]) || strstr(text, marks[i]))
			return true;
	}
	return strchr(text, '\n') || is_hexadecimal(text);
}

int material_refuse_key(GError **error)
{
	return status_set(error, STATUS_USAGE,
			  "this is a key itself, and others can see it on the command line: put it "
			  "into a file or pipe it to -, and make a new one");
}

/* A name, not a path: systemd.exec(5) says which characters a credential's may have. */
static int credential_path(const char *name, char **path, GError **error)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!*name || *name == '.' || strchr(name, '/'))
		return status_set(error, STATUS_USAGE, "\"%s\" is not the name of a credential",
				  name);
	if (!folder || !*folder)
		return status_set(error, STATUS_FILE,
				  "there is no credential %s: CREDENTIALS_DIRECTORY is not set; a "
				  "service gets it by LoadCredential= or LoadCredentialEncrypted=, "
				  "and `tlskey load` from tlshd-keys.service: start that",
				  name);
	*path = g_build_filename(folder, name, NULL);
	return 0;
}

static void judge_mode(const char *path, const struct stat *st, GError **doubt)
{
	unsigned int mode = st->st_mode & 07777;

	if (mode & (S_IRWXO | S_IWGRP))
		status_set(doubt, STATUS_FILE,
			   "%s can be %s by others (mode %04o), so it is no secret: run "
			   "`chmod go-rwx %s`, and think of a new one",
			   path, mode & (S_IWOTH | S_IWGRP) ? "written" : "read", mode, path);
	else if (mode & S_IRGRP)
		command_warn("%s can be read by its group %u (mode %04o): unless that is meant, "
			     "run `chmod g-r %s`",
			     path, (unsigned int)st->st_gid, mode, path);
}

/* Returns a descriptor, or a negated enum status. @doubt: NULL where nothing is judged */
static int open_source(const char *source, GError **doubt, GError **error)
{
	g_autofree char *path = NULL;
	bool credential = g_str_has_prefix(source, MATERIAL_CREDENTIAL);
	int fd, status = 0;
	struct stat st;

	if (strcmp(source, "-") == 0) {
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
		return fd >= 0 ? fd :
				 -status_set(error, STATUS_FILE, "cannot read standard input: %s",
					     strerror(errno));
	}
	if (credential)
		status = credential_path(source + strlen(MATERIAL_CREDENTIAL), &path, error);
	else
		path = g_strdup(source);
	if (status != 0)
		return -status;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0) {
		int number = errno;
		if (fd >= 0)
			close(fd);
		return -status_set(error, STATUS_FILE, "cannot open %s: %s", path,
				   strerror(number));
	}
	if (doubt && !credential && S_ISREG(st.st_mode))
		judge_mode(path, &st, doubt);
	return fd;
}

/* To the end, or until the room is full. Returns 0 or an errno. */
static int read_all(int fd, struct secret *material)
{
	size_t length = 0;

	while (length < secret_room(material)) {
		ssize_t size =
			read(fd, secret_data(material) + length, secret_room(material) - length);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno;
		if (size == 0)
			break;
		length += size;
	}
	secret_set_length(material, length);
	return 0;
}

int material_read_doubtful(const char *source, size_t limit, struct secret **material,
			   GError **doubt, GError **error)
{
	g_autofree char *name = NULL;
	int status = 0;

	*material = NULL;
	g_assert(limit < SECRET_MAX);
	if (!source || !*source)
		return status_set(error, STATUS_USAGE,
				  "the name of a file is missing (\"-\" for standard input)");
	if (material_is_key(source))
		return material_refuse_key(error);
	name = material_name(source);
	int fd = open_source(source, doubt, error);
	if (fd < 0)
		return -fd;
	/* One byte more than is allowed shows that there is too much. */
	struct secret *read = secret_new(limit + 1);
	int number = read_all(fd, read);
	if (number != 0)
		status = status_set(error, STATUS_FILE, "cannot read %s: %s", name,
				    strerror(number));
	else if (secret_length(read) == 0)
		status = status_set(error, STATUS_INPUT, "%s is empty", name);
	else if (secret_length(read) > limit)
		status = status_set(error, STATUS_INPUT,
				    "%s has more than %zu bytes, which is too much for what it has "
				    "to be",
				    name, limit);
	close(fd);
	if (status != 0)
		secret_free(read);
	else
		*material = read;
	return status;
}

int material_read(const char *source, enum material_kind kind, size_t limit,
		  struct secret **material, GError **error)
{
	g_autoptr(GError) doubt = NULL;
	int status = material_read_doubtful(source, limit, material,
					    kind == MATERIAL_PRIVATE ? &doubt : NULL, error);

	if (status != 0 || !doubt)
		return status;
	secret_free(*material);
	*material = NULL;
	g_propagate_error(error, g_steal_pointer(&doubt));
	return STATUS_FILE;
}

/* Returns 0 or an errno. */
static int write_all(int fd, const void *data, size_t length)
{
	const char *at = data;

	while (length > 0) {
		ssize_t size = write(fd, at, length);
		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return errno;
		at += size;
		length -= size;
	}
	return 0;
}

/* Gives a file its name, and never takes the place of another one. Returns 0 or an errno. */
static int name_file(const char *part, const char *target)
{
	if (renameat2(AT_FDCWD, part, AT_FDCWD, target, RENAME_NOREPLACE) == 0)
		return 0;
	/* Not every file system can do it, and not every one has links. */
	if (errno != EINVAL && errno != ENOSYS)
		return errno;
	return link(part, target) < 0 ? errno : 0;
}

static int write_file(const char *target, const void *data, size_t length, GError **error)
{
	g_autofree char *part = g_strdup_printf("%s.XXXXXX", target);
	int number = 0;

	int fd = mkostemp(part, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return status_set(error, STATUS_FILE, "cannot write %s: %s", target,
				  strerror(errno));
	number = write_all(fd, data, length);
	if (number == 0 && fsync(fd) < 0)
		number = errno;
	if (close(fd) < 0 && number == 0)
		number = errno;
	if (number == 0)
		number = name_file(part, target);
	unlink(part);
	if (number == EEXIST)
		return status_set(error, STATUS_EXISTS,
				  "%s is there already, and is left as it is: give another name, "
				  "or remove it",
				  target);
	if (number != 0)
		return status_set(error, STATUS_FILE, "cannot write %s: %s", target,
				  strerror(number));
	return 0;
}

int material_write(const char *target, const void *data, size_t length, GError **error)
{
	if (strcmp(target, "-") != 0)
		return write_file(target, data, length, error);
	/* What was printed before stands before it. */
	fflush(stdout);
	int number = write_all(STDOUT_FILENO, data, length);
	if (number != 0)
		return status_set(error, STATUS_FILE, "cannot write to standard output: %s",
				  strerror(number));
	return 0;
}
