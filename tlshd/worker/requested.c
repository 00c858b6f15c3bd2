// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates of requests.
 */
#include <config.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "requested.h"

struct requested {
	gnutls_pcert_st certificate;
	bool imported;
	gnutls_privkey_t key;
};

void requested_free(struct requested *requested)
{
	if (!requested)
		return;
	if (requested->key)
		gnutls_privkey_deinit(requested->key);
	if (requested->imported)
		gnutls_pcert_deinit(&requested->certificate);
	free(requested);
}

/* Compared by us: where the private key is behind a callback the library cannot. */
static enum proto_reason compare(const struct requested *requested, const uint8_t *spki, size_t size, int *code)
{
	gnutls_datum_t own;

	*code = gnutls_pubkey_export2(requested->certificate.pubkey, GNUTLS_X509_FMT_DER, &own);
	if (*code < 0)
		return *code == GNUTLS_E_MEMORY_ERROR ? REASON_RESOURCES : REASON_CERTIFICATE;
	bool same = own.size == size && memcmp(own.data, spki, size) == 0;
	gnutls_free(own.data);
	return same ? REASON_OK : REASON_KEY_MISMATCH;
}

static enum proto_reason build(struct requested *requested, const struct proto_job *job, const uint8_t *image,
			       struct sign *sign, int *code)
{
	const gnutls_datum_t der = { (unsigned char *)image, job->certificate_length };

	*code = gnutls_pcert_import_x509_raw(&requested->certificate, &der, GNUTLS_X509_FMT_DER, 0);
	if (*code < 0)
		return *code == GNUTLS_E_MEMORY_ERROR ? REASON_RESOURCES : REASON_CERTIFICATE;
	requested->imported = true;
	enum proto_reason reason = compare(requested, image + job->certificate_length, job->spki_length, code);
	if (reason != REASON_OK)
		return reason;
	*code = sign_stub(sign, PROTO_KEY_REQUESTED, requested->certificate.pubkey, &requested->key);
	return *code < 0 ? REASON_RESOURCES : REASON_OK;
}

enum proto_reason requested_new(const struct proto_job *job, int fd, struct sign *sign, struct requested **out, int *code)
{
	size_t size = (size_t)job->certificate_length + job->spki_length;
	struct requested *requested = calloc(1, sizeof(*requested));
	uint8_t *image = malloc(size);
	enum proto_reason reason = REASON_RESOURCES;

	*code = 0;
	if (requested && image && pread(fd, image, size, 0) == (ssize_t)size)
		reason = build(requested, job, image, sign, code);
	free(image);
	if (reason == REASON_OK)
		*out = requested;
	else
		requested_free(requested);
	return reason;
}

void requested_select(const struct requested *requested, gnutls_pcert_st **chain, unsigned int *length,
		      gnutls_privkey_t *key)
{
	*chain = (gnutls_pcert_st *)&requested->certificate;
	*length = 1;
	*key = requested->key;
}
