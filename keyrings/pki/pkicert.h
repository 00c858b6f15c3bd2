/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Certificates as this site's authority has and makes them (RFC 5280).
 */
#ifndef KEYRINGS_PKI_PKICERT_H
#define KEYRINGS_PKI_PKICERT_H

#include <time.h>

#include <glib.h>
#include <gnutls/x509.h>

#define PKICERT_BACKDATE_S 3600	/* clocks differ: certificates and lists begin so many seconds ago */
#define PKICERT_DAYS_MAX 36500
#define PKICERT_NAME_MAX 64		/* characters of a common name (RFC 5280, A.1: ub-common-name) */

enum pkicert_purpose {
	PKICERT_CLIENT = 1 << 0,
	PKICERT_SERVER = 1 << 1,
};

/* What a certificate is to say. */
struct pkicert_wish {
	const GArray *names;		/* of struct altname, at least one; the first is the host */
	unsigned int purposes;		/* bits of enum pkicert_purpose */
	unsigned int days;
	time_t after;			/* the host's last one begins at this time, and this one later; 0: there is none */
};

/**
 * pkicert_self_signed - make an authority's: path length 0, for certificates and revocation lists
 * @name: its common name; NULL for one of this machine's name and the key's identifier, which no other authority has
 * @constraints: NULL for none
 *
 * gnutls_x509_crt_deinit() it. NULL with @error set.
 */
gnutls_x509_crt_t pkicert_self_signed(gnutls_x509_privkey_t key, const char *name, unsigned int days,
					  gnutls_x509_name_constraints_t constraints, GError **error);

/**
 * pkicert_issue - make a host's
 * @key: the host's
 * @authority, @authority_key: who signs; the certificate ends with the authority's at the latest
 *
 * What was made is verified as a peer will, before it is handed out. gnutls_x509_crt_deinit() it. NULL with @error set.
 */
gnutls_x509_crt_t pkicert_issue(const struct pkicert_wish *wish, gnutls_x509_privkey_t key, gnutls_x509_crt_t authority,
				    gnutls_x509_privkey_t authority_key, GError **error);

/** pkicert_pem - the certificate as PEM; g_free() it */
char *pkicert_pem(gnutls_x509_crt_t crt);

/** pkicert_serial - its serial number, in hexadecimal, lower case; g_free() it */
char *pkicert_serial(gnutls_x509_crt_t crt);

/** pkicert_hex - bytes in hexadecimal, lower case; g_free() it */
char *pkicert_hex(const void *bytes, size_t length);

/** pkicert_subject - the subject as one line; g_free() it */
char *pkicert_subject(gnutls_x509_crt_t crt);

/** pkicert_names - the names in its subjectAltName, of struct altname; other kinds are left out. Unref it. */
GArray *pkicert_names(gnutls_x509_crt_t crt);

/** pkicert_purposes - bits of enum pkicert_purpose, by its extended key usage */
unsigned int pkicert_purposes(gnutls_x509_crt_t crt);

/** pkicert_date - "2027-01-31", in UTC; g_free() it. pkicert_time - "2027-01-31T12:00:00Z" */
char *pkicert_date(time_t time);
char *pkicert_time(time_t time);

#endif
