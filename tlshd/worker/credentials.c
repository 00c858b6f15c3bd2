// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Credentials of one profile.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/x509.h>
#include <stdlib.h>

#include "credentials.h"
#include "scheme.h"

#define OFFERED_MAX 128	/* signature algorithms of a peer that are looked at; the library knows far fewer */

struct identity {
	gnutls_pcert_st chain[SNAPSHOT_CHAIN_MAX];
	unsigned int length;
	gnutls_privkey_t key;
	gnutls_pk_algorithm_t pk;
	gnutls_ecc_curve_t curve;
};

struct validity {
	int64_t from, until;
};

struct credentials {
	gnutls_certificate_credentials_t x509;
	gnutls_priority_t priority;
	bool has_trust;
	struct validity *anchors;	/* of each trust anchor */
	unsigned int anchor_count;
	unsigned int identity_count;
	struct identity identities[SNAPSHOT_IDENTITIES_MAX];
};

static int import_identity(struct identity *identity, const struct snapshot_identity *from, struct sign *sign)
{
	int ret;

	for (uint32_t i = 0; i < from->chain_length; i++) {
		gnutls_datum_t der = { (unsigned char *)from->chain[i].data, from->chain[i].size };

		ret = gnutls_pcert_import_x509_raw(&identity->chain[i], &der, GNUTLS_X509_FMT_DER, 0);
		if (ret < 0)
			return ret;
		identity->length++;
	}
	if (identity->length == 0)
		return GNUTLS_E_NO_CERTIFICATE_FOUND;
	gnutls_pubkey_t public_key = identity->chain[0].pubkey;
	ret = gnutls_pubkey_get_pk_algorithm(public_key, NULL);
	if (ret < 0)
		return ret;
	identity->pk = ret;
	if (identity->pk == GNUTLS_PK_ECDSA)
		gnutls_pubkey_export_ecc_raw2(public_key, &identity->curve, NULL, NULL, 0);
	return sign_stub(sign, from->key, public_key, &identity->key);
}

static void free_identity(struct identity *identity)
{
	for (unsigned int i = 0; i < identity->length; i++)
		gnutls_pcert_deinit(&identity->chain[i]);
	if (identity->key)
		gnutls_privkey_deinit(identity->key);
}

/*
 * Without verification, which is the loader's: the library would drop a list that is past its next update without a word.
 * All lists of one issuer count, because an authority may divide its revocations.
 */
static int import_crls(gnutls_x509_trust_list_t list, const struct snapshot_profile *profile)
{
	for (uint32_t i = 0; i < profile->crl_count; i++) {
		gnutls_datum_t der = { (unsigned char *)profile->crls[i].data, profile->crls[i].size };
		gnutls_x509_crl_t crl;

		int ret = gnutls_x509_crl_init(&crl);
		if (ret < 0)
			return ret;
		ret = gnutls_x509_crl_import(crl, &der, GNUTLS_X509_FMT_DER);
		if (ret == 0 && gnutls_x509_trust_list_add_crls(list, &crl, 1, 0, 0) != 1)
			ret = GNUTLS_E_MEMORY_ERROR;
		if (ret < 0) {
			gnutls_x509_crl_deinit(crl);
			return ret;
		}
	}
	return 0;
}

/* The list owns what was added to it, and the credentials own the list. */
static int import_trust(struct credentials *credentials, const struct snapshot_profile *profile, const char **why)
{
	gnutls_x509_trust_list_t list;

	*why = "a trust anchor";
	credentials->anchors = calloc(profile->anchor_count + 1, sizeof(*credentials->anchors));
	if (!credentials->anchors)
		return GNUTLS_E_MEMORY_ERROR;
	int ret = gnutls_x509_trust_list_init(&list, profile->anchor_count);
	if (ret < 0)
		return ret;
	for (uint32_t i = 0; i < profile->anchor_count; i++) {
		gnutls_datum_t der = { (unsigned char *)profile->anchors[i].data, profile->anchors[i].size };
		gnutls_x509_crt_t anchor;

		ret = gnutls_x509_crt_init(&anchor);
		if (ret < 0)
			goto fail;
		ret = gnutls_x509_crt_import(anchor, &der, GNUTLS_X509_FMT_DER);
		if (ret == 0)
			credentials->anchors[credentials->anchor_count++] = (struct validity){
				gnutls_x509_crt_get_activation_time(anchor), gnutls_x509_crt_get_expiration_time(anchor) };
		/*
		 * Not GNUTLS_TL_USE_IN_TLS: names of 150 authorities would be 15 KB in each server's flight, and
		 * tell everyone whom we trust.
		 */
		if (ret == 0 && gnutls_x509_trust_list_add_cas(list, &anchor, 1, GNUTLS_TL_NO_DUPLICATES) != 1)
			ret = GNUTLS_E_MEMORY_ERROR;
		if (ret < 0) {
			gnutls_x509_crt_deinit(anchor);
			goto fail;
		}
	}
	*why = "a revocation list";
	ret = import_crls(list, profile);
	if (ret < 0)
		goto fail;
	gnutls_certificate_set_trust_list(credentials->x509, list, 0);
	return 0;
fail:
	gnutls_x509_trust_list_deinit(list, 1);
	return ret;
}

static int build(struct credentials *credentials, const struct snapshot_profile *profile,
		 const struct snapshot_settings *settings, struct sign *sign, const char **why)
{
	int ret;

	*why = "the priority string";
	ret = gnutls_priority_init(&credentials->priority, profile->priority, NULL);
	if (ret < 0)
		return ret;
	*why = "memory";
	ret = gnutls_certificate_allocate_credentials(&credentials->x509);
	if (ret < 0)
		return ret;
	ret = import_trust(credentials, profile, why);
	if (ret < 0)
		return ret;
	credentials->has_trust = profile->anchor_count > 0;
	*why = "a certificate chain";
	for (uint32_t i = 0; i < profile->identity_count; i++) {
		credentials->identity_count++;
		ret = import_identity(&credentials->identities[i], &profile->identities[i], sign);
		if (ret < 0)
			return ret;
	}
	/* The keeper's public keys were compared with the certificates when the generation was made. */
	gnutls_certificate_set_flags(credentials->x509, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	gnutls_certificate_set_verify_limits(credentials->x509, settings->max_rsa_bits, settings->max_certificates);
	return 0;
}

int credentials_new(const struct snapshot_profile *profile, const struct snapshot_settings *settings,
		    struct sign *sign, gnutls_certificate_retrieve_function3 *retrieve, struct credentials **out,
		    const char **why, int *code)
{
	struct credentials *credentials = calloc(1, sizeof(*credentials));

	*why = "memory";
	*code = GNUTLS_E_MEMORY_ERROR;
	if (!credentials)
		return -ENOMEM;
	*code = build(credentials, profile, settings, sign, why);
	if (*code < 0) {
		credentials_free(credentials);
		return *code == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EINVAL;
	}
	gnutls_certificate_set_retrieve_function3(credentials->x509, retrieve);
	*out = credentials;
	return 0;
}

void credentials_free(struct credentials *credentials)
{
	if (!credentials)
		return;
	for (unsigned int i = 0; i < credentials->identity_count; i++)
		free_identity(&credentials->identities[i]);
	if (credentials->x509)
		gnutls_certificate_free_credentials(credentials->x509);
	if (credentials->priority)
		gnutls_priority_deinit(credentials->priority);
	free(credentials->anchors);
	free(credentials);
}

gnutls_certificate_credentials_t credentials_x509(const struct credentials *credentials)
{
	return credentials->x509;
}

gnutls_priority_t credentials_priority(const struct credentials *credentials)
{
	return credentials->priority;
}

void credentials_window(const struct credentials *credentials, int64_t now, struct knownpeers_window *window)
{
	for (unsigned int i = 0; i < credentials->anchor_count; i++) {
		knownpeers_narrow(window, now, credentials->anchors[i].from);
		knownpeers_narrow(window, now, credentials->anchors[i].until + 1);
	}
}

bool credentials_has_identity(const struct credentials *credentials)
{
	return credentials->identity_count > 0;
}

bool credentials_has_trust(const struct credentials *credentials)
{
	return credentials->has_trust;
}

static bool fits(const struct identity *identity, gnutls_sign_algorithm_t algorithm)
{
	const struct scheme *scheme = scheme_by_algorithm(algorithm);

	return scheme && scheme->pk == identity->pk &&
	       (scheme->pk != GNUTLS_PK_ECDSA || scheme->curve == identity->curve);
}

int credentials_choose(const struct credentials *credentials, const gnutls_sign_algorithm_t *offered, size_t count)
{
	for (unsigned int i = 0; i < credentials->identity_count; i++) {
		for (size_t j = 0; j < count; j++) {
			if (fits(&credentials->identities[i], offered[j]))
				return i;
		}
	}
	return -1;
}

void credentials_select(const struct credentials *credentials, gnutls_session_t session, gnutls_pcert_st **chain,
			unsigned int *length, gnutls_privkey_t *key)
{
	gnutls_sign_algorithm_t offered[OFFERED_MAX];
	size_t count = 0;

	*chain = NULL;
	*length = 0;
	*key = NULL;
	while (count < OFFERED_MAX && gnutls_sign_algorithm_get_requested(session, count, &offered[count]) == 0)
		count++;
	int chosen = credentials_choose(credentials, offered, count);
	if (chosen < 0)
		return;
	const struct identity *identity = &credentials->identities[chosen];
	*chain = (gnutls_pcert_st *)identity->chain;
	*length = identity->length;
	*key = identity->key;
}
