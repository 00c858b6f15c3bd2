// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Private keys; see privatekey.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <gnutls/gnutls.h>
#include <gnutls/pkcs12.h>

#include "keeper/key.h"
#include "privatekey.h"
#include "status.h"

static bool contains(const gnutls_datum_t *datum, const char *text)
{
	return memmem(datum->data, datum->size, text, strlen(text)) != NULL;
}

/* PKCS#8 says it in its structure, the traditional form of OpenSSL in a header line. */
static bool is_encrypted(const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format)
{
	if (format == GNUTLS_X509_FMT_PEM)
		return contains(datum, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
		       contains(datum, "Proc-Type: 4,ENCRYPTED");
	int ret = gnutls_pkcs8_info(datum, format, NULL, NULL, NULL, NULL, NULL, NULL);
	/* A cipher that the library does not know encrypts no less. */
	return ret >= 0 || ret == GNUTLS_E_UNKNOWN_CIPHER_TYPE;
}

static bool is_pkcs12(const gnutls_datum_t *datum)
{
	gnutls_pkcs12_t pkcs12;

	if (gnutls_pkcs12_init(&pkcs12) < 0)
		return false;
	bool is = gnutls_pkcs12_import(pkcs12, datum, GNUTLS_X509_FMT_DER, 0) >= 0;
	gnutls_pkcs12_deinit(pkcs12);
	return is;
}

static int explain(const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format, const char *name,
		   int ret, GError **error)
{
	if (format == GNUTLS_X509_FMT_PEM && !contains(datum, "PRIVATE KEY-----"))
		return status_set(
			error, STATUS_INPUT,
			"%s holds no private key: a PEM file has a line like `-----BEGIN PRIVATE "
			"KEY-----`",
			name);
	if (format == GNUTLS_X509_FMT_DER && is_pkcs12(datum))
		return status_set(error, STATUS_INPUT,
				  "%s is a PKCS#12 file: name it with --pkcs12", name);
	return status_set(
		error, STATUS_INPUT,
		"%s is no private key that can be read (%s): PKCS#8, RSA or EC in PEM or DER is "
		"expected",
		name, gnutls_strerror(ret));
}

static int import(gnutls_x509_privkey_t private, const gnutls_datum_t *datum, const char *name,
		  const char *password, GError **error)
{
	gnutls_x509_crt_fmt_t format =
		contains(datum, "-----BEGIN ") ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;

	if (!is_encrypted(datum, format)) {
		int ret = gnutls_x509_privkey_import(private, datum, format);
		return ret < 0 ? explain(datum, format, name, ret, error) : 0;
	}
	if (!password)
		return status_set(error, STATUS_INPUT,
				  "%s is protected by a passphrase: name a file that has it with "
				  "--password-file",
				  name);
	int ret = gnutls_x509_privkey_import2(private, datum, format, password, 0);
	if (ret == GNUTLS_E_DECRYPTION_FAILED)
		return status_set(error, STATUS_INPUT, "%s: the passphrase is not that of this key",
				  name);
	return ret < 0 ? status_set(error, STATUS_INPUT,
				    "%s cannot be decrypted (%s): is the passphrase the right one?",
				    name, gnutls_strerror(ret))
		       : 0;
}

int privatekey_read(const void *data, size_t size, const char *name, const char *password,
		    struct secret **key, GError **error)
{
	const gnutls_datum_t datum = {.data = (unsigned char *)data, .size = size};
	gnutls_x509_privkey_t private;

	int ret = gnutls_x509_privkey_init(&private);
	if (ret < 0)
		return status_set(error, STATUS_FAILURE, "%s cannot be read: %s", name,
				  gnutls_strerror(ret));
	int status = import(private, &datum, name, password, error);
	if (status == 0)
		status = privatekey_export(private, name, key, error);
	/* The library wipes the numbers of a key that it frees. */
	gnutls_x509_privkey_deinit(private);
	return status;
}

int privatekey_export(gnutls_x509_privkey_t private, const char *name, struct secret **key,
		      GError **error)
{
	gnutls_datum_t der;

	int ret = gnutls_x509_privkey_export2_pkcs8(private, GNUTLS_X509_FMT_DER, NULL,
						    GNUTLS_PKCS_PLAIN, &der);
	if (ret < 0)
		return status_set(
			error, STATUS_INPUT,
			"the private key of %s cannot be brought into the form of PKCS#8: %s", name,
			gnutls_strerror(ret));
	*key = secret_copy(der.data, der.size);
	gnutls_memset(der.data, 0, der.size);
	gnutls_free(der.data);
	return 0;
}

int privatekey_check(struct secret *der, const char *name, gboolean trial, GBytes **spki,
		     GError **error)
{
	struct key *key = NULL;
	char why[256];
	uint32_t trial_us;
	size_t size;

	int ret = key_import(secret_data(der), secret_length(der), &key, why, sizeof(why));
	if (ret == 0 && trial)
		ret = key_trial(key, &trial_us, why, sizeof(why));
	if (ret == 0) {
		const uint8_t *public = key_spki(key, &size);
		*spki = g_bytes_new(public, size);
	}
	key_free(key);
	return ret == 0 ? 0
			: status_set(error, STATUS_INPUT, "the private key of %s %s", name, why);
}
