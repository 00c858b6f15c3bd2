// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key pairs; see keypair.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "material.h"
#include "pki/keypair.h"
#include "pki/tlsfault.h"
#include "status.h"

#define PASSWORD_MAX 1024

static const struct {
	const char *name;
	gnutls_pk_algorithm_t type;
	gnutls_ecc_curve_t curve;
	gnutls_digest_algorithm_t hash;
} types[] = {
	{ "ecdsa", GNUTLS_PK_ECDSA, GNUTLS_ECC_CURVE_SECP256R1, GNUTLS_DIG_SHA256 },
	{ "ed25519", GNUTLS_PK_EDDSA_ED25519, GNUTLS_ECC_CURVE_ED25519, GNUTLS_DIG_SHA512 },
};

int keypair_parse(const char *text, gnutls_pk_algorithm_t otherwise, gnutls_pk_algorithm_t *type, GError **error)
{
	*type = otherwise;
	if (!text)
		return 0;
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (g_ascii_strcasecmp(text, types[i].name) == 0) {
			*type = types[i].type;
			return 0;
		}
	}
	return status_set(error, STATUS_USAGE, "there is no key type \"%s\": give ecdsa or ed25519", text);
}

const char *keypair_name(gnutls_pk_algorithm_t type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (types[i].type == type)
			return types[i].name;
	}
	return gnutls_pk_get_name(type);
}

gnutls_digest_algorithm_t keypair_hash(gnutls_pk_algorithm_t type)
{
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (types[i].type == type)
			return types[i].hash;
	}
	return GNUTLS_DIG_SHA256;
}

gnutls_x509_privkey_t keypair_generate(gnutls_pk_algorithm_t type, GError **error)
{
	gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_SECP256R1;
	gnutls_x509_privkey_t key = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (types[i].type == type)
			curve = types[i].curve;
	}
	int ret = gnutls_x509_privkey_init(&key);
	if (ret >= 0)
		ret = gnutls_x509_privkey_generate(key, type, GNUTLS_CURVE_TO_BITS(curve), 0);
	if (ret < 0) {
		tlsfault_set(error, ret, "cannot make a key of type %s", keypair_name(type));
		gnutls_x509_privkey_deinit(key);
		return NULL;
	}
	return key;
}

int keypair_export(gnutls_x509_privkey_t key, struct secret *password, struct secret **pem, GError **error)
{
	gnutls_datum_t data;
	int ret = gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, password ? secret_text(password) : NULL,
						    password ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &data);

	*pem = NULL;
	if (ret < 0)
		return tlsfault_set(error, ret, "cannot encode the private key");
	*pem = secret_copy(data.data, data.size);
	gnutls_memset(data.data, 0, data.size);
	gnutls_free(data.data);
	return 0;
}

int keypair_import(struct secret *pem, struct secret *password, const char *name, gnutls_x509_privkey_t *key, GError **error)
{
	gnutls_datum_t data = { secret_data(pem), secret_length(pem) };
	gboolean encrypted = strstr(secret_text(pem), "BEGIN ENCRYPTED PRIVATE KEY") != NULL;

	*key = NULL;
	if (encrypted && !password)
		return status_set(error, STATUS_INPUT, "%s is encrypted: name the file with its password, with --password-file", name);
	int ret = gnutls_x509_privkey_init(key);
	if (ret < 0)
		return tlsfault_set(error, ret, "cannot read %s", name);
	ret = gnutls_x509_privkey_import2(*key, &data, GNUTLS_X509_FMT_PEM, encrypted ? secret_text(password) : NULL, 0);
	if (ret >= 0)
		return 0;
	gnutls_x509_privkey_deinit(*key);
	*key = NULL;
	if (encrypted)
		return status_set(error, STATUS_INPUT, "%s cannot be decrypted (%s): is it the right password?", name,
				  gnutls_strerror(ret));
	return status_set(error, STATUS_INPUT, "%s is no private key in PEM (%s): put it back from a copy", name, gnutls_strerror(ret));
}

int keypair_password(const char *file, struct secret **password, GError **error)
{
	*password = NULL;
	if (!file)
		return 0;
	int status = material_read(file, MATERIAL_PRIVATE, PASSWORD_MAX, password, error);
	if (status != 0)
		return status;
	size_t length = strcspn(secret_text(*password), "\r\n");
	bool cut = length < secret_length(*password) && secret_data(*password)[length] == '\0';
	secret_set_length(*password, length);
	if (length > 0 && !cut)
		return 0;
	g_clear_pointer(password, secret_free);
	if (cut)
		return status_set(error, STATUS_INPUT, "the password in %s has a zero byte, behind which nothing would count: write it as "
				  "text, for example with base64(1)", file);
	return status_set(error, STATUS_INPUT, "the first line of %s, the password, is empty", file);
}
