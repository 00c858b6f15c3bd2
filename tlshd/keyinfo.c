// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "type;uid;gid;permissions;description" (keyctl_describe(3)).
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "keyinfo.h"

int keyinfo_read(key_serial_t serial, const char *type, char text[KEYINFO_MAX], uid_t *owner, const char **description)
{
	size_t name = strlen(type);
	long length = keyctl_describe(serial, text, KEYINFO_MAX);

	if (length < 0)
		return -errno;
	if (length > KEYINFO_MAX || strncmp(text, type, name) != 0 || text[name] != ';')
		return -EINVAL;
	const char *at = text + name + 1;
	if (owner)
		*owner = strtoul(at, NULL, 10);
	for (int field = 0; field < 3; field++) {
		at = strchr(at, ';');
		if (!at)
			return -EINVAL;
		at++;
	}
	*description = at;
	return 0;
}
