// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trust anchors, from a file or from the system; see trust.h.
 */
#include <config.h>

#include <gnutls/x509.h>
#include <stdlib.h>

#include "keyurl.h"
#include "loader/pem.h"
#include "loader/trust.h"
#include "snapshot.h"

struct trust {
	GPtrArray *anchors;	/* GBytes */
};

static struct trust *trust_new_empty(void)
{
	struct trust *trust = g_new0(struct trust, 1);

	trust->anchors = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	return trust;
}

static int add(struct trust *trust, gnutls_x509_crt_t crt)
{
	gnutls_datum_t datum;

	int ret = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &datum);
	if (ret < 0)
		return ret;
	g_ptr_array_add(trust->anchors, g_bytes_new(datum.data, datum.size));
	gnutls_free(datum.data);
	return 0;
}

static void check_count(const struct trust *trust, const struct place *place, struct problems *problems)
{
	if (trust->anchors->len > SNAPSHOT_ANCHORS_MAX)
		problems_error(problems, place, "%u trust anchors, at most %u are allowed: name a file that holds only the "
			     "authorities that your peers' certificates come from", trust->anchors->len,
			     SNAPSHOT_ANCHORS_MAX);
}

struct trust *trust_new(GBytes *pem, const char *path, const struct place *place, struct problems *problems)
{
	struct trust *trust = trust_new_empty();
	GArray *certificates = pem_certificates(pem, path, place, problems);

	for (guint i = 0; i < certificates->len; i++) {
		const struct pem_certificate *certificate = &g_array_index(certificates, struct pem_certificate, i);
		int ret = add(trust, certificate->crt);
		if (ret < 0)
			problems_error(problems, place, "%s:%u: the certificate that begins here cannot be used (%s): remove "
				     "it", path, certificate->line, gnutls_strerror(ret));
	}
	g_array_unref(certificates);
	check_count(trust, place, problems);
	return trust;
}

/* All anchors of a list; 0, or what stopped it. */
static int flatten(struct trust *trust, gnutls_x509_trust_list_t list)
{
	gnutls_x509_trust_list_iter_t iterator = NULL;
	gnutls_x509_crt_t crt;
	int ret;

	while ((ret = gnutls_x509_trust_list_iter_get_ca(list, &iterator, &crt)) == 0) {
		ret = add(trust, crt);
		gnutls_x509_crt_deinit(crt);
		if (ret < 0)
			break;
	}
	gnutls_x509_trust_list_iter_deinit(iterator);
	return ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : ret;
}

struct trust *trust_new_url(const char *url, const struct place *place, struct problems *problems)
{
	struct trust *trust = trust_new_empty();
	gnutls_x509_trust_list_t list;

	int ret = gnutls_x509_trust_list_init(&list, 0);
	if (ret == 0) {
		ret = gnutls_x509_trust_list_add_trust_file(list, url, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
		if (ret >= 0)
			ret = flatten(trust, list);
		gnutls_x509_trust_list_deinit(list, 1);
	}
	char *name = keyurl_name(url);
	if (ret < 0)
		problems_error(problems, place, "%s: the token cannot be read (%s): p11tool --list-tokens shows which there are",
			       name, gnutls_strerror(ret));
	else if (trust->anchors->len == 0)
		problems_error(problems, place, "%s: there is no trusted authority: p11tool --list-all-trusted URL shows what "
			       "there is; the module's configuration needs \"trust-policy: yes\" (pkcs11.conf(5))", name);
	free(name);
	check_count(trust, place, problems);
	return trust;
}

struct trust *trust_new_system(const struct place *place, struct problems *problems)
{
	struct trust *trust = trust_new_empty();
	gnutls_x509_trust_list_t list;

	int ret = gnutls_x509_trust_list_init(&list, 0);
	if (ret == 0) {
		ret = gnutls_x509_trust_list_add_system_trust(list, 0, 0);
		if (ret >= 0)
			ret = flatten(trust, list);
		gnutls_x509_trust_list_deinit(list, 1);
	}
	if (trust->anchors->len > 0 && ret < 0)
		problems_warning(problems, place, "the system's trust store could be read only in part (%s): %u certificates "
			       "are in use; set x509.truststore, or repair it", gnutls_strerror(ret), trust->anchors->len);
	if (trust->anchors->len == 0)
		problems_warning(problems, place, "no x509.truststore is set and the system's trust store is empty (%s), so "
			       "every peer that shows a certificate is refused: set x509.truststore, or install the "
			       "system's certificates (package ca-certificates)",
			       ret < 0 ? gnutls_strerror(ret) : "no certificate in it");
	check_count(trust, place, problems);
	return trust;
}

void trust_free(struct trust *trust)
{
	if (!trust)
		return;
	g_ptr_array_unref(trust->anchors);
	g_free(trust);
}

guint32 trust_count(const struct trust *trust)
{
	return trust->anchors->len;
}

GBytes *trust_anchor(const struct trust *trust, guint32 n)
{
	return g_ptr_array_index(trust->anchors, n);
}
