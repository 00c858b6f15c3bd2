// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The old place of the configuration and the one of today.
 */
#include <config.h>

#include <sys/stat.h>

#include <glib.h>

#include "loader/configplace.h"

const char *configplace_choose(const char *legacy, const char *usual, char **notice)
{
	struct stat old, new;

	*notice = NULL;
	if (stat(legacy, &old) < 0)
		return usual;
	if (stat(usual, &new) < 0) {
		*notice = g_strdup_printf("%s is the configuration in use; its place today is %s: move it there", legacy, usual);
		return legacy;
	}
	/* A link for those who know the old name only. */
	if (old.st_dev == new.st_dev && old.st_ino == new.st_ino)
		return usual;
	*notice = g_strdup_printf("%s is the configuration in use, and %s is not read: keep one of them, in the place of the "
				  "latter", legacy, usual);
	return legacy;
}
