// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Derivation of NVMe's TLS PSKs; see nvmepsk.h.
 */
#include <config.h>

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "nqn.h"
#include "nvmepsk.h"
#include "status.h"

#define CONTEXT_MAX 255 /* RFC 8446, 7.1: opaque context<0..255> */
#define LABEL_PREFIX "tls13 "
#define INFO_MAX (2 + 1 + 255 + 1 + 1024)

/* Both a MAC and a hash: GnuTLS numbers them alike. */
static gnutls_mac_algorithm_t algorithm_of(enum interchange_hash hash)
{
	return hash == INTERCHANGE_SHA384 ? GNUTLS_MAC_SHA384 : GNUTLS_MAC_SHA256;
}

static int library_failed(int code, GError **error)
{
	return status_set(error, STATUS_FAILURE, "the TLS library cannot derive the key: %s",
			  gnutls_strerror(code));
}

static size_t put_text(uint8_t *at, const char *text)
{
	memcpy(at, text, strlen(text));
	return strlen(text);
}

/* HkdfLabel, or what older tools took for it. Returns its bytes. */
static size_t make_info(enum nvmepsk_rule rule, const char *label, const char *context,
			size_t length, uint8_t *info)
{
	size_t size = 2;

	if (rule == NVMEPSK_COMPAT) {
		info[0] = length & 0xff;
		info[1] = length >> 8;
		size += put_text(info + size, LABEL_PREFIX);
		size += put_text(info + size, label);
		return size + put_text(info + size, context);
	}
	info[0] = length >> 8;
	info[1] = length & 0xff;
	info[size++] = strlen(LABEL_PREFIX) + strlen(label);
	size += put_text(info + size, LABEL_PREFIX);
	size += put_text(info + size, label);
	info[size++] = strlen(context);
	return size + put_text(info + size, context);
}

/* HKDF-Expand-Label(HKDF-Extract(0, input), label, context, as many bytes as the input has) */
static int expand(enum nvmepsk_rule rule, enum interchange_hash hash, struct secret *input,
		  const char *label, const char *context, struct secret **output, GError **error)
{
	size_t length = secret_length(input);
	gnutls_mac_algorithm_t algorithm = algorithm_of(hash);
	uint8_t zeros[INTERCHANGE_KEY_MAX] = { 0 }, info[INFO_MAX];
	struct secret *prk = secret_new(INTERCHANGE_KEY_MAX);
	unsigned int size = gnutls_hmac_get_len(algorithm);
	gnutls_datum_t key = { secret_data(input), length }, salt = { zeros, size };
	gnutls_datum_t extracted = { secret_data(prk), size };
	gnutls_datum_t label_info = { info, make_info(rule, label, context, length, info) };

	*output = secret_new(length);
	secret_set_length(*output, length);
	int code = gnutls_hkdf_extract(algorithm, &key, &salt, secret_data(prk));
	if (code >= 0)
		code = gnutls_hkdf_expand(algorithm, &extracted, &label_info, secret_data(*output),
					  length);
	secret_free(prk);
	if (code >= 0)
		return 0;
	secret_free(*output);
	*output = NULL;
	return library_failed(code, error);
}

static int retain(const struct nvmepsk_source *source, const struct nvmepsk_form *form,
		  struct secret **retained, GError **error)
{
	if (form->kind == NVMEPSK_RETAINED && source->hash != INTERCHANGE_NONE)
		return expand(form->rule, source->hash, source->key, "HostNQN", source->hostnqn,
			      retained, error);
	*retained = secret_copy(secret_data(source->key), secret_length(source->key));
	return 0;
}

static int make_digest(const struct nvmepsk_source *source, enum interchange_hash hash,
		       struct secret *retained, char **digest, GError **error)
{
	g_autofree char *text =
		g_strdup_printf("%s %s NVMe-over-Fabrics", source->hostnqn, source->subsysnqn);
	uint8_t mac[INTERCHANGE_KEY_MAX];
	int code = gnutls_hmac_fast(algorithm_of(hash), secret_data(retained),
				    secret_length(retained), text, strlen(text), mac);

	if (code < 0)
		return library_failed(code, error);
	*digest = g_base64_encode(mac, gnutls_hmac_get_len(algorithm_of(hash)));
	return 0;
}

static char *make_identity(const struct nvmepsk_source *source, const struct nvmepsk_form *form,
			   enum interchange_hash hash, const char *digest)
{
	return g_strdup_printf("NVMe%d%c%02d %s %s%s%s", form->version,
			       form->kind == NVMEPSK_GENERATED ? 'G' : 'R', hash, source->hostnqn,
			       source->subsysnqn, digest ? " " : "", digest ? digest : "");
}

/* Into @psk, from the retained PSK; its identity is there for version 0. */
static int derive_from(const struct nvmepsk_source *source, struct secret *retained,
		       struct nvmepsk *psk, GError **error)
{
	g_autofree char *digest = NULL, *context = NULL;

	if (psk->form.version == 1) {
		int status = make_digest(source, psk->hash, retained, &digest, error);
		if (status != 0)
			return status;
		context = g_strdup_printf("%02d %s", psk->hash, digest);
	}
	psk->identity = make_identity(source, &psk->form, psk->hash, digest);
	if (!context)
		context = g_strdup(psk->identity);
	if (psk->form.rule == NVMEPSK_STANDARD && strlen(context) > CONTEXT_MAX)
		return status_set(error, STATUS_INPUT,
				  "the identity of version 0 is too long: it has %zu bytes, and "
				  "the derivation takes %d (RFC 8446, 7.1); use version 1, or "
				  "shorter names",
				  strlen(context), CONTEXT_MAX);
	return expand(psk->form.rule, psk->hash, retained, "nvme-tls-psk", context, &psk->key,
		      error);
}

int nvmepsk_derive(const struct nvmepsk_source *source, const struct nvmepsk_form *form,
		   struct nvmepsk *psk, GError **error)
{
	struct secret *retained = NULL;

	memset(psk, 0, sizeof(*psk));
	psk->form = *form;
	psk->hash = interchange_hash_of(secret_length(source->key));
	g_assert(psk->hash != INTERCHANGE_NONE);
	g_assert(strlen(source->hostnqn) <= NQN_MAX && strlen(source->subsysnqn) <= NQN_MAX);
	int status = retain(source, form, &retained, error);
	if (status == 0)
		status = derive_from(source, retained, psk, error);
	secret_free(retained);
	if (status != 0)
		nvmepsk_clear(psk);
	return status;
}

void nvmepsk_clear(struct nvmepsk *psk)
{
	g_free(psk->identity);
	secret_free(psk->key);
	memset(psk, 0, sizeof(*psk));
}

/* Bound to its purpose: no other protocol says the same of this key. */
char *nvmepsk_fingerprint(struct secret *key)
{
	static const char purpose[] = "tlskey: fingerprint of a TLS PSK";
	uint8_t mac[32];
	GString *text = g_string_new(NULL);

	if (gnutls_hmac_fast(GNUTLS_MAC_SHA256, secret_data(key), secret_length(key), purpose,
			     strlen(purpose), mac) < 0)
		g_error("the TLS library has no HMAC");
	for (int i = 0; i < 8; i++)
		g_string_append_printf(text, "%02x", mac[i]);
	return g_string_free(text, FALSE);
}
