/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Key pairs of authorities and hosts.
 *
 * ECDSA with P-256 is the default: ecdsa_secp256r1_sha256 is the one elliptic-curve signature that each implementation of TLS
 * 1.3 has to have (RFC 8446, 9.1), storage appliances and FIPS-bound systems included, and this holds for the signature of the
 * certificate, too. Ed25519 is a little faster, for sites that know all of their peers: tlshd, ktls-utils, FreeBSD.
 */
#ifndef KEYRINGS_PKI_KEYPAIR_H
#define KEYRINGS_PKI_KEYPAIR_H

#include <glib.h>
#include <gnutls/x509.h>

#include "secret.h"

/**
 * keypair_parse - read a type's name, "ecdsa" or "ed25519"
 * @text: NULL stands for the default, that is @otherwise
 *
 * Returns 0 or STATUS_USAGE.
 */
int keypair_parse(const char *text, gnutls_pk_algorithm_t otherwise, gnutls_pk_algorithm_t *type, GError **error);

/** keypair_name - "ecdsa", "ed25519", or the library's word for another */
const char *keypair_name(gnutls_pk_algorithm_t type);

/** keypair_generate - make one; gnutls_x509_privkey_deinit() it. NULL with @error set when the library cannot */
gnutls_x509_privkey_t keypair_generate(gnutls_pk_algorithm_t type, GError **error);

/** keypair_hash - what certificates are signed with by a key of this type */
gnutls_digest_algorithm_t keypair_hash(gnutls_pk_algorithm_t type);

/**
 * keypair_export - as PKCS#8, PEM
 * @password: encrypts it; NULL for none
 * @pem: secret_free() it
 */
int keypair_export(gnutls_x509_privkey_t key, struct secret *password, struct secret **pem, GError **error);

/**
 * keypair_import - read what keypair_export() wrote
 * @name: of the file, for messages
 * @key: gnutls_x509_privkey_deinit() it
 *
 * Returns 0; STATUS_INPUT for a file that is no key, for a wrong password and for one that is missing.
 */
int keypair_import(struct secret *pem, struct secret *password, const char *name, gnutls_x509_privkey_t *key, GError **error);

/** keypair_password - read a password: the first line of a file; NULL for NULL. Returns 0, STATUS_FILE or STATUS_INPUT. */
int keypair_password(const char *file, struct secret **password, GError **error);

#endif
