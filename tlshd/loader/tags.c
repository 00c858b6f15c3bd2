// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking for definitions of session tags: somebody may rely on them.
 */
#include <config.h>

#include <glib.h>

#include "loader/tags.h"

void tags_check(const char *folder, struct problems *problems)
{
	const struct place place = { folder, 0, NULL };
	unsigned int files = 0;
	const char *name;

	GDir *dir = g_dir_open(folder, 0, NULL);
	if (!dir)
		return;
	while ((name = g_dir_read_name(dir)))
		files += g_str_has_suffix(name, ".yml") || g_str_has_suffix(name, ".yaml");
	g_dir_close(dir);
	if (files > 0)
		problems_warning(problems, &place, "%u file%s with session tags: this version gives no tags to sessions, so "
				 "nothing may depend on them; move the file%s away to be rid of this warning", files,
				 files == 1 ? "" : "s", files == 1 ? "" : "s");
}
