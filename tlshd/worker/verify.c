// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The verdict on a peer's certificate chain.
 */
#include <config.h>

#include <assert.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <time.h>

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

void verify_forget(gnutls_x509_crt_t *leaf)
{
	if (*leaf)
		gnutls_x509_crt_deinit(*leaf);
	*leaf = NULL;
}

struct verify_refusal verify_limits(gnutls_session_t session, const struct snapshot_settings *settings,
				    gnutls_x509_crt_t *leaf, struct proto_result *result)
{
	struct verify_refusal refusal = accepted;
	unsigned int count = 0;

	verify_forget(leaf);

	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	if (!chain)
		return accepted;
	for (unsigned int i = 0; i < count && i <= settings->max_certificates; i++) {
		gnutls_x509_crt_t certificate;

		if (i == settings->max_certificates)
			return refuse(REASON_CHAIN_LENGTH, 0, GNUTLS_A_CERTIFICATE_UNKNOWN);
		int ret = import(&chain[i], &certificate);
		if (ret < 0)
			return refuse_import(ret);
		if (i == 0)
			facts_of_certificate(certificate, result);
		refusal = check_key(certificate, settings->max_rsa_bits);
		if (i == 0)
			*leaf = certificate;
		else
			gnutls_x509_crt_deinit(certificate);
		if (refusal.reason != REASON_OK)
			break;
	}
	return refusal;
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

struct verify_refusal verify_peer(gnutls_session_t session, gnutls_x509_crt_t leaf, enum proto_role role,
				  const struct name *name, uint32_t *authenticated)
{
	const char *purpose = role == PROTO_ROLE_CLIENT ? GNUTLS_KP_TLS_WWW_SERVER : GNUTLS_KP_TLS_WWW_CLIENT;
	unsigned int count = 0;

	*authenticated = 0;
	assert(role == PROTO_ROLE_SERVER || name_is_set(name));
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &count);
	if (!chain || count == 0)
		return role == PROTO_ROLE_SERVER ? accepted :
		       refuse(REASON_UNTRUSTED, PROTO_VERIFY_OTHER, GNUTLS_A_BAD_CERTIFICATE);
	/* Without CertificateVerify there was no look at the limits, and a certificate alone proves nothing. */
	if (!leaf)
		return refuse(REASON_UNTRUSTED, PROTO_VERIFY_OTHER, GNUTLS_A_BAD_CERTIFICATE);
	struct verify_refusal refusal = check_chain(session, leaf, purpose);
	if (refusal.reason == REASON_OK && role == PROTO_ROLE_CLIENT && !name_matches(name, leaf))
		refusal = refuse(REASON_NAME, 0, GNUTLS_A_BAD_CERTIFICATE);
	*authenticated = refusal.reason == REASON_OK;
	return refusal;
}
