// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The secret numbers of a private key, by the TLS library's own export functions.
 */
#include <config.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "keynumbers.h"

static int load(const char *path, gnutls_privkey_t *key)
{
	gnutls_datum_t file;
	gnutls_x509_privkey_t x509;

	int ret = gnutls_load_file(path, &file);
	if (ret < 0)
		return ret;
	gnutls_x509_privkey_init(&x509);
	ret = gnutls_x509_privkey_import2(x509, &file, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (ret < 0)
		return ret;
	gnutls_privkey_init(key);
	return gnutls_privkey_import_x509(*key, x509, GNUTLS_PRIVKEY_IMPORT_COPY);
}

static int rsa(gnutls_privkey_t key, struct keynumber *numbers)
{
	gnutls_datum_t n, e;

	numbers[0].name = "d";
	numbers[1].name = "p";
	numbers[2].name = "q";
	int ret = gnutls_privkey_export_rsa_raw2(key, &n, &e, &numbers[0].value, &numbers[1].value, &numbers[2].value,
						 NULL, NULL, NULL, GNUTLS_EXPORT_FLAG_NO_LZ);
	return ret < 0 ? ret : 3;
}

static int curve(gnutls_privkey_t key, struct keynumber *numbers, const char *name)
{
	gnutls_ecc_curve_t id;

	numbers[0].name = name;
	int ret = gnutls_privkey_export_ecc_raw2(key, &id, NULL, NULL, &numbers[0].value, GNUTLS_EXPORT_FLAG_NO_LZ);
	return ret < 0 ? ret : 1;
}

int keynumbers_read(const char *path, struct keynumber numbers[KEYNUMBERS_MAX])
{
	gnutls_privkey_t key;

	int ret = load(path, &key);
	if (ret < 0)
		return ret;
	switch (gnutls_privkey_get_pk_algorithm(key, NULL)) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return rsa(key, numbers);
	case GNUTLS_PK_ECDSA:
		return curve(key, numbers, "scalar");
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return curve(key, numbers, "seed");
	default:
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	}
}
