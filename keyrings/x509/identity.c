// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading identities; see identity.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <gnutls/x509.h>

#include "identity.h"
#include "material.h"
#include "output.h"
#include "pkcs12.h"
#include "privatekey.h"
#include "status.h"

static const char *text_of(struct secret *password)
{
	return password ? secret_text(password) : NULL;
}

static bool contains(struct secret *data, const char *text)
{
	return memmem(secret_data(data), secret_length(data), text, strlen(text)) != NULL;
}

static int add_certificate(GPtrArray *chain, const void *der, size_t size, const char *name,
			   GError **error)
{
	const char *why = NULL;
	struct certificate *certificate = certificate_new(der, size, &why);

	if (!certificate)
		return status_set(error, STATUS_INPUT,
				  "%s is no certificate that can be read (%s): PEM, or one "
				  "certificate in DER, is "
				  "expected",
				  name, why);
	g_ptr_array_add(chain, certificate);
	return 0;
}

static int too_many(const char *name, unsigned int count, GError **error)
{
	return status_set(error, STATUS_INPUT,
			  "%s has %u certificates, at most %d are allowed: name a file that holds "
			  "the chain of "
			  "this host only, not a trust store",
			  name, count, IDENTITY_CHAIN_MAX);
}

static int add_list(GPtrArray *chain, const gnutls_x509_crt_t *list, unsigned int count,
		    const char *name, GError **error)
{
	gnutls_datum_t der;
	int status = 0;

	for (unsigned int i = 0; i < count && status == 0; i++) {
		int ret = gnutls_x509_crt_export2(list[i], GNUTLS_X509_FMT_DER, &der);
		if (ret < 0)
			return status_set(error, STATUS_INPUT,
					  "%s is no certificate that can be read: %s", name,
					  gnutls_strerror(ret));
		status = add_certificate(chain, der.data, der.size, name, error);
		gnutls_free(der.data);
	}
	return status;
}

static int read_pem(struct secret *data, const char *name, GPtrArray *chain, GError **error)
{
	const gnutls_datum_t datum = {.data = secret_data(data), .size = secret_length(data)};
	gnutls_x509_crt_t *list = NULL;
	unsigned int count = 0;
	int status;

	if (!contains(data, "CERTIFICATE-----"))
		return status_set(error, STATUS_INPUT,
				  "%s holds no certificate: a PEM file has a line like `-----BEGIN "
				  "CERTIFICATE-----`",
				  name);
	int ret = gnutls_x509_crt_list_import2(&list, &count, &datum, GNUTLS_X509_FMT_PEM, 0);
	if (ret < 0)
		return status_set(error, STATUS_INPUT,
				  "%s has a certificate that cannot be read: %s", name,
				  gnutls_strerror(ret));
	if (count > IDENTITY_CHAIN_MAX)
		status = too_many(name, count, error);
	else
		status = add_list(chain, list, count, name, error);
	for (unsigned int i = 0; i < count; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	return status;
}

static int read_chain(const struct identity_material *material, GPtrArray *chain, GError **error)
{
	struct secret *data = material->certificate;

	if (contains(data, "-----BEGIN "))
		return read_pem(data, material->name, chain, error);
	return add_certificate(chain, secret_data(data), secret_length(data), material->name,
			       error);
}

static int read_pkcs12(const struct identity_material *material, GPtrArray *chain,
		       struct secret **key, GError **error)
{
	g_autoptr(GPtrArray) certificates = NULL;
	int status =
		pkcs12_open(secret_data(material->pkcs12), secret_length(material->pkcs12),
			    material->name, text_of(material->password), &certificates, key, error);

	if (status == 0 && certificates->len > IDENTITY_CHAIN_MAX)
		status = too_many(material->name, certificates->len, error);
	for (guint i = 0; status == 0 && i < certificates->len; i++) {
		gsize size;
		const void *der = g_bytes_get_data(certificates->pdata[i], &size);
		status = add_certificate(chain, der, size, material->name, error);
	}
	return status;
}

static struct certificate *find(const GPtrArray *chain, GBytes *spki)
{
	for (guint i = 0; i < chain->len; i++) {
		struct certificate *certificate = chain->pdata[i];
		if (g_bytes_equal(certificate->spki, spki))
			return certificate;
	}
	return NULL;
}

static int no_pair(const struct identity_material *material, const GPtrArray *chain, GError **error)
{
	if (chain->len == 0)
		return status_set(error, STATUS_INPUT, "%s holds no certificate", material->name);
	g_autofree char *said = certificate_label(chain->pdata[0]);
	g_autofree char *label = output_plain(said);
	if (chain->len > 1)
		return status_set(error, STATUS_INPUT,
				  "the private key of %s belongs to none of the %u certificates of "
				  "%s, of which the "
				  "first is \"%s\": name the key that it was issued for",
				  material->key_name, chain->len, material->name, label);
	return status_set(error, STATUS_INPUT,
			  "the certificate \"%s\" of %s and the private key of %s do not belong "
			  "together: name "
			  "the key that it was issued for",
			  label, material->name, material->key_name);
}

static struct certificate *find_issuer(const GPtrArray *chain,
				       const struct certificate *certificate)
{
	for (guint i = 0; i < chain->len; i++) {
		struct certificate *other = chain->pdata[i];
		if (g_bytes_equal(other->subject_dn, certificate->issuer_dn))
			return other;
	}
	return NULL;
}

static struct certificate *take(GPtrArray *chain, struct certificate *certificate)
{
	guint index;

	return g_ptr_array_find(chain, certificate, &index) ? g_ptr_array_steal_index(chain, index)
							    : NULL;
}

/* A root is in the servers' trust stores anyway. */
static void sort_out(struct identity *identity, GPtrArray *chain, struct certificate *certificate)
{
	const struct certificate *below = certificate;
	struct certificate *issuer;

	identity->certificate = take(chain, certificate);
	while ((issuer = find_issuer(chain, below)) &&
	       !g_bytes_equal(issuer->subject_dn, issuer->issuer_dn)) {
		g_ptr_array_add(identity->intermediates, take(chain, issuer));
		below = issuer;
	}
}

static int pair_up(const struct identity_material *material, GPtrArray *chain,
		   struct identity *identity, GError **error)
{
	g_autoptr(GBytes) spki = NULL;
	int status = privatekey_check(identity->key, material->key_name, TRUE, &spki, error);

	if (status != 0)
		return status;
	struct certificate *certificate = find(chain, spki);
	if (!certificate)
		return no_pair(material, chain, error);
	sort_out(identity, chain, certificate);
	return 0;
}

int identity_parse(const struct identity_material *material, struct identity **out, GError **error)
{
	g_autoptr(GPtrArray) chain =
		g_ptr_array_new_with_free_func((GDestroyNotify)certificate_free);
	struct identity *identity = g_new0(struct identity, 1);
	struct secret *key = material->key ? material->key : material->certificate;
	int status;

	*out = NULL;
	identity->intermediates = g_ptr_array_new_with_free_func((GDestroyNotify)certificate_free);
	identity->name = g_strdup(material->name);
	if (material->pkcs12) {
		status = read_pkcs12(material, chain, &identity->key, error);
	} else {
		status = read_chain(material, chain, error);
		if (status == 0)
			status = privatekey_read(secret_data(key), secret_length(key),
						 material->key_name, text_of(material->password),
						 &identity->key, error);
	}
	if (status == 0)
		status = pair_up(material, chain, identity, error);
	if (status == 0)
		*out = identity;
	else
		identity_free(identity);
	return status;
}

void identity_free(struct identity *identity)
{
	if (!identity)
		return;
	certificate_free(identity->certificate);
	secret_free(identity->key);
	g_ptr_array_unref(identity->intermediates);
	g_free(identity->name);
	g_free(identity);
}

bool identity_is_token(const char *source)
{
	return source &&
	       (g_str_has_prefix(source, "pkcs11:") || g_str_has_prefix(source, "tpmkey:") ||
		g_str_has_prefix(source, "system:"));
}

static int judge_source(const struct identity_source *source, GError **error)
{
	const char *sources[] = {source->certificate, source->key, source->pkcs12,
				 source->password};
	unsigned int standard_input = 0;

	if (!source->certificate == !source->pkcs12)
		return status_set(error, STATUS_USAGE,
				  "name the certificate with --cert and its private key with "
				  "--key, or both with "
				  "--pkcs12");
	if (source->pkcs12 && source->key)
		return status_set(error, STATUS_USAGE,
				  "a PKCS#12 file brings its private key along: leave --key out");
	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		if (identity_is_token(sources[i])) {
			/* Without what may be a PIN. */
			int shown = strcspn(sources[i], "?;");

			return status_set(error, STATUS_USAGE,
					  "%.*s: a keyring cannot hold what is in a token; name it "
					  "in tlshd.conf(5) "
					  "instead, as x509.certificate and x509.private_key",
					  shown, sources[i]);
		}
		standard_input += g_strcmp0(sources[i], "-") == 0;
	}
	return standard_input < 2
		       ? 0
		       : status_set(error, STATUS_USAGE,
				    "only one of them can come from standard input (\"-\")");
}

/* The line's end is the editor's, not the password's. */
static int read_password(const char *source, struct secret **password, GError **error)
{
	int status =
		material_read(source, MATERIAL_PRIVATE, IDENTITY_PASSWORD_MAX, password, error);

	if (status != 0)
		return status;
	uint8_t *data = secret_data(*password);
	size_t length = secret_length(*password);
	if (length > 0 && data[length - 1] == '\n')
		length--;
	if (length > 0 && data[length - 1] == '\r')
		length--;
	secret_set_length(*password, length);
	if (memchr(data, '\0', length) || memchr(data, '\n', length)) {
		g_autofree char *name = material_name(source);
		return status_set(error, STATUS_INPUT,
				  "%s has more than one line, or a zero: a password file has the "
				  "password only",
				  name);
	}
	return 0;
}

/* Is all that it holds something else? Nobody has to keep a certificate secret. */
static bool has_no_key(struct secret *data)
{
	const char *why;

	if (contains(data, "-----BEGIN "))
		return !contains(data, "PRIVATE KEY-----");
	struct certificate *certificate =
		certificate_new(secret_data(data), secret_length(data), &why);
	bool found = certificate != NULL;
	certificate_free(certificate);
	return found;
}

static int read_private(const char *source, const char *remedy, struct secret **data,
			GError **error)
{
	g_autoptr(GError) doubt = NULL;
	int status = material_read_doubtful(source, IDENTITY_FILE_MAX, data, &doubt, error);

	if (status != 0)
		return status;
	if (has_no_key(*data)) {
		g_autofree char *name = material_name(source);
		return status_set(error, STATUS_INPUT, "%s holds no private key: %s", name, remedy);
	}
	if (!doubt)
		return 0;
	g_propagate_error(error, g_steal_pointer(&doubt));
	return STATUS_FILE;
}

static int read_sources(const struct identity_source *source, struct identity_material *material,
			GError **error)
{
	int status = 0;

	if (source->password)
		status = read_password(source->password, &material->password, error);
	if (status == 0 && source->pkcs12)
		status = material_read(source->pkcs12, MATERIAL_PRIVATE, IDENTITY_FILE_MAX,
				       &material->pkcs12, error);
	if (status == 0 && source->certificate && source->key)
		status = material_read(source->certificate, MATERIAL_PUBLIC, IDENTITY_FILE_MAX,
				       &material->certificate, error);
	/* Alone it has the key in it. */
	else if (status == 0 && source->certificate)
		status = read_private(source->certificate,
				      "name it with --key (key= in a file of keys.d)",
				      &material->certificate, error);
	if (status == 0 && source->key)
		status = read_private(source->key, "name the file that has it", &material->key,
				      error);
	return status;
}

int identity_load(const struct identity_source *source, struct identity **identity, GError **error)
{
	struct identity_material material = {0};

	*identity = NULL;
	int status = judge_source(source, error);
	if (status != 0)
		return status;
	const char *first = source->pkcs12 ? source->pkcs12 : source->certificate;
	g_autofree char *name = material_name(first);
	g_autofree char *key_name = material_name(source->key ? source->key : first);
	material.name = name;
	material.key_name = key_name;
	status = read_sources(source, &material, error);
	if (status == 0)
		status = identity_parse(&material, identity, error);
	secret_free(material.certificate);
	secret_free(material.key);
	secret_free(material.pkcs12);
	secret_free(material.password);
	return status;
}
