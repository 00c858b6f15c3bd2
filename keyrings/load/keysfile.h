/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading one file of SYSCONFDIR/tlshd/keys.d: GLib parses it, the table in keysfile.c says what is allowed, and each
 * mistake is said with its line. tlskey(8), "Keys at boot", describes the format.
 */
#ifndef KEYRINGS_KEYSFILE_H
#define KEYRINGS_KEYSFILE_H

#include <glib.h>

/**
 * keysfile_parse - read the entries of a file
 * @file: its absolute path, for messages, and as the folder that relative paths in it start from
 * @text, @size: its contents; any bytes
 * @entries: of struct keyentry, which get those of this file, in its order. One that holds mistakes is among them, with
 *its faults; what is wrong with the file as a whole is an entry without a section
 *
 * Nothing that stands in the file but names of sections and settings is in a message, unless it can be no secret: who
 *has pasted a key there must not find it in a log.
 */
void keysfile_parse(const char *file, const char *text, gsize size, GPtrArray *entries);

#endif
