/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private key's file: opened and judged while the process is root, read only when it no longer is.
 */
#ifndef TLSHD_KEEPER_KEYFILE_H
#define TLSHD_KEEPER_KEYFILE_H

#include <stddef.h>
#include <stdint.h>

#define KEYFILE_SIZE_MAX (64 * 1024)	/* bytes; RSA-8192 in PEM takes 6.4 KiB */

struct keyfile;

/**
 * keyfile_open - open a file and look at its kind, owner and mode
 * @path: the file; symbolic links are followed
 * @out: the file; free with keyfile_close()
 * @why: room for the rest of a sentence that begins with the file's name
 * @room: bytes of @why
 *
 * Never blocks, whatever @path is, and reads nothing. A file that others may read or write is refused; one that its
 * group may read or write, or that is not root's, is taken with a warning.
 *
 * Returns 0, with a warning in @why or an empty string there; or a negative errno with the reason and the remedy in
 * @why: -EPERM for the mode, -EINVAL for what is no regular file, -EFBIG, -ENODATA for an empty one, or open(2)'s.
 */
int keyfile_open(const char *path, struct keyfile **out, char *why, size_t room);

/**
 * keyfile_read - the file's content
 * @file: from keyfile_open()
 * @data: the content, secret; wipe and free with keyfile_wipe()
 * @size: its bytes
 *
 * Returns 0 or a negative errno: -EFBIG, -ENODATA when the file changed since, -ENOMEM, or pread(2)'s.
 */
int keyfile_read(const struct keyfile *file, uint8_t **data, size_t *size);

/** keyfile_wipe - wipe and free what keyfile_read() returned; NULL is fine */
void keyfile_wipe(uint8_t *data, size_t size);

/** keyfile_close - NULL is fine */
void keyfile_close(struct keyfile *file);

#endif
