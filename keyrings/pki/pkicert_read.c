// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a certificate says; see certificate.h.
 */
#include <config.h>

#include <string.h>

#include "pki/altname.h"
#include "pki/pkicert.h"

char *pkicert_pem(gnutls_x509_crt_t crt)
{
	gnutls_datum_t data;

	/* It was read or made by this library: only memory can be short. */
	if (gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &data) < 0)
		g_error("no memory for a certificate");
	char *pem = g_strndup((char *)data.data, data.size);
	gnutls_free(data.data);
	return pem;
}

char *pkicert_hex(const void *bytes, size_t length)
{
	GString *text = g_string_sized_new(2 * length);

	for (size_t i = 0; i < length; i++)
		g_string_append_printf(text, "%02x", ((const unsigned char *)bytes)[i]);
	return g_string_free(text, FALSE);
}

char *pkicert_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[64];
	size_t size = sizeof(serial);

	if (gnutls_x509_crt_get_serial(crt, serial, &size) < 0)
		size = 0;
	return pkicert_hex(serial, size);
}

char *pkicert_subject(gnutls_x509_crt_t crt)
{
	gnutls_datum_t data;

	if (gnutls_x509_crt_get_dn3(crt, &data, 0) < 0)
		return g_strdup("");
	char *subject = g_strndup((char *)data.data, data.size);
	gnutls_free(data.data);
	return subject;
}

GArray *pkicert_names(gnutls_x509_crt_t crt)
{
	GArray *names = g_array_new(FALSE, FALSE, sizeof(struct altname));

	for (unsigned int i = 0; i < ALTNAMES_MAX; i++) {
		char data[ALTNAME_TEXT_MAX + 1];
		size_t size = sizeof(data);
		struct altname name;
		int ret = gnutls_x509_crt_get_subject_alt_name(crt, i, data, &size, NULL);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		/* A DNS name gets its zero behind it from the library. */
		if (ret == GNUTLS_SAN_IPADDRESS && altname_from_address(data, size, &name))
			g_array_append_val(names, name);
		else if (ret == GNUTLS_SAN_DNSNAME && altname_parse_dns(data, &name, NULL) == 0)
			g_array_append_val(names, name);
	}
	return names;
}

unsigned int pkicert_purposes(gnutls_x509_crt_t crt)
{
	unsigned int purposes = 0;

	for (unsigned int i = 0; ; i++) {
		char oid[64];
		size_t size = sizeof(oid);
		int ret = gnutls_x509_crt_get_key_purpose_oid(crt, i, oid, &size, NULL);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || i > 32)
			break;
		if (ret == 0 && strcmp(oid, GNUTLS_KP_TLS_WWW_CLIENT) == 0)
			purposes |= PKICERT_CLIENT;
		if (ret == 0 && strcmp(oid, GNUTLS_KP_TLS_WWW_SERVER) == 0)
			purposes |= PKICERT_SERVER;
	}
	return purposes;
}

static char *format(time_t time, const char *pattern)
{
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(time);

	return date ? g_date_time_format(date, pattern) : g_strdup("?");
}

char *pkicert_date(time_t time)
{
	return format(time, "%Y-%m-%d");
}

char *pkicert_time(time_t time)
{
	return format(time, "%Y-%m-%dT%H:%M:%SZ");
}
