/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A descriptor in the main loop, as g_unix_fd_add() has it, without the care that GLib takes of callbacks that run the loop
 * again: it takes the descriptor out of its set for each call and puts it back afterwards, and either wakes the loop, by four
 * system calls in all. Here no callback runs the loop.
 */
#ifndef TLSHD_WATCH_H
#define TLSHD_WATCH_H

#include <glib-unix.h>

/** watch_fd - call @on_ready with @user when @fd is ready; returns what g_source_remove() takes */
guint watch_fd(int fd, GIOCondition condition, GUnixFDSourceFunc on_ready, void *user);

#endif
