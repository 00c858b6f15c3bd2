// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TLS 1.3 signature schemes and their names in GnuTLS.
 */
#include <config.h>

#include "scheme.h"

#define NO_CURVE GNUTLS_ECC_CURVE_INVALID

static const struct scheme schemes[] = {
	{ 0x0403, GNUTLS_SIGN_ECDSA_SECP256R1_SHA256, GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA256, 32,
	  GNUTLS_ECC_CURVE_SECP256R1, "ecdsa_secp256r1_sha256" },
	{ 0x0503, GNUTLS_SIGN_ECDSA_SECP384R1_SHA384, GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA384, 48,
	  GNUTLS_ECC_CURVE_SECP384R1, "ecdsa_secp384r1_sha384" },
	{ 0x0603, GNUTLS_SIGN_ECDSA_SECP521R1_SHA512, GNUTLS_PK_ECDSA, GNUTLS_DIG_SHA512, 64,
	  GNUTLS_ECC_CURVE_SECP521R1, "ecdsa_secp521r1_sha512" },
	{ 0x0804, GNUTLS_SIGN_RSA_PSS_RSAE_SHA256, GNUTLS_PK_RSA, GNUTLS_DIG_SHA256, 32, NO_CURVE,
	  "rsa_pss_rsae_sha256" },
	{ 0x0805, GNUTLS_SIGN_RSA_PSS_RSAE_SHA384, GNUTLS_PK_RSA, GNUTLS_DIG_SHA384, 48, NO_CURVE,
	  "rsa_pss_rsae_sha384" },
	{ 0x0806, GNUTLS_SIGN_RSA_PSS_RSAE_SHA512, GNUTLS_PK_RSA, GNUTLS_DIG_SHA512, 64, NO_CURVE,
	  "rsa_pss_rsae_sha512" },
	{ 0x0809, GNUTLS_SIGN_RSA_PSS_SHA256, GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA256, 32, NO_CURVE,
	  "rsa_pss_pss_sha256" },
	{ 0x080a, GNUTLS_SIGN_RSA_PSS_SHA384, GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA384, 48, NO_CURVE,
	  "rsa_pss_pss_sha384" },
	{ 0x080b, GNUTLS_SIGN_RSA_PSS_SHA512, GNUTLS_PK_RSA_PSS, GNUTLS_DIG_SHA512, 64, NO_CURVE,
	  "rsa_pss_pss_sha512" },
	{ 0x0807, GNUTLS_SIGN_EDDSA_ED25519, GNUTLS_PK_EDDSA_ED25519, GNUTLS_DIG_UNKNOWN, 0,
	  GNUTLS_ECC_CURVE_ED25519, "ed25519" },
	{ 0x0808, GNUTLS_SIGN_EDDSA_ED448, GNUTLS_PK_EDDSA_ED448, GNUTLS_DIG_UNKNOWN, 0,
	  GNUTLS_ECC_CURVE_ED448, "ed448" },
};

const struct scheme *scheme_by_code(uint16_t code)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i].code == code)
			return &schemes[i];
	return NULL;
}

const struct scheme *scheme_by_algorithm(gnutls_sign_algorithm_t algorithm)
{
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (schemes[i].algorithm == algorithm)
			return &schemes[i];
	return NULL;
}
