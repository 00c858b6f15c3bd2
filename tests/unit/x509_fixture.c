// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the tests of identities share; see x509_fixture.h.
 */
#include <config.h>

#include <stdarg.h>
#include <string.h>

#include "command.h"
#include "status.h"
#include "tests/unit/x509_fixture.h"

#define OK(call) g_assert_cmpint(call, >=, 0)

static GString *warnings;

void __wrap_command_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

void __wrap_command_warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (!warnings)
		warnings = g_string_new(NULL);
	g_string_append_vprintf(warnings, format, arguments);
	g_string_append_c(warnings, '\n');
	va_end(arguments);
}

void expect_warning(const char *part)
{
	const char *text = warnings ? warnings->str : "";

	if (part && !strstr(text, part))
		g_error("\"%s\" does not say \"%s\"", text, part);
	if (!part)
		g_assert_cmpstr(text, ==, "");
	if (warnings)
		g_string_free(g_steal_pointer(&warnings), TRUE);
}

struct secret *secret_of(const char *text)
{
	return secret_copy(text, strlen(text));
}

struct secret *take_datum(gnutls_datum_t *datum)
{
	struct secret *secret = secret_copy(datum->data, datum->size);

	gnutls_free(datum->data);
	return secret;
}

struct secret *certificate_of(const struct made *made, gnutls_x509_crt_fmt_t format)
{
	gnutls_datum_t datum;

	OK(gnutls_x509_crt_export2(made->crt, format, &datum));
	return take_datum(&datum);
}

struct secret *pkcs8_of(const struct made *made, gnutls_x509_crt_fmt_t format, const char *password)
{
	gnutls_datum_t datum;

	OK(gnutls_x509_privkey_export2_pkcs8(
		made->key, format, password,
		password ? GNUTLS_PKCS_PBES2_AES_256 : GNUTLS_PKCS_PLAIN, &datum));
	return take_datum(&datum);
}

struct secret *traditional_of(const struct made *made, gnutls_x509_crt_fmt_t format)
{
	gnutls_datum_t datum;

	OK(gnutls_x509_privkey_export2(made->key, format, &datum));
	return take_datum(&datum);
}

struct secret *join(struct secret *first, struct secret *second)
{
	struct secret *both = secret_new(secret_length(first) + secret_length(second));

	memcpy(secret_data(both), secret_data(first), secret_length(first));
	memcpy(secret_data(both) + secret_length(first), secret_data(second),
	       secret_length(second));
	secret_set_length(both, secret_room(both));
	secret_free(first);
	secret_free(second);
	return both;
}

/* Takes the secrets. */
int parse(struct secret *certificate, struct secret *key, struct secret *pkcs12,
	  const char *password, struct identity **identity, GError **error)
{
	struct identity_material material = {
		.name = "cert-file",
		.key_name = "key-file",
		.certificate = certificate,
		.key = key,
		.pkcs12 = pkcs12,
		.password = password ? secret_new(strlen(password) + 1) : NULL,
	};

	if (password) {
		memcpy(secret_data(material.password), password, strlen(password));
		secret_set_length(material.password, strlen(password));
	}
	int status = identity_parse(&material, identity, error);
	g_assert_true((status == 0) == (*identity != NULL));
	secret_free(certificate);
	secret_free(key);
	secret_free(pkcs12);
	secret_free(material.password);
	return status;
}

/* Takes the secrets; the outcome has to be exactly what @made is. */
void good(const struct made *made, struct secret *certificate, struct secret *key,
	  struct secret *pkcs12, const char *password)
{
	struct secret *der = certificate_of(made, GNUTLS_X509_FMT_DER),
		      *private = pkcs8_of(made, GNUTLS_X509_FMT_DER, NULL);
	g_autoptr(GError) error = NULL;
	struct identity *identity;

	parse(certificate, key, pkcs12, password, &identity, &error);
	g_assert_no_error(error);
	g_assert_cmpmem(g_bytes_get_data(identity->certificate->der, NULL),
			g_bytes_get_size(identity->certificate->der), secret_data(der),
			secret_length(der));
	g_assert_true(secret_equal(identity->key, private));
	identity_free(identity);
	secret_free(der);
	secret_free(private);
}

/* Takes the secrets; @says: part of the message */
void bad(struct secret *certificate, struct secret *key, struct secret *pkcs12,
	 const char *password, int expected, const char *says)
{
	g_autoptr(GError) error = NULL;
	struct identity *identity;

	g_assert_cmpint(parse(certificate, key, pkcs12, password, &identity, &error), ==, expected);
	g_assert_error(error, STATUS_ERROR, expected);
	if (!strstr(error->message, says))
		g_error("\"%s\" does not say \"%s\"", error->message, says);
}
