// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "type;uid;gid;permissions;description" (keyctl_describe(3)).
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <glib.h>

#include "keyinfo.h"

/* Where the description begins, behind four semicolons; NULL if it does not. */
static const char *find_description(const char *text)
{
	const char *at = text;

	for (int field = 0; field < 4; field++) {
		at = strchr(at, ';');
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

static int describe(key_serial_t serial, char text[KEYINFO_MAX], const char **description)
{
	long length = keyctl_describe(serial, text, KEYINFO_MAX);

	if (length < 0)
		return -errno;
	*description = length > KEYINFO_MAX ? NULL : find_description(text);
	return *description ? 0 : -EINVAL;
}

int keyinfo_get(key_serial_t serial, struct keyinfo *info)
{
	unsigned int owner, group, permissions;
	int ret = describe(serial, info->text, &info->description);

	if (ret < 0)
		return ret;
	char *end = strchr(info->text, ';');
	if (sscanf(end, ";%u;%u;%x;", &owner, &group, &permissions) != 3)
		return -EINVAL;
	*end = '\0';
	info->type = info->text;
	info->owner = owner;
	info->group = group;
	info->permissions = permissions;
	return 0;
}

int keyinfo_read(key_serial_t serial, const char *type, char text[KEYINFO_MAX], uid_t *owner, const char **description)
{
	size_t name = strlen(type);
	int ret = describe(serial, text, description);

	if (ret < 0)
		return ret;
	if (strncmp(text, type, name) != 0 || text[name] != ';')
		return -EINVAL;
	if (owner)
		*owner = strtoul(text + name + 1, NULL, 10);
	return 0;
}

static bool is_named(key_serial_t serial, const char *name, uid_t *owner)
{
	char text[KEYINFO_MAX];
	const char *description;

	return keyinfo_read(serial, "keyring", text, owner, &description) == 0 && strcmp(description, name) == 0;
}

/*
 * /proc/keys needs no storage. Any user can write lines into a description, so it is the kernel's description of the key that
 * counts, and its owner.
 */
key_serial_t keyinfo_find_keyring(const char *name, uid_t owner, uid_t *stranger)
{
	g_autofree char *keys = NULL;
	unsigned int serial;
	uid_t found;

	if (!g_file_get_contents("/proc/keys", &keys, NULL, NULL))
		return 0;
	for (char *line = keys, *next; line && *line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (!strstr(line, name) || sscanf(line, "%x", &serial) != 1 || !is_named(serial, name, &found))
			continue;
		if (found == owner)
			return serial;
		*stranger = found;
	}
	return 0;
}

/* A list that does not fit is not copied at all, and it may grow meanwhile. */
long keyinfo_list(key_serial_t keyring, size_t max, key_serial_t **serials)
{
	size_t room = 64 * sizeof(**serials);

	for (;;) {
		*serials = g_realloc(*serials, room);
		long size = keyctl_read(keyring, (char *)*serials, room);
		if (size < 0)
			return -errno;
		if ((size_t)size <= room)
			return size / sizeof(**serials);
		if ((size_t)size > max * sizeof(**serials))
			return -E2BIG;
		room = size;
	}
}
