/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signature schemes of TLS 1.3 that we sign with: one table that worker and keeper share, so that both mean the
 * same algorithm, the same digest and the same padding by one code point.
 *
 * Only schemes that RFC 8446, 4.2.3 allows in a CertificateVerify are here: no PKCS#1 v1.5, no SHA-1.
 */
#ifndef TLSHD_SCHEME_H
#define TLSHD_SCHEME_H

#include <gnutls/gnutls.h>
#include <stdint.h>

struct scheme {
	uint16_t code;			/* SignatureScheme (RFC 8446, 4.2.3) */
	gnutls_sign_algorithm_t algorithm;
	gnutls_pk_algorithm_t pk;	/* the kind of key; RSA also signs the rsa_pss_rsae schemes */
	gnutls_digest_algorithm_t digest; /* GNUTLS_DIG_UNKNOWN where the key signs the message itself */
	uint16_t digest_length;		/* bytes of proto_sign.input; 0: the whole message is signed */
	gnutls_ecc_curve_t curve;	/* GNUTLS_ECC_CURVE_INVALID where the scheme names none */
	const char *name;		/* as RFC 8446 writes it */
};

/** scheme_by_code - the scheme of a TLS code point; NULL for one that we do not sign with */
const struct scheme *scheme_by_code(uint16_t code);

/** scheme_by_algorithm - the scheme of a GnuTLS signature algorithm; NULL for one that we do not sign with */
const struct scheme *scheme_by_algorithm(gnutls_sign_algorithm_t algorithm);

#endif
