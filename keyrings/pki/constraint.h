/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Name constraints of an authority (RFC 5280, 4.2.1.10): the DNS domains and IP ranges that its certificates may name.
 *
 * Once something is permitted, all else is not. RFC 5280 takes a kind of name of which no constraint speaks for unconstrained, so
 * for each kind (DNS, IPv4, IPv6) of which nothing is permitted, all of it is excluded. Peers differ: OpenSSL enforces all of
 * this; GnuTLS (3.7.9, 3.8.13) looks at DNS names only when it verifies a chain. What this program signs obeys all of it.
 */
#ifndef KEYRINGS_PKI_CONSTRAINT_H
#define KEYRINGS_PKI_CONSTRAINT_H

#include <glib.h>
#include <gnutls/x509.h>

/**
 * constraint_parse - read what shall be permitted
 * @permits: ends with NULL: "example.net" (the domain and all below it), "192.0.2.0/24", "2001:db8::/32", or an address; NULL or
 *	empty for no constraints
 * @constraints: gnutls_x509_name_constraints_deinit() it; NULL for none
 *
 * Returns 0 or STATUS_USAGE.
 */
int constraint_parse(const char *const *permits, gnutls_x509_name_constraints_t *constraints, GError **error);

/**
 * constraint_check - may this authority certify all of these names?
 * @names: of struct altname
 *
 * Returns 0, or STATUS_INPUT with the name and what is permitted in the message.
 */
int constraint_check(gnutls_x509_crt_t authority, const GArray *names, GError **error);

/** constraint_list - what is permitted, as text: "example.net", "192.0.2.0/24"; empty without constraints. Unref it. */
GPtrArray *constraint_list(gnutls_x509_crt_t authority);

#endif
