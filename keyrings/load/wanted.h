/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an entry of the configuration to the keys that it stands for: read, checked and derived, compared with what is
 * in the keyring, and put there.
 */
#ifndef KEYRINGS_WANTED_H
#define KEYRINGS_WANTED_H

#include "x509/identity.h"
#include "keyentry.h"
#include "secret.h"
#include "store.h"

enum wanted_state {
	WANTED_MISSING,
	WANTED_PRESENT,	  /* with the same content */
	WANTED_DIFFERENT, /* another content is in its place */
	WANTED_DEAD,	  /* what is in its place is expired or revoked */
	WANTED_ADDED,
	WANTED_REPLACED,
};

struct wanted_key {
	const char *type; /* STORE_PSK or STORE_USER */
	char *description;
	struct secret *payload;
	enum wanted_state state;
	key_serial_t serial; /* 0 where there is none */
};

struct wanted {
	const struct keyentry *entry;
	GPtrArray *keys;	   /* of struct wanted_key */
	struct identity *identity; /* of an entry of type x509 */
	GError *doubt; /* a date speaks against it, and is no reason not to load it: clocks may be wrong at boot */
};

/**
 * wanted_make - the keys of an entry
 * @entry: without faults; has to outlive the result
 * @wanted: wanted_free() it, which wipes what is secret
 *
 * Returns 0 or an enum status, with @wanted NULL: STATUS_FILE, STATUS_INPUT ...
 */
int wanted_make(const struct keyentry *entry, struct wanted **wanted, GError **error);

/** wanted_free - NULL is fine */
void wanted_free(struct wanted *wanted);

/** wanted_add - one key more, which takes over @description and @payload */
void wanted_add(struct wanted *wanted, const char *type, char *description, struct secret *payload);

/** wanted_look - find what is in the places of the keys; sets their states, and serial numbers of what is there */
int wanted_look(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error);

/** wanted_put - after wanted_look(), put what is not there, in the place of what is different or dead; not kept yet */
int wanted_put(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error);

/*
 * What is special of a type. wanted_nvme() and wanted_x509() add the keys; wanted_x509_settle() gives them the
 * descriptions that a name has in this keyring; wanted_x509_put() is wanted_put() for this type.
 */
int wanted_nvme(struct wanted *wanted, GError **error);
int wanted_x509(struct wanted *wanted, GError **error);
int wanted_x509_settle(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error);
int wanted_x509_put(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error);

#endif
