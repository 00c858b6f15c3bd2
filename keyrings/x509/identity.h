/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An identity for mutual TLS: a certificate and its private key, from files to the form in which a
 * kernel's keyring has them.
 */
#ifndef KEYRINGS_IDENTITY_H
#define KEYRINGS_IDENTITY_H

#include <stdbool.h>

#include "certificate.h"
#include "secret.h"

#define IDENTITY_FILE_MAX (256 * 1024) /* bytes of one file */
#define IDENTITY_CHAIN_MAX 16	       /* certificates in one file */
#define IDENTITY_PASSWORD_MAX 1024     /* bytes */

/* Sources are as material_read() takes them: paths, "-", "credential:NAME". */
struct identity_source {
	const char *certificate; /* PEM with any number of certificates, or one in DER */
	const char *key;	 /* PEM or DER; NULL: in the same PEM file as the certificate */
	const char *pkcs12;	 /* instead of both */
	const char *password;	 /* of an encrypted key or PKCS#12 file, one line; may be NULL */
};

/* The same, read. */
struct identity_material {
	const char *name, *key_name; /* for messages: of certificate or PKCS#12 file, of the key */
	struct secret *certificate;
	struct secret *key;
	struct secret *pkcs12;
	struct secret *password;
};

struct identity {
	struct certificate *certificate;
	struct secret *key;	  /* PKCS#8, DER */
	GPtrArray *intermediates; /* of struct certificate: those above it in the source, from its
				     issuer on, without root */
	char *name;		  /* of the source, for messages */
};

/**
 * identity_load - read an identity and make sure that it is one
 * @identity: identity_free() it
 *
 * The certificate is the one whose public key is the private key's, wherever it stands in the file.
 * What comes back can be signed with by tlshd; whether peers will accept it is identity_check()'s
 * question. Returns 0 or an enum status: STATUS_USAGE, STATUS_FILE, STATUS_INPUT.
 */
int identity_load(const struct identity_source *source, struct identity **identity, GError **error);

/** identity_parse - the same from memory */
int identity_parse(const struct identity_material *material, struct identity **identity,
		   GError **error);

/** identity_free - wipe and free; NULL is fine */
void identity_free(struct identity *identity);

/** identity_is_token - does this name a certificate or key in a token, by URL, rather than a file? NULL does not */
bool identity_is_token(const char *source);

/**
 * identity_check - look for what servers would refuse
 * @now: seconds since 1970; validity is judged by it
 * @force: what would be an error is a warning only
 *
 * Warns of what is no error: one that expires soon, and intermediates that no mount option can
 * name. Returns 0, or with @error set STATUS_EXPIRED (also before it is valid) or STATUS_INPUT (key
 * usage, extended key usage, signature).
 */
int identity_check(const struct identity *identity, gint64 now, gboolean force, GError **error);

#endif
