/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an authority has issued: its certificates are the index.
 */
#ifndef KEYRINGS_PKI_ISSUED_H
#define KEYRINGS_PKI_ISSUED_H

#include <stdbool.h>

#include "pki/authority.h"

struct issued {
	gnutls_x509_crt_t crt;
	char *serial;		/* hexadecimal */
	GArray *names;		/* of struct altname; the first is the host */
	unsigned int purposes;	/* bits of enum pkicert_purpose */
	time_t from, until;
	time_t revoked;		/* 0: it is not */
};

/**
 * issued_read - all of them, by their beginning
 * @all: of struct issued; g_ptr_array_unref() it
 *
 * A file that is no certificate of this authority is left out, with a warning. Returns 0 or STATUS_FILE.
 */
int issued_read(const struct authority *authority, GPtrArray **all, GError **error);

/** issued_host - the name that it was issued for; NULL when there is none */
const char *issued_host(const struct issued *issued);

/** issued_state - "valid", "expired" or "revoked" */
const char *issued_state(const struct issued *issued);

/** issued_find_host - the newest one of a host that is not revoked; NULL for none */
const struct issued *issued_find_host(const GPtrArray *all, const char *host);

#endif
