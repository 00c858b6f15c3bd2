/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of identities: the forms that certificates and private keys come in, and what is said
 * of them. Link with
 * $(x509_fixture_ldflags).
 */
#ifndef TESTS_X509_FIXTURE_H
#define TESTS_X509_FIXTURE_H

#include "x509/identity.h"
#include "tests/unit/loader_fixture.h"

#define PEM GNUTLS_X509_FMT_PEM
#define DER GNUTLS_X509_FMT_DER

struct secret *secret_of(const char *text);
struct secret *take_datum(gnutls_datum_t *datum); /* frees it */
struct secret *certificate_of(const struct made *made, gnutls_x509_crt_fmt_t format);
struct secret *pkcs8_of(const struct made *made, gnutls_x509_crt_fmt_t format,
			const char *password);
struct secret *traditional_of(const struct made *made, gnutls_x509_crt_fmt_t format);

/* One behind the other; takes both. */
struct secret *join(struct secret *first, struct secret *second);

/* identity_parse(); takes the secrets. */
int parse(struct secret *certificate, struct secret *key, struct secret *pkcs12,
	  const char *password, struct identity **identity, GError **error);

/* The same, and the outcome has to be exactly what @made is. */
void good(const struct made *made, struct secret *certificate, struct secret *key,
	  struct secret *pkcs12, const char *password);

/* The same, and it has to fail with this status and with this part of a message. */
void bad(struct secret *certificate, struct secret *key, struct secret *pkcs12,
	 const char *password, int expected, const char *says);

/* What command_warn() said since the last time has this part; NULL: nothing was said. */
void expect_warning(const char *part);

#endif
