/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An entry of the configuration of `tlskey load`: a key that is to be in a keyring, and where its material comes from.
 * One section of a file in SYSCONFDIR/tlshd/keys.d is one entry.
 */
#ifndef KEYRINGS_KEYENTRY_H
#define KEYRINGS_KEYENTRY_H

#include <glib.h>

#include "status.h"

enum keyentry_type {
	KEYENTRY_UNKNOWN,
	KEYENTRY_NVME_PSK,
	KEYENTRY_X509,
};

struct keyentry {
	char *file;
	unsigned int line; /* of its section; 0: this is no entry, but what is wrong with the file as a whole */
	char *section;	   /* its name in messages; NULL where @line is 0 */
	GPtrArray *faults; /* of char *, whole lines for a person; as long as there is one, it is not loaded */
	int status;	   /* enum status of the faults: STATUS_INPUT, or STATUS_FILE for a file that was not read */

	/* What is missing because it is misspelt or was not taken; the fault for that is there already. */
	gboolean no_source;
	gboolean no_subsystem;

	enum keyentry_type type;
	char *keyring;
	gboolean replace; /* may it take the place of another key? */
	/* Sources, as material_read() takes them: absolute paths, or "credential:NAME"; NULL where there is none. */
	char *source;
	char *cert;
	char *key;
	char *pkcs12;
	char *password;
	/* nvme-psk */
	char *hostnqn; /* NULL: this host's */
	char *subsysnqn;
	char *identity; /* "0", "1" or "both" */
	gboolean compat;
	/* x509 */
	char *name; /* of certificate and private key in the keyring */
};

/** keyentry_new - an entry without anything but its place; keyentry_free() it */
struct keyentry *keyentry_new(const char *file, unsigned int line, const char *section);
void keyentry_free(struct keyentry *entry);

/**
 * keyentry_fault - something is wrong with it
 * @line: where; 0 for the file as a whole
 * @key: which setting; NULL for none
 *
 * The message is FILE:LINE: KEY: what is wrong, and what to do.
 */
void keyentry_fault(struct keyentry *entry, unsigned int line, const char *key, const char *format, ...)
	G_GNUC_PRINTF(4, 5);

/** keyentry_broken - was there a fault? */
gboolean keyentry_broken(const struct keyentry *entry);

/** keyentry_type_name - as it is written: "nvme-psk", "x509"; "unknown" for none of them */
const char *keyentry_type_name(enum keyentry_type type);

#endif
