// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our certificate chains: order and export. Whether a certificate is any good is checkup.c's question.
 */
#include <config.h>

#include <gnutls/abstract.h>

#include "loader/checkup.h"
#include "loader/identity.h"
#include "loader/pem.h"
#include "snapshot.h"

struct identity {
	char *label;
	GPtrArray *chain;	/* GBytes */
	GBytes *spki;
};

static gnutls_x509_crt_t crt_at(const GArray *certificates, guint n)
{
	return g_array_index(certificates, struct pem_certificate, n).crt;
}

static bool issued(const GArray *certificates, guint issuer, guint subject)
{
	return issuer != subject &&
	       gnutls_x509_crt_check_issuer(crt_at(certificates, subject), crt_at(certificates, issuer)) == 1;
}

/* The first certificate that issued none of the others; in a loop of cross signatures, the first of all. */
static guint find_end_entity(const GArray *certificates)
{
	for (guint i = 0; i < certificates->len; i++) {
		bool issuer = false;
		for (guint j = 0; j < certificates->len && !issuer; j++)
			issuer = issued(certificates, i, j);
		if (!issuer)
			return i;
	}
	return 0;
}

/* From the end entity to its issuer and so on. Returns how many there are; @order has their places in the file. */
static guint find_order(const GArray *certificates, guint *order)
{
	bool used[SNAPSHOT_CHAIN_MAX] = { false };
	guint length = 0, next = find_end_entity(certificates);

	while (next < certificates->len) {
		guint last = next;
		order[length++] = last;
		used[last] = true;
		for (next = 0; next < certificates->len; next++) {
			if (!used[next] && issued(certificates, next, last))
				break;
		}
	}
	return length;
}

static void warn_of_order(const GArray *certificates, const guint *order, guint length, const char *path,
			  const struct place *place, struct problems *problems)
{
	for (guint i = 0; i < length; i++) {
		if (order[i] != i) {
			problems_warning(problems, place, "%s: the certificates are not in order, so they were sorted: put "
				       "the certificate of this host first, then the one that issued it, and so on",
				       path);
			break;
		}
	}
	if (length < certificates->len)
		problems_warning(problems, place, "%s: %u of its %u certificates do not belong to the chain and are left out: "
			       "remove them, or add the missing certificate in between", path, certificates->len - length,
			       certificates->len);
}

static GBytes *take_datum(gnutls_datum_t *datum)
{
	GBytes *bytes = g_bytes_new(datum->data, datum->size);

	gnutls_free(datum->data);
	return bytes;
}

/* The public key in the form that the keeper reports its keys in, so that both can be compared byte by byte. */
static int export_spki(gnutls_x509_crt_t crt, GBytes **spki)
{
	gnutls_datum_t datum;
	gnutls_pubkey_t key;

	int ret = gnutls_pubkey_init(&key);
	if (ret < 0)
		return ret;
	ret = gnutls_pubkey_import_x509(key, crt, 0);
	if (ret >= 0)
		ret = gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &datum);
	gnutls_pubkey_deinit(key);
	if (ret < 0)
		return ret;
	*spki = take_datum(&datum);
	return 0;
}

static int export_chain(struct identity *identity, const GArray *certificates, const guint *order, guint length)
{
	for (guint i = 0; i < length; i++) {
		gnutls_datum_t datum;
		int ret = gnutls_x509_crt_export2(crt_at(certificates, order[i]), GNUTLS_X509_FMT_DER, &datum);
		if (ret < 0)
			return ret;
		g_ptr_array_add(identity->chain, take_datum(&datum));
	}
	return export_spki(crt_at(certificates, order[0]), &identity->spki);
}

/* Signatures of this kind would have to be made by the keeper, and by a library that knows them. */
static bool usable_pq(gnutls_x509_crt_t crt, const char *path, const struct place *place, struct problems *problems)
{
	int algorithm = gnutls_x509_crt_get_pk_algorithm(crt, NULL);
	const char *name = algorithm > 0 ? gnutls_pk_get_name(algorithm) : NULL;

	if (!checkup_key(crt)) {
		problems_warning(problems, place, "%s: its key is %s, which is not post-quantum; peers that can verify it get it "
				 "all the same, before x509.certificate", path, name ? name : "of an unknown kind");
		return true;
	}
	problems_warning(problems, place, "%s: this version cannot sign with its key (%s): peers get x509.certificate instead",
			 path, name ? name : "of a kind that the TLS library does not know");
	return false;
}

static struct identity *read_identity(GBytes *pem, const char *path, enum proto_role role, time_t now, bool pq,
				      const struct place *place, struct problems *problems)
{
	guint order[SNAPSHOT_CHAIN_MAX];
	gnutls_x509_crt_t chain[SNAPSHOT_CHAIN_MAX];
	struct identity *identity = NULL;

	GArray *certificates = pem_certificates(pem, path, place, problems);
	if (certificates->len == 0)
		goto out;
	if (certificates->len > SNAPSHOT_CHAIN_MAX) {
		problems_error(problems, place, "%s: has %u certificates, at most %u are allowed: name a file that holds the "
			     "chain of this host only, not a trust store", path, certificates->len, SNAPSHOT_CHAIN_MAX);
		goto out;
	}
	guint length = find_order(certificates, order);
	warn_of_order(certificates, order, length, path, place, problems);
	for (guint i = 0; i < length; i++)
		chain[i] = crt_at(certificates, order[i]);
	if (pq && !usable_pq(chain[0], path, place, problems))
		goto out;
	checkup_chain(chain, length, path, role, now, place, problems);

	identity = g_new0(struct identity, 1);
	identity->label = g_strdup(path);
	identity->chain = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	int ret = export_chain(identity, certificates, order, length);
	if (ret < 0 || g_bytes_get_size(identity->spki) > PROTO_SPKI_MAX) {
		problems_error(problems, place, "%s: its public key cannot be used (%s): use RSA up to 8192 bits, ECDSA or "
			     "Ed25519", path, ret < 0 ? gnutls_strerror(ret) : "too large");
		g_clear_pointer(&identity, identity_free);
	}
out:
	g_array_unref(certificates);
	return identity;
}

struct identity *identity_new(GBytes *pem, const char *path, enum proto_role role, time_t now, const struct place *place,
			      struct problems *problems)
{
	return read_identity(pem, path, role, now, false, place, problems);
}

struct identity *identity_new_pq(GBytes *pem, const char *path, enum proto_role role, time_t now,
				 const struct place *place, struct problems *problems)
{
	return read_identity(pem, path, role, now, true, place, problems);
}

void identity_free(struct identity *identity)
{
	if (!identity)
		return;
	g_free(identity->label);
	g_ptr_array_unref(identity->chain);
	g_clear_pointer(&identity->spki, g_bytes_unref);
	g_free(identity);
}

guint32 identity_length(const struct identity *identity)
{
	return identity->chain->len;
}

GBytes *identity_certificate(const struct identity *identity, guint32 n)
{
	return g_ptr_array_index(identity->chain, n);
}

GBytes *identity_spki(const struct identity *identity)
{
	return identity->spki;
}

const char *identity_label(const struct identity *identity)
{
	return identity->label;
}
