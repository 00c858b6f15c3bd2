/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The authority's revocation list (RFC 5280, 5). It is the only record of what was revoked: each new list has all entries of
 * the one before.
 */
#ifndef KEYRINGS_PKI_REVOCATION_H
#define KEYRINGS_PKI_REVOCATION_H

#include <stdbool.h>
#include <time.h>

#include <glib.h>
#include <gnutls/x509.h>

/**
 * revocation_make - sign a new list
 * @old: the list before, whose entries are taken over; NULL for none
 * @revoked: of gnutls_x509_crt_t, entries to be added; NULL for none
 * @days: until the next list, at most until the authority's end
 *
 * Its number is higher than any before, as far as this machine's clock is right (RFC 5280, 5.2.3).
 * gnutls_x509_crl_deinit() it. NULL with @error set.
 */
gnutls_x509_crl_t revocation_make(gnutls_x509_crt_t authority, gnutls_x509_privkey_t key, gnutls_x509_crl_t old,
				  const GPtrArray *revoked, unsigned int days, GError **error);

/** revocation_pem - the list as PEM; g_free() it */
char *revocation_pem(gnutls_x509_crl_t crl);

/**
 * revocation_times - when each was revoked
 *
 * Returns a table of serial numbers as pkicert_serial() has them, to time_t *. g_hash_table_unref() it.
 */
GHashTable *revocation_times(gnutls_x509_crl_t crl);

#endif
