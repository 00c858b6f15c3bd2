/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A private certificate authority, which is a folder:
 *
 *	ca.crt			its certificate, the trust anchor of all peers
 *	ca.key			its private key
 *	ca.crl			its revocation list, the only record of what was revoked
 *	issued/SERIAL.crt	each certificate that it has issued; there is no other index
 *	hosts/HOST.crt, .key	what a host gets, as long as it is not written elsewhere
 *
 * The folder is its own lock (flock(2)): one program changes it at a time, and those that read see one state.
 */
#ifndef KEYRINGS_PKI_AUTHORITY_H
#define KEYRINGS_PKI_AUTHORITY_H

#include <glib.h>
#include <gnutls/x509.h>

#include "pki/batch.h"
#include "secret.h"

#define AUTHORITY_CERTIFICATE "ca.crt"
#define AUTHORITY_KEY "ca.key"
#define AUTHORITY_LIST "ca.crl"
#define AUTHORITY_ISSUED "issued"
#define AUTHORITY_HOSTS "hosts"
#define AUTHORITY_FILE_MAX (1024 * 1024 - 1)	/* bytes of a file in it; of a list that is some 25,000 entries */

struct authority {
	char *folder;			/* absolute */
	int lock;			/* its descriptor */
	gnutls_x509_crt_t crt;
	gnutls_x509_crl_t crl;		/* NULL: lost, with AUTHORITY_LISTLESS only */
	gnutls_x509_privkey_t key;	/* NULL unless it was opened to sign */
};

enum authority_use {
	AUTHORITY_READ,
	AUTHORITY_SIGN,		/* nobody else may use it meanwhile, and its certificate has to be valid */
	AUTHORITY_LISTLESS,	/* the same, and the revocation list may be missing */
};

struct authority_wish {
	const char *folder;		/* which is made; its parent has to exist */
	const char *name;		/* common name; NULL for the default */
	gnutls_pk_algorithm_t type;
	unsigned int days;
	unsigned int list_days;		/* of its first revocation list */
	gnutls_x509_name_constraints_t constraints;	/* NULL for none */
	struct secret *password;	/* NULL: the key is not encrypted */
};

/**
 * authority_create - make one
 *
 * The folder appears when all is in it. Returns 0 or an enum status: STATUS_EXISTS if the folder exists and is not empty.
 */
int authority_create(const struct authority_wish *wish, GError **error);

/**
 * authority_open - use one
 * @password_file: for its key; NULL for none, and ignored when nothing is to be signed
 * @authority: authority_free() it; NULL on failure
 *
 * Waits for other programs that use it, and says so. Returns 0, STATUS_FILE, STATUS_INPUT for files that are damaged or do not
 * belong together, or STATUS_EXPIRED.
 */
int authority_open(const char *folder, enum authority_use use, const char *password_file, struct authority **authority,
		   GError **error);

/** authority_free - let go of it; NULL is fine */
void authority_free(struct authority *authority);

/** authority_path - the path of a file in it; g_free() it */
char *authority_path(const struct authority *authority, const char *name);

/** authority_publish - replace the revocation list, and in @authority, which takes @crl over even if this fails */
int authority_publish(struct authority *authority, gnutls_x509_crl_t crl, GError **error);

#endif
