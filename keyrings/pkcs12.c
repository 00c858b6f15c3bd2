// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * PKCS#12 by GnuTLS; see pkcs12.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include "pkcs12.h"
#include "privatekey.h"
#include "status.h"

struct content {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t *chain, *extra;
	unsigned int chain_length, extra_length;
};

static void content_clear(struct content *content)
{
	if (content->key)
		gnutls_x509_privkey_deinit(content->key);
	for (unsigned int i = 0; i < content->chain_length; i++)
		gnutls_x509_crt_deinit(content->chain[i]);
	for (unsigned int i = 0; i < content->extra_length; i++)
		gnutls_x509_crt_deinit(content->extra[i]);
	gnutls_free(content->chain);
	gnutls_free(content->extra);
}

/*
 * No password may be written as the empty one or as none at all, and the MAC tells which (RFC 7292,
 * appendix B.1 has room for both). Returns 0 or a GnuTLS error.
 */
static int find_password(gnutls_pkcs12_t pkcs12, const char *given, const char **password)
{
	int ret;

	*password = given;
	if (given)
		return gnutls_pkcs12_verify_mac(pkcs12, given);
	*password = "";
	ret = gnutls_pkcs12_verify_mac(pkcs12, "");
	if (ret != GNUTLS_E_MAC_VERIFY_FAILED)
		return ret;
	*password = NULL;
	return gnutls_pkcs12_verify_mac(pkcs12, NULL);
}

static int parse(gnutls_pkcs12_t pkcs12, const char *given, struct content *content)
{
	const char *password;

	int ret = find_password(pkcs12, given, &password);
	/* A file without a MAC is as good as PEM. */
	if (ret == GNUTLS_E_MAC_VERIFY_FAILED)
		return ret;
	return gnutls_pkcs12_simple_parse(pkcs12, password, &content->key, &content->chain,
					  &content->chain_length, &content->extra,
					  &content->extra_length, NULL,
					  GNUTLS_PKCS12_SP_INCLUDE_SELF_SIGNED);
}

static int explain(int ret, const char *name, bool given, GError **error)
{
	if (ret == GNUTLS_E_MAC_VERIFY_FAILED || ret == GNUTLS_E_DECRYPTION_FAILED)
		return status_set(error, STATUS_INPUT,
				  given ? "%s: the password is not that of this PKCS#12 file, or the file is damaged"
					: "%s is protected by a password: name a file that has it "
					  "with --password-file",
				  name);
	return status_set(
		error, STATUS_INPUT,
		"%s is no PKCS#12 file that can be read (%s): `openssl pkcs12 -export` makes one",
		name, gnutls_strerror(ret));
}

static int add(GPtrArray *certificates, const gnutls_x509_crt_t *list, unsigned int length)
{
	gnutls_datum_t der;

	for (unsigned int i = 0; i < length; i++) {
		int ret = gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der);
		if (ret < 0)
			return ret;
		g_ptr_array_add(certificates, g_bytes_new(der.data, der.size));
		gnutls_free(der.data);
	}
	return 0;
}

static int take(const struct content *content, const char *name, GPtrArray **certificates,
		struct secret **key, GError **error)
{
	if (!content->key)
		return status_set(
			error, STATUS_INPUT,
			"%s holds no private key: export it together with the certificate", name);
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	int ret = add(found, content->chain, content->chain_length);
	if (ret >= 0)
		ret = add(found, content->extra, content->extra_length);
	if (ret < 0)
		return explain(ret, name, true, error);
	int status = privatekey_export(content->key, name, key, error);
	if (status == 0)
		*certificates = g_steal_pointer(&found);
	return status;
}

int pkcs12_open(const void *data, size_t size, const char *name, const char *password,
		GPtrArray **certificates, struct secret **key, GError **error)
{
	const gnutls_datum_t datum = {.data = (unsigned char *)data, .size = size};
	bool pem = memmem(data, size, "-----BEGIN PKCS12", strlen("-----BEGIN PKCS12")) != NULL;
	struct content content = {0};
	gnutls_pkcs12_t pkcs12;

	int ret = gnutls_pkcs12_init(&pkcs12);
	if (ret < 0)
		return explain(ret, name, true, error);
	ret = gnutls_pkcs12_import(pkcs12, &datum, pem ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER,
				   0);
	if (ret >= 0)
		ret = parse(pkcs12, password, &content);
	int status = ret < 0 ? explain(ret, name, password != NULL, error)
			     : take(&content, name, certificates, key, error);
	content_clear(&content);
	gnutls_pkcs12_deinit(pkcs12);
	return status;
}
