/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an entry of the configuration to the keys that it stands for: read, checked and derived, as they are to be in the
 * keyring.
 */
#ifndef KEYRINGS_WANTED_H
#define KEYRINGS_WANTED_H

#include <keyutils.h>

#include "keyentry.h"
#include "secret.h"

enum wanted_state {
	WANTED_MISSING,
	WANTED_PRESENT,		/* with the same content */
	WANTED_DIFFERENT,	/* another content is in its place */
	WANTED_DEAD,		/* what is in its place is expired or revoked */
	WANTED_ADDED,
	WANTED_REPLACED,
};

struct wanted {
	const char *type;	/* STORE_PSK or STORE_USER */
	char *description;
	struct secret *payload;
	unsigned int timeout_s;	/* 0: never expires */
	/* What was found or done; set by keyloading.c. */
	enum wanted_state state;
	key_serial_t serial;	/* 0 where there is none */
};

/**
 * wanted_make - the keys of an entry
 * @entry: without faults
 * @keys: of struct wanted, in the order in which they go into the keyring; g_ptr_array_unref() wipes them
 *
 * Returns 0 or an enum status, with @keys NULL: STATUS_FILE, STATUS_INPUT ...
 */
int wanted_make(const struct keyentry *entry, GPtrArray **keys, GError **error);

/** wanted_add - one key more in such an array, which takes over @description and @payload */
void wanted_add(GPtrArray *keys, const char *type, char *description, struct secret *payload, unsigned int timeout_s);

/** wanted_nvme, wanted_x509 - what wanted_make() does for these types; both fill an array that is there */
int wanted_nvme(const struct keyentry *entry, GPtrArray *keys, GError **error);
int wanted_x509(const struct keyentry *entry, GPtrArray *keys, GError **error);

#endif
