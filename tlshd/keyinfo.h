/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel says of a key: its type, its owner, its permissions and its description.
 */
#ifndef TLSHD_KEYINFO_H
#define TLSHD_KEYINFO_H

#include <keyutils.h>
#include <stddef.h>
#include <sys/types.h>

#define KEYINFO_MAX (4096 + 64)	/* KEY_MAX_DESC_SIZE, security/keys/keyctl.c, and what stands before it */

struct keyinfo {
	char text[KEYINFO_MAX];		/* holds what the pointers point to */
	const char *type;
	const char *description;	/* may hold semicolons itself */
	uid_t owner;
	gid_t group;
	key_perm_t permissions;
};

/**
 * keyinfo_get - all of it
 *
 * Needs permission to view the key, and no more. Returns 0 or a negative errno: -EKEYEXPIRED or -EKEYREVOKED for a key of which
 * the kernel says nothing any more.
 */
int keyinfo_get(key_serial_t serial, struct keyinfo *info);

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

/**
 * keyinfo_find_keyring - a user's keyring by its name
 * @owner: whose it has to be. A name is nobody's alone: any user can make a keyring that is called like root's
 * @stranger: owner of another one of this name, where only such a one is there; else left alone
 *
 * Looks at the keyrings that the caller may view (/proc/keys). Returns its serial, or 0 where there is none.
 */
key_serial_t keyinfo_find_keyring(const char *name, uid_t owner, uid_t *stranger);

/**
 * keyinfo_list - the serials of what is linked into a keyring itself
 * @max: more keys than so many are not looked at
 * @serials: g_free() it, also after an error; NULL before the call
 *
 * Returns how many, or a negative errno; -E2BIG for more than @max.
 */
long keyinfo_list(key_serial_t keyring, size_t max, key_serial_t **serials);

#endif
