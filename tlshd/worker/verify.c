// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on a peer's certificate chain.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <time.h>

#include "altnames.h"
#include "facts.h"
#include "verify.h"

/*
 * Above 64 bits a public exponent serves nothing but to make verification as slow as signing (a limit that other
 * libraries have, too).
 */
#define RSA_EXPONENT_MAX 8	/* bytes */

static struct verify_refusal refuse(enum proto_reason reason, uint32_t bits, gnutls_alert_description_t alert)
{
	return (struct verify_refusal){ .reason = reason, .bits = bits, .alert = alert };
}

static const struct verify_refusal accepted = { .reason = REASON_OK };

/* In the order of enum proto_verify: the first bit that is set gives the alert (RFC 8446, 6.2). */
struct verify_refusal verify_refused(uint32_t bits)
{
	static const struct {
		uint32_t bit;
		gnutls_alert_description_t alert;
	} alerts[] = {
		{ PROTO_VERIFY_REVOKED, GNUTLS_A_CERTIFICATE_REVOKED },
		{ PROTO_VERIFY_EXPIRED, GNUTLS_A_CERTIFICATE_EXPIRED },
		/* "expired or is not currently valid" */
		{ PROTO_VERIFY_NOT_YET, GNUTLS_A_CERTIFICATE_EXPIRED },
		{ PROTO_VERIFY_UNKNOWN_CA, GNUTLS_A_UNKNOWN_CA },
		{ PROTO_VERIFY_NOT_CA, GNUTLS_A_BAD_CERTIFICATE },
		{ PROTO_VERIFY_PURPOSE, GNUTLS_A_UNSUPPORTED_CERTIFICATE },
		{ PROTO_VERIFY_KEY_USAGE, GNUTLS_A_UNSUPPORTED_CERTIFICATE },
		/* RFC 8446, 4.4.2.4; insufficient_security is about what is negotiated. */
		{ PROTO_VERIFY_WEAK, GNUTLS_A_BAD_CERTIFICATE },
		{ PROTO_VERIFY_SIGNATURE, GNUTLS_A_BAD_CERTIFICATE },
	};

	for (size_t i = 0; i < sizeof(alerts) / sizeof(alerts[0]); i++)
		if (bits & alerts[i].bit)
			return refuse(REASON_UNTRUSTED, bits, alerts[i].alert);
	return refuse(REASON_UNTRUSTED, bits, GNUTLS_A_CERTIFICATE_UNKNOWN);
}

static uint32_t bits_of_status(unsigned int status)
{
	static const struct {
		unsigned int status;
		uint32_t bit;
	} map[] = {
		{ GNUTLS_CERT_REVOKED, PROTO_VERIFY_REVOKED },
		{ GNUTLS_CERT_EXPIRED, PROTO_VERIFY_EXPIRED },
		{ GNUTLS_CERT_NOT_ACTIVATED, PROTO_VERIFY_NOT_YET },
		{ GNUTLS_CERT_SIGNER_NOT_FOUND, PROTO_VERIFY_UNKNOWN_CA },
		{ GNUTLS_CERT_SIGNER_NOT_CA, PROTO_VERIFY_NOT_CA },
		{ GNUTLS_CERT_PURPOSE_MISMATCH, PROTO_VERIFY_PURPOSE },
		{ GNUTLS_CERT_INSECURE_ALGORITHM, PROTO_VERIFY_WEAK },
		{ GNUTLS_CERT_SIGNATURE_FAILURE, PROTO_VERIFY_SIGNATURE },
	};
	uint32_t bits = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (status & map[i].status)
			bits |= map[i].bit;
	return bits ? bits : status ? PROTO_VERIFY_OTHER : 0;
}

/* RSA only: other algorithms have few sizes, all of them bearable. */
static struct verify_refusal check_key(gnutls_x509_crt_t certificate, uint32_t max_rsa_bits)
{
	struct verify_refusal refusal = accepted;
	gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
	unsigned int bits = 0;

	int pk = gnutls_x509_crt_get_pk_algorithm(certificate, &bits);
	if (pk != GNUTLS_PK_RSA && pk != GNUTLS_PK_RSA_PSS)
		return accepted;
	if (bits > max_rsa_bits)
		return refuse(REASON_KEY_SIZE, 0, GNUTLS_A_UNSUPPORTED_CERTIFICATE);
	if (gnutls_x509_crt_get_pk_rsa_raw(certificate, &modulus, &exponent) == 0) {
		/* A leading zero byte is the sign's. */
		if (exponent.size > RSA_EXPONENT_MAX + (exponent.data[0] == 0))
			refusal = refuse(REASON_KEY_SIZE, 0, GNUTLS_A_UNSUPPORTED_CERTIFICATE);
		gnutls_free(modulus.data);
		gnutls_free(exponent.data);
	}
	return refusal;
}

static int import(const gnutls_datum_t *der, gnutls_x509_crt_t *certificate)
{
	int ret = gnutls_x509_crt_init(certificate);
	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_import(*certificate, der, GNUTLS_X509_FMT_DER);
	if (ret < 0)
		gnutls_x509_crt_deinit(*certificate);
	return ret;
}

static struct verify_refusal refuse_import(int code)
{
	if (code == GNUTLS_E_MEMORY_ERROR)
		return refuse(REASON_RESOURCES, 0, GNUTLS_A_INTERNAL_ERROR);
	return refuse(REASON_UNTRUSTED, PROTO_VERIFY_OTHER, GNUTLS_A_BAD_CERTIFICATE);
}

void verify_forget(struct verify_subject *subject)
{
	if (subject->leaf)
		gnutls_x509_crt_deinit(subject->leaf);
	knownpeer_unref(subject->peer);
	*subject = (struct verify_subject){ 0 };
}

/* A status of the certificate that comes with the handshake says more than the bytes of the chain do. */
static bool has_status(gnutls_session_t session, unsigned int count)
{
	gnutls_datum_t response;

	for (unsigned int i = 0; i < count; i++)
		if (gnutls_ocsp_status_request_get2(session, i, &response) == 0)
			return true;
	return false;
}

static void narrow(struct knownpeers_window *window, int64_t now, gnutls_x509_crt_t certificate)
{
	knownpeers_narrow(window, now, gnutls_x509_crt_get_activation_time(certificate));
	/* The last second is valid, too. */
	knownpeers_narrow(window, now, (int64_t)gnutls_x509_crt_get_expiration_time(certificate) + 1);
}

/*
 * Names that are there and could not be read are none to us, now. The next time it may be otherwise, where it was for want of
 * memory: so a peer with such names is not remembered.
 */
static void read_leaf(struct verify_subject *subject, gnutls_x509_crt_t leaf, struct proto_result *result)
{
	subject->leaf = leaf;
	int ret = altnames_read(leaf, &subject->peer->names);
	if (ret < 0)
		subject->peer->names = NULL;
	if (ret < 0 && ret != -ENOENT)
		subject->peer->window.until = INT64_MIN;
	facts_of_certificate(leaf, subject->peer->names, &subject->peer->facts);
	facts_copy(result, &subject->peer->facts);
}

static struct verify_refusal read_chain(const gnutls_datum_t *chain, unsigned int count, const struct verify_context *context,
					struct verify_subject *subject, struct proto_result *result)
{
	struct verify_refusal refusal = accepted;
	int64_t now = time(NULL);

	for (unsigned int i = 0; i < count && refusal.reason == REASON_OK; i++) {
		gnutls_x509_crt_t certificate;

		if (i == context->settings->max_certificates)
			return refuse(REASON_CHAIN_LENGTH, 0, GNUTLS_A_CERTIFICATE_UNKNOWN);
		int ret = import(&chain[i], &certificate);
		if (ret < 0)
			return refuse_import(ret);
		narrow(&subject->peer->window, now, certificate);
		refusal = check_key(certificate, context->settings->max_rsa_bits);
		if (i == 0)
			read_leaf(subject, certificate, result);
		else
			gnutls_x509_crt_deinit(certificate);
	}
	credentials_window(context->credentials, now, &subject->peer->window);
	return refusal;
}

struct verify_refusal verify_limits(gnutls_session_t session, const struct verify_context *context,
				    struct verify_subject *subject, struct proto_result *result)
{
	unsigned int count = 0;

	verify_forget(subject);
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	if (!chain || count == 0)
		return accepted;
	if (!has_status(session, count))
		subject->peer = knownpeers_find(context->known, context->role, chain, count, time(NULL));
	if (subject->peer) {
		facts_copy(result, &subject->peer->facts);
		return accepted;
	}
	subject->peer = knownpeer_new(context->role, chain, count);
	if (!subject->peer)
		return refuse(REASON_RESOURCES, 0, GNUTLS_A_INTERNAL_ERROR);
	return read_chain(chain, count, context, subject, result);
}

/*
 * Purpose and validity of the peer's own certificate are looked at here once more: the library stops looking at a
 * certificate that is itself among the trust anchors. No extended key usage at all allows every purpose (RFC 5280,
 * 4.2.1.12).
 */
static uint32_t check_leaf(gnutls_x509_crt_t leaf, const char *purpose)
{
	time_t now = time(NULL);
	uint32_t bits = 0;

	if (!gnutls_x509_crt_check_key_purpose(leaf, purpose, 0))
		bits |= PROTO_VERIFY_PURPOSE;
	if (now > gnutls_x509_crt_get_expiration_time(leaf))
		bits |= PROTO_VERIFY_EXPIRED;
	if (now < gnutls_x509_crt_get_activation_time(leaf))
		bits |= PROTO_VERIFY_NOT_YET;
	return bits;
}

static struct verify_refusal check_chain(gnutls_session_t session, gnutls_x509_crt_t leaf, const char *purpose)
{
	gnutls_typed_vdata_st data = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose };
	unsigned int status = 0;

	int ret = gnutls_certificate_verify_peers(session, &data, 1, &status);
	if (ret == GNUTLS_E_CONSTRAINT_ERROR)
		return refuse(REASON_CHAIN_LENGTH, 0, GNUTLS_A_CERTIFICATE_UNKNOWN);
	if (ret < 0)
		return refuse_import(ret);
	uint32_t bits = bits_of_status(status) | check_leaf(leaf, purpose);
	return bits ? verify_refused(bits) : accepted;
}

/* Someone who is not known, and from now on is when the verdict is good and is about the chain alone. */
static struct verify_refusal judge(gnutls_session_t session, const struct verify_context *context,
				   struct verify_subject *subject, struct proto_result *result)
{
	const char *purpose = context->role == PROTO_ROLE_CLIENT ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;

	struct verify_refusal refusal = check_chain(session, subject->leaf, purpose);
	if (refusal.reason != REASON_OK)
		facts_of_issuer(subject->leaf, result);
	else if (!has_status(session, subject->peer->certificates))
		knownpeers_keep(context->known, subject->peer);
	return refusal;
}

struct verify_refusal verify_peer(gnutls_session_t session, const struct verify_context *context,
				  struct verify_subject *subject, const struct name *name, struct proto_result *result)
{
	bool client = context->role == PROTO_ROLE_CLIENT;
	struct verify_refusal refusal = accepted;
	unsigned int count = 0;

	result->peer_authenticated = 0;
	assert(!client || name_is_set(name));
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	if ((!chain || count == 0) && !client)
		return accepted;
	/* Without CertificateVerify there was no look at the limits, and a certificate alone proves nothing. */
	if (!chain || count == 0 || !subject->peer || (!subject->peer->trusted && !subject->leaf))
		return refuse(REASON_UNTRUSTED, PROTO_VERIFY_OTHER, GNUTLS_A_BAD_CERTIFICATE);
	if (!subject->peer->trusted)
		refusal = judge(session, context, subject, result);
	if (refusal.reason == REASON_OK && client && !name_matches(name, subject->peer->names))
		refusal = refuse(REASON_NAME, 0, GNUTLS_A_BAD_CERTIFICATE);
	result->peer_authenticated = refusal.reason == REASON_OK;
	return refusal;
}
