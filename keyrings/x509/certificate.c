// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates; see certificate.h.
 */
#include <config.h>

#include <arpa/inet.h>
#include <string.h>

#include <gnutls/abstract.h>
#include <gnutls/x509.h>

#include "certificate.h"

static GBytes *take_bytes(gnutls_datum_t *datum)
{
	GBytes *bytes = g_bytes_new(datum->data, datum->size);

	gnutls_free(datum->data);
	return bytes;
}

/* A name that cannot be read is no name. */
static char *take_text(int ret, gnutls_datum_t *datum)
{
	if (ret < 0)
		return g_strdup("");
	char *text = g_utf8_make_valid((const char *)datum->data, datum->size);
	gnutls_free(datum->data);
	return text;
}

static char *hex(const uint8_t *data, size_t size)
{
	GString *text = g_string_sized_new(2 * size);

	for (size_t i = 0; i < size; i++)
		g_string_append_printf(text, "%02x", data[i]);
	return g_string_free(text, FALSE);
}

static char *read_common_name(gnutls_x509_crt_t crt)
{
	char name[256];
	size_t size = sizeof(name);

	if (gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) < 0)
		return NULL;
	return g_utf8_make_valid(name, size);
}

static int read_identifiers(struct certificate *certificate, gnutls_x509_crt_t crt)
{
	gnutls_datum_t datum;
	uint8_t data[64];
	size_t size = sizeof(data);

	int ret = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &datum);
	if (ret < 0)
		return ret;
	certificate->der = take_bytes(&datum);
	ret = gnutls_x509_crt_get_raw_dn(crt, &datum);
	if (ret < 0)
		return ret;
	certificate->subject_dn = take_bytes(&datum);
	ret = gnutls_x509_crt_get_raw_issuer_dn(crt, &datum);
	if (ret < 0)
		return ret;
	certificate->issuer_dn = take_bytes(&datum);
	certificate->subject = take_text(gnutls_x509_crt_get_dn3(crt, &datum, 0), &datum);
	certificate->issuer = take_text(gnutls_x509_crt_get_issuer_dn3(crt, &datum, 0), &datum);
	certificate->common_name = read_common_name(crt);
	certificate->number =
		gnutls_x509_crt_get_serial(crt, data, &size) < 0 ? g_strdup("") : hex(data, size);
	size = sizeof(data);
	ret = gnutls_x509_crt_get_fingerprint(crt, GNUTLS_DIG_SHA256, data, &size);
	if (ret >= 0)
		certificate->fingerprint = hex(data, size);
	return ret;
}

static int read_public_key(struct certificate *certificate, gnutls_x509_crt_t crt)
{
	gnutls_ecc_curve_t curve;
	gnutls_datum_t datum;
	gnutls_pubkey_t key;
	unsigned int bits = 0;

	int ret = gnutls_pubkey_init(&key);
	if (ret < 0)
		return ret;
	ret = gnutls_pubkey_import_x509(key, crt, 0);
	if (ret >= 0)
		ret = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &datum);
	if (ret < 0) {
		gnutls_pubkey_deinit(key);
		return ret;
	}
	certificate->spki = take_bytes(&datum);
	int algorithm = gnutls_pubkey_get_pk_algorithm(key, &bits);
	const char *name = gnutls_pk_get_name(algorithm);
	if (algorithm == GNUTLS_PK_ECDSA &&
	    gnutls_pubkey_export_ecc_raw2(key, &curve, NULL, NULL, 0) >= 0)
		certificate->kind =
			g_strdup_printf("%s %s", name, gnutls_ecc_curve_get_name(curve));
	else if (algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS)
		certificate->kind = g_strdup_printf("%s %u bits", name, bits);
	else
		certificate->kind = g_strdup(name ? name : "unknown");
	gnutls_pubkey_deinit(key);
	return 0;
}

/* RFC 5280, 4.2.1.6 */
static char *name_text(int type, const char *value, size_t size)
{
	char address[INET6_ADDRSTRLEN];
	const char *kind = NULL;

	if (type == GNUTLS_SAN_IPADDRESS && (size == 4 || size == 16)) {
		inet_ntop(size == 4 ? AF_INET : AF_INET6, value, address, sizeof(address));
		return g_strdup_printf("IP:%s", address);
	}
	if (type == GNUTLS_SAN_DNSNAME)
		kind = "DNS";
	else if (type == GNUTLS_SAN_URI)
		kind = "URI";
	else if (type == GNUTLS_SAN_RFC822NAME)
		kind = "email";
	else if (type == GNUTLS_SAN_DN)
		kind = "DN";
	if (!kind)
		return g_strdup("other");
	g_autofree char *valid = g_utf8_make_valid(value, size);
	return g_strdup_printf("%s:%s", kind, valid);
}

static void read_names(struct certificate *certificate, gnutls_x509_crt_t crt)
{
	size_t room = g_bytes_get_size(certificate->der) + 1;
	g_autofree char *value = g_malloc(room);

	certificate->names = g_ptr_array_new_with_free_func(g_free);
	for (unsigned int i = 0; i < CERTIFICATE_NAMES_MAX; i++) {
		size_t size = room;
		int type = gnutls_x509_crt_get_subject_alt_name(crt, i, value, &size, NULL);
		if (type < 0)
			return;
		g_ptr_array_add(certificate->names, name_text(type, value, size));
	}
}

/* The signature of a self-signed certificate proves nothing, so nobody looks at it. */
static char *find_weak_signature(const struct certificate *certificate, gnutls_x509_crt_t crt)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	if (g_bytes_equal(certificate->subject_dn, certificate->issuer_dn))
		return NULL;
	if (algorithm > 0 && gnutls_sign_is_secure2(algorithm, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS) &&
	    gnutls_sign_get_hash_algorithm(algorithm) != GNUTLS_DIG_SHA1)
		return NULL;
	const char *name = algorithm > 0 ? gnutls_sign_get_name(algorithm) : NULL;
	return g_strdup(name ? name : "an unknown method");
}

static void read_uses(struct certificate *certificate, gnutls_x509_crt_t crt)
{
	unsigned int usage;

	int ret = gnutls_x509_crt_get_key_usage(crt, &usage, NULL);
	certificate->may_sign = ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ||
				(ret >= 0 && (usage & GNUTLS_KEY_DIGITAL_SIGNATURE));
	certificate->for_clients =
		gnutls_x509_crt_check_key_purpose(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0) != 0;
	certificate->for_servers =
		gnutls_x509_crt_check_key_purpose(crt, GNUTLS_KP_TLS_WWW_SERVER, 0) != 0;
	certificate->authority = gnutls_x509_crt_get_ca_status(crt, NULL) > 0;
	certificate->weak_signature = find_weak_signature(certificate, crt);
	certificate->from = gnutls_x509_crt_get_activation_time(crt);
	certificate->until = gnutls_x509_crt_get_expiration_time(crt);
}

static int read_all(struct certificate *certificate, gnutls_x509_crt_t crt)
{
	int ret = read_identifiers(certificate, crt);

	if (ret >= 0)
		ret = read_public_key(certificate, crt);
	if (ret < 0)
		return ret;
	read_names(certificate, crt);
	read_uses(certificate, crt);
	return 0;
}

struct certificate *certificate_new(const void *der, size_t size, const char **why)
{
	const gnutls_datum_t datum = {.data = (unsigned char *)der, .size = size};
	struct certificate *certificate = g_new0(struct certificate, 1);
	gnutls_x509_crt_t crt;

	int ret = gnutls_x509_crt_init(&crt);
	if (ret >= 0) {
		ret = gnutls_x509_crt_import(crt, &datum, GNUTLS_X509_FMT_DER);
		if (ret >= 0)
			ret = read_all(certificate, crt);
		gnutls_x509_crt_deinit(crt);
	}
	if (ret >= 0)
		return certificate;
	*why = gnutls_strerror(ret);
	certificate_free(certificate);
	return NULL;
}

void certificate_free(struct certificate *certificate)
{
	if (!certificate)
		return;
	g_clear_pointer(&certificate->der, g_bytes_unref);
	g_clear_pointer(&certificate->spki, g_bytes_unref);
	g_clear_pointer(&certificate->subject_dn, g_bytes_unref);
	g_clear_pointer(&certificate->issuer_dn, g_bytes_unref);
	g_clear_pointer(&certificate->names, g_ptr_array_unref);
	g_free(certificate->subject);
	g_free(certificate->issuer);
	g_free(certificate->common_name);
	g_free(certificate->number);
	g_free(certificate->fingerprint);
	g_free(certificate->kind);
	g_free(certificate->weak_signature);
	g_free(certificate);
}

char *certificate_label(const struct certificate *certificate)
{
	if (*certificate->subject)
		return g_strdup(certificate->subject);
	if (certificate->names->len > 0)
		return g_strdup(certificate->names->pdata[0]);
	return g_strdup_printf("serial number %s", certificate->number);
}

const char *certificate_validity(const struct certificate *certificate, gint64 now)
{
	if (now < certificate->from)
		return "not yet valid";
	return now > certificate->until ? "outdated" : "valid";
}

char *certificate_time(gint64 when)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(when);

	return date ? g_date_time_format(date, "%Y-%m-%d %H:%M UTC")
		    : g_strdup("a time out of range");
}
