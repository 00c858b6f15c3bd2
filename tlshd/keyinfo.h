/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of a key: its type, its owner and its description.
 */
#ifndef TLSHD_KEYINFO_H
#define TLSHD_KEYINFO_H

#include <keyutils.h>
#include <stddef.h>
#include <sys/types.h>

#define KEYINFO_MAX (4096 + 64)	/* KEY_MAX_DESC_SIZE, security/keys/keyctl.c, and what stands before it */

/**
 * keyinfo_read
 * @type: what the key has to be
 * @text: room for the description, which may hold semicolons itself
 * @owner: of the key; may be NULL
 * @description: within @text
 *
 * Returns 0, -EINVAL for a key of another type, or another negative errno.
 */
int keyinfo_read(key_serial_t serial, const char *type, char text[KEYINFO_MAX], uid_t *owner, const char **description);

#endif
