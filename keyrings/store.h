/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's keyrings, as one command changes them: all of its changes stay, or none.
 *
 * Every change is written down, with the key that was in the place held meanwhile. store_keep()
 * makes them final; store_free() without it takes them back, the last one first. So a command is
 *
 *	store = store_new(&error);
 *	... store_add(), store_remove() ...
 *	if (status == 0)
 *		store_keep(store);
 *	store_free(store);
 *
 * From the first change on, signals that would end the program wait until then.
 *
 * What is used is possessed by way of the process keyring, which ends with the program and changes
 * nobody's session.
 */
#ifndef KEYRINGS_STORE_H
#define KEYRINGS_STORE_H

#include <keyutils.h>
#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "secret.h"

#define STORE_NVME ".nvme"
#define STORE_NFS ".nfs"
#define STORE_PSK "psk"
#define STORE_USER "user"

#define STORE_KEYS_MAX 65536 /* of one keyring that are looked at */
#define STORE_PAYLOAD_MAX 32767 /* of a key of type psk or user (security/keys/user_defined.c) */
#define STORE_DESCRIPTION_MAX 4095 /* bytes (KEY_MAX_DESC_SIZE, with the zero) */

/* What the kernel gives its own keys: possessor all, owner view, read and search. */
#define STORE_PERMISSIONS (KEY_POS_ALL | KEY_USR_VIEW | KEY_USR_READ | KEY_USR_SEARCH)

struct store;

struct store_entry {
	key_serial_t serial;
	char *type; /* NULL, with @description: @error says why */
	char *description;
	uid_t owner;
	key_perm_t permissions;
	int error; /* errno of looking and reading: EKEYEXPIRED, EACCES ... */
	long size; /* bytes of the payload, where @error is 0 */
};

/** store_name - what a keyring is called, for messages, or its number; g_free() it */
char *store_name(key_serial_t keyring);

/** store_entry_free - of one that was taken out of a list; NULL is fine */
void store_entry_free(struct store_entry *entry);

/** store_new - ready to work; NULL with @error set where this kernel has no key service */
struct store *store_new(GError **error);

/** store_free - take back what was not kept, and let go of everything; NULL is fine */
void store_free(struct store *store);

/** store_keep - what was changed until now stays */
void store_keep(struct store *store);

/**
 * store_keyring - find a keyring and possess it
 * @name: ".nvme", ".nfs" or another name (of root's keyrings for root; of one's own, then of
 *	root's, for other users: any user can make a keyring with any name); a serial number,
 *	decimal or with 0x; or @u, @s, @us, @p as in keyctl(1)
 * @keyring: its serial
 *
 * Returns 0 or an enum status; STATUS_KEYRING with the module in the message for one that is not
 * there.
 */
int store_keyring(struct store *store, const char *name, key_serial_t *keyring, GError **error);

/**
 * store_list - the keys of a keyring, not those of keyrings within it
 * @type: only those of this type, and those that are expired or revoked, whose type the kernel does
 *	not say; NULL for all
 * @entries: of struct store_entry, by description; g_ptr_array_unref() it
 */
int store_list(struct store *store, key_serial_t keyring, const char *type, GPtrArray **entries,
	       GError **error);

/**
 * store_find - the key of exactly this description; the kernel's own search takes a prefix for a
 * match with type psk
 * @serial: 0 where there is none, which is no error
 *
 * One that is expired or revoked is not found, and not in the way: store_add() takes its place.
 */
int store_find(struct store *store, key_serial_t keyring, const char *type, const char *description,
	       key_serial_t *serial, GError **error);

/**
 * store_read - a key's payload
 * @payload: secret_free() it
 */
int store_read(struct store *store, key_serial_t serial, struct secret **payload, GError **error);

struct store_key {
	const char *type; /* STORE_PSK or STORE_USER */
	const char *description;
	const void *payload;
	size_t size;
	unsigned int timeout_s; /* expires after so many seconds; 0: never */
};

/**
 * store_add - put a key into a keyring, in the place of one with the same type and description
 * @serial: of the new key; may be NULL
 *
 * The key appears with its permissions (STORE_PERMISSIONS) and its time-out at once. Whether
 * something is replaced is for the caller to ask before, with store_find().
 */
int store_add(struct store *store, key_serial_t keyring, const struct store_key *key,
	      key_serial_t *serial, GError **error);

/**
 * store_remove - unlink a key from a keyring; it lives on where else it is linked. STATUS_NOT_FOUND
 * if it is not there
 */
int store_remove(struct store *store, key_serial_t keyring, key_serial_t serial, GError **error);

/**
 * store_update - give a key of type user another content
 *
 * Its serial number stays, and its time-out ends. Taken back with the old content, but without the time-out that it had.
 */
int store_update(struct store *store, key_serial_t serial, const void *payload, size_t size, GError **error);

/** store_expire - let a key expire after so many seconds, 0 for never. Not taken back. */
int store_expire(struct store *store, key_serial_t serial, unsigned int timeout_s, GError **error);

#endif
