// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pre-shared keys and the TLS library.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "preshared.h"

#define PRIORITY_MAX 1024

struct preshared_context {
	struct pskcall *psk;
	gnutls_psk_server_credentials_t server;
	gnutls_psk_client_credentials_t client[2];	/* by hash */
	gnutls_priority_t sha256;	/* NULL: no cipher with this hash is allowed */
	gnutls_priority_t sha384;
	gnutls_priority_t any;
};

/* RFC 8446, B.4: the hash is part of a cipher suite, and in TLS 1.3 it follows from the cipher. */
static uint32_t hash_of(gnutls_cipher_algorithm_t cipher)
{
	return cipher == GNUTLS_CIPHER_AES_256_GCM ? PROTO_PSK_SHA384 : PROTO_PSK_SHA256;
}

/* TLS_AES_128_GCM_SHA256 and TLS_AES_256_GCM_SHA384 are the suites that NVMe/TCP asks for (transport specification, 3.6.1). */
static bool is_nvme(gnutls_cipher_algorithm_t cipher)
{
	return cipher == GNUTLS_CIPHER_AES_128_GCM || cipher == GNUTLS_CIPHER_AES_256_GCM;
}

static void append(char *text, const char *prefix, const char *name)
{
	size_t length = strlen(text);

	snprintf(text + length, PRIORITY_MAX - length, ":%s%s", prefix, name);
}

static bool append_ciphers(char *text, gnutls_priority_t profile, uint32_t hashes, bool nvme)
{
	const unsigned int *list;
	bool any = false;

	int count = gnutls_priority_cipher_list(profile, &list);
	for (int i = 0; i < count; i++) {
		if (!(hash_of(list[i]) & hashes) || is_nvme(list[i]) != nvme)
			continue;
		append(text, "+", gnutls_cipher_get_name(list[i]));
		any = true;
	}
	return any;
}

/*
 * The profile's ciphers and groups, in its order, as far as their hash is among these; but NVMe's own first. The elliptic
 * curves' exchange comes before the finite fields', which costs ten times as much.
 */
static int build_priority(gnutls_priority_t profile, uint32_t hashes, gnutls_priority_t *out)
{
	char text[PRIORITY_MAX] = "NONE:+VERS-TLS1.3:+AEAD:+ECDHE-PSK:+DHE-PSK";
	const unsigned int *list;

	bool any = append_ciphers(text, profile, hashes, true);
	any = append_ciphers(text, profile, hashes, false) || any;
	int count = gnutls_priority_group_list(profile, &list);
	for (int i = 0; i < count; i++)
		append(text, "+GROUP-", gnutls_group_get_name(list[i]));
	/* Nothing is signed, but the library wants to know with what. */
	if (gnutls_priority_sign_list(profile, &list) > 0)
		append(text, "+SIGN-", gnutls_sign_get_name(list[0]));
	return any ? gnutls_priority_init(out, text, NULL) : 0;
}

static int allocate_server(gnutls_psk_server_credentials_t *out)
{
#ifdef HAVE_GNUTLS_PSK_ALLOCATE_CLIENT_CREDENTIALS2
	/* Either hash: the binder says which. */
	if (gnutls_psk_allocate_server_credentials2(out, GNUTLS_MAC_UNKNOWN) == 0)
		return 0;
#endif
	return gnutls_psk_allocate_server_credentials(out);
}

static int allocate_client(gnutls_psk_client_credentials_t *out, uint32_t hash)
{
#ifdef HAVE_GNUTLS_PSK_ALLOCATE_CLIENT_CREDENTIALS2
	return gnutls_psk_allocate_client_credentials2(out, hash == PROTO_PSK_SHA384 ? GNUTLS_MAC_SHA384 :
						       GNUTLS_MAC_SHA256);
#else
	return hash == PROTO_PSK_SHA256 ? gnutls_psk_allocate_client_credentials(out) : 0;
#endif
}

static int build(struct preshared_context *context, gnutls_priority_t priority)
{
	uint32_t hashes = PROTO_PSK_SHA256;

#ifdef HAVE_GNUTLS_PSK_ALLOCATE_CLIENT_CREDENTIALS2
	hashes |= PROTO_PSK_SHA384;
#endif
	int ret = build_priority(priority, PROTO_PSK_SHA256, &context->sha256);
	if (ret == 0)
		ret = build_priority(priority, PROTO_PSK_SHA384, &context->sha384);
	if (ret == 0)
		ret = build_priority(priority, hashes, &context->any);
	if (ret == 0)
		ret = allocate_server(&context->server);
	if (ret == 0)
		ret = allocate_client(&context->client[0], PROTO_PSK_SHA256);
	return ret == 0 ? allocate_client(&context->client[1], PROTO_PSK_SHA384) : ret;
}

int preshared_new(gnutls_priority_t priority, gnutls_psk_client_credentials_function2 *offer,
		  gnutls_psk_server_credentials_function2 *find, struct pskcall *psk, struct preshared_context **out)
{
	struct preshared_context *context = calloc(1, sizeof(*context));

	if (!context)
		return GNUTLS_E_MEMORY_ERROR;
	context->psk = psk;
	int ret = build(context, priority);
	if (ret < 0) {
		preshared_free(context);
		return ret;
	}
	/* By callback: a key that is set in credentials is not wiped with them. */
	for (int i = 0; i < 2; i++) {
		if (context->client[i])
			gnutls_psk_set_client_credentials_function2(context->client[i], offer);
	}
	gnutls_psk_set_server_credentials_function2(context->server, find);
	*out = context;
	return 0;
}

void preshared_free(struct preshared_context *context)
{
	gnutls_priority_t priorities[3];

	if (!context)
		return;
	priorities[0] = context->sha256;
	priorities[1] = context->sha384;
	priorities[2] = context->any;
	for (int i = 0; i < 3; i++) {
		if (priorities[i])
			gnutls_priority_deinit(priorities[i]);
	}
	for (int i = 0; i < 2; i++) {
		if (context->client[i])
			gnutls_psk_free_client_credentials(context->client[i]);
	}
	if (context->server)
		gnutls_psk_free_server_credentials(context->server);
	free(context);
}

int preshared_client(const struct preshared_context *context, gnutls_session_t session, uint32_t hash)
{
	bool sha384 = hash == PROTO_PSK_SHA384;
	gnutls_priority_t priority = sha384 ? context->sha384 : context->sha256;

	if (!priority || !context->client[sha384])
		return GNUTLS_E_NO_CIPHER_SUITES;
	int ret = gnutls_priority_set(session, priority);
	return ret == 0 ? gnutls_credentials_set(session, GNUTLS_CRD_PSK, context->client[sha384]) : ret;
}

int preshared_server(const struct preshared_context *context, gnutls_session_t session)
{
	if (!context->any)
		return GNUTLS_E_NO_CIPHER_SUITES;
	int ret = gnutls_priority_set(session, context->any);
	return ret == 0 ? gnutls_credentials_set(session, GNUTLS_CRD_PSK, context->server) : ret;
}

int preshared_init(struct preshared *preshared, const struct proto_job *job)
{
	preshared->job = job->job;
	if (job->header.type != PROTO_JOB_PSK)
		return 0;
	preshared->offer = malloc(sizeof(*preshared->offer));
	if (!preshared->offer)
		return -ENOMEM;
	memcpy(preshared->offer, job, sizeof(*preshared->offer));
	return 0;
}

void preshared_done(struct preshared *preshared)
{
	if (preshared->offer)
		explicit_bzero(preshared->offer, sizeof(*preshared->offer));
	free(preshared->offer);
	preshared->offer = NULL;
}

static int copy(gnutls_datum_t *to, const uint8_t *data, size_t size)
{
	to->size = 0;
	to->data = gnutls_malloc(size);
	if (!to->data)
		return -ENOMEM;
	memcpy(to->data, data, size);
	to->size = size;
	return 0;
}

int preshared_offer(struct preshared *preshared, gnutls_datum_t *identity, gnutls_datum_t *key)
{
	const struct proto_job_psk *offer = preshared->offer;
	int ret = copy(identity, offer->identity, offer->identity_length);

	if (ret == 0) {
		ret = copy(key, offer->key, offer->key_length);
		if (ret < 0)
			gnutls_free(identity->data);
	}
	preshared->found = ret == 0;
	preshared->failure = ret;
	return ret < 0 ? GNUTLS_E_INSUFFICIENT_CREDENTIALS : 0;
}

int preshared_find(const struct preshared_context *context, struct preshared *preshared, const gnutls_datum_t *identity,
		   gnutls_datum_t *key)
{
	const struct proto_psk_key *answer;
	int ret = pskcall_ask(context->psk, preshared->job, identity->data, identity->size, &answer);

	if (ret == 0) {
		ret = copy(key, answer->key, answer->key_length);
		pskcall_forget(context->psk);
	}
	preshared->found = ret == 0;
	/* Told apart by us: the library would go on with a key made up, and then call the peer's key wrong. */
	preshared->unknown = ret == -ENOKEY;
	if (ret < 0 && ret != -ENOKEY)
		preshared->failure = ret;
	return ret < 0 ? -1 : 0;
}

bool preshared_used(gnutls_session_t session)
{
	gnutls_kx_algorithm_t kx = gnutls_kx_get(session);

	return kx == GNUTLS_KX_DHE_PSK || kx == GNUTLS_KX_ECDHE_PSK;
}
