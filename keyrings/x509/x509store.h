/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Identities in a keyring: two keys of type user, one with the certificate and one with the private
 * key, in DER, under a name.
 *
 * Their descriptions are "NAME.GENERATION.crt" and "NAME.GENERATION.key". A name has one
 * generation, numbered 1, until it is rotated: then the new pair, numbered one higher, stands
 * beside the old one, whose serial numbers mounts go on using. The newest is the one that the name
 * stands for.
 *
 * Keys that others have put there, with other descriptions, have no name here; they are listed, and
 * found by serial number.
 */
#ifndef KEYRINGS_X509STORE_H
#define KEYRINGS_X509STORE_H

#include "certificate.h"
#include "identity.h"
#include "store.h"

#define X509STORE_NAME_MAX 128 /* bytes */

enum x509_match {
	X509_MATCH_UNKNOWN, /* one of the two is not there, or cannot be read */
	X509_MATCH_YES,
	X509_MATCH_NO,
};

/* A certificate, its private key, or both. */
struct x509_pair {
	char *name; /* NULL: not put there by tlskey */
	unsigned int generation;
	struct store_entry *certificate, *key; /* NULL: not there */
	struct certificate *facts; /* NULL: the certificate cannot be read, or is none */
	GBytes *spki;		   /* of the private key; NULL as above */
	enum x509_match match;
};

struct x509_serials {
	key_serial_t certificate, key;
	unsigned int generation;
	gboolean unchanged; /* x509store_put(): this very pair was there already */
};

enum x509_place {
	X509_NEW,     /* nothing usable of this name is there yet, or the same pair */
	X509_REPLACE, /* in the place of the newest pair: other serial numbers, and the old ones are
			 gone */
	X509_BESIDE,  /* as the next generation of a name that is there */
	X509_IN_PLACE, /* into the keys of the newest pair: the serial numbers stay */
};

/**
 * x509store_name - is this a name? Up to X509STORE_NAME_MAX of letters, digits and ._-@:+, not a
 * number, not with a punctuation mark first. Returns 0, or STATUS_USAGE with @error set.
 */
int x509store_name(const char *name, GError **error);

/**
 * x509store_list - all pairs of a keyring
 * @pairs: of struct x509_pair: those with a name first, by name, the newest generation first;
 * g_ptr_array_unref() it
 *
 * Private keys are read to compare them with their certificates, and wiped.
 */
int x509store_list(struct store *store, key_serial_t keyring, GPtrArray **pairs, GError **error);

/**
 * x509store_find - pairs by name or by the serial number of one of their keys
 * @which: a name stands for all of its generations, a serial number for the one pair
 * @pairs: at least one, the newest first; g_ptr_array_unref() it
 *
 * Returns 0 or an enum status; STATUS_NOT_FOUND.
 */
int x509store_find(struct store *store, key_serial_t keyring, const char *which, GPtrArray **pairs,
		   GError **error);

/**
 * x509store_usable - can a mount use this pair? Returns 0, or with @error set STATUS_NOT_FOUND
 * where a half is missing, STATUS_EXPIRED, STATUS_PERMISSION, or STATUS_INPUT where the two do not
 * belong together.
 */
int x509store_usable(const struct x509_pair *pair, GError **error);

/**
 * x509store_put - put an identity into a keyring
 * @name: x509store_name() holds
 * @serials: may be NULL
 *
 * Final with store_keep(), as all that a store does. Where the newest pair of this name has the
 * same content, and can be used, nothing is done, whatever @place says. Returns 0 or an enum
 * status: STATUS_EXISTS for X509_NEW, STATUS_NOT_FOUND for X509_BESIDE and X509_IN_PLACE,
 * STATUS_EXPIRED for X509_IN_PLACE: the kernel changes no expired key.
 */
int x509store_put(struct store *store, key_serial_t keyring, const char *name,
		  const struct identity *identity, enum x509_place place,
		  struct x509_serials *serials, GError **error);

/** x509store_remove - both keys of a pair, or the one that is there */
int x509store_remove(struct store *store, key_serial_t keyring, const struct x509_pair *pair,
		     GError **error);

/**
 * x509store_mount_options - what a mount's options have to name, of the newest pair
 * @which: as for x509store_find()
 * @options: "cert_serial=123,privkey_serial=456"; g_free() it
 *
 * Returns 0 or an enum status as x509store_find() and x509store_usable(). A certificate that is
 * outdated or not yet valid is warned of, and no failure.
 */
int x509store_mount_options(struct store *store, key_serial_t keyring, const char *which,
			    char **options, GError **error);

/** x509store_options - the same text of two serial numbers that are known; g_free() it */
char *x509store_options(key_serial_t certificate, key_serial_t key);

#endif
