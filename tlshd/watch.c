// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watching descriptors.
 */
#include <config.h>

#include "watch.h"

guint watch_fd(int fd, GIOCondition condition, GUnixFDSourceFunc on_ready, void *user)
{
	g_autoptr(GSource) source = g_unix_fd_source_new(fd, condition);

	g_source_set_can_recurse(source, TRUE);
	g_source_set_callback(source, G_SOURCE_FUNC(on_ready), user, NULL);
	return g_source_attach(source, NULL);
}
