/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The folder of the files that say which keys are to be loaded.
 */
#ifndef KEYRINGS_KEYSFOLDER_H
#define KEYRINGS_KEYSFOLDER_H

#include <glib.h>

#define KEYSFOLDER_USUAL SYSCONFDIR "/tlshd/keys.d"
#define KEYSFOLDER_SUFFIX ".conf"
#define KEYSFOLDER_FILE_MAX (256 * 1024) /* bytes of a file */

/**
 * keysfolder_read - read all files *.conf of a folder, in the order of their names
 * @path: of the folder
 * @entries: of struct keyentry; g_ptr_array_unref() it. What is wrong is in them: of two entries with the same name the
 *second one has a fault, and a file that others than root and the caller could change is one fault, not read
 *
 * Returns 0, or STATUS_FILE for a folder that is not there, cannot be read or cannot be trusted.
 */
int keysfolder_read(const char *path, GPtrArray **entries, GError **error);

#endif
