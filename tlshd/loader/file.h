/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A file's bytes, read while the loader is still root and understood only after it is not.
 */
#ifndef TLSHD_LOADER_FILE_H
#define TLSHD_LOADER_FILE_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>

#define FILE_CONFIG_MAX (1u << 20)
#define FILE_PEM_MAX (8u << 20)

/**
 * file_read - read a regular file
 * @path: its path
 * @limit: more bytes than that are refused
 * @problem: on failure, a sentence that says what is wrong and what to do, without the path; g_free()
 * @notice: NULL, or a sentence of the same kind about an owner or a mode that lets others than root change the file
 *
 * Never waits for a FIFO or device. The bytes are wiped when the last reference goes: a file of certificates may hold a
 * private key, too. Returns NULL on failure.
 */
GBytes *file_read(const char *path, size_t limit, char **problem, char **notice);

/** file_is_open - may others than its owner read this file? */
bool file_is_open(const char *path);

/**
 * file_check - is this a regular file?
 *
 * Does not open it. Returns NULL, or a sentence as file_read() does.
 */
char *file_check(const char *path);

#endif
