// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Why a handshake failed. The TLS library's code is the last thing to look at: what we saw ourselves is more exact.
 */
#include <config.h>

#include "diagnosis.h"

/* The peer said why it ends the handshake. close_notify has a code of its own, and the number 0. */
static bool ended_by_alert(const struct diagnosis *known, int code, gnutls_alert_description_t *alert)
{
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		*alert = gnutls_alert_get(known->session);
		return true;
	}
	if (code == GNUTLS_E_DECRYPTION_FAILED && transport_plain_alert(known->transport) >= 0) {
		*alert = transport_plain_alert(known->transport);
		return true;
	}
	*alert = GNUTLS_A_CLOSE_NOTIFY;
	return (code == GNUTLS_E_SESSION_EOF || code == GNUTLS_E_PREMATURE_TERMINATION) &&
	       !known->transport->peer_closed && !known->transport->read_error;
}

/*
 * Is the alert the target's word on the key that we offered? It comes instead of a ServerHello: in the clear behind one
 * it is not the target's, which has chosen the key by then.
 */
static bool answers_offer(const struct diagnosis *known, int code)
{
	return known->auth == PROTO_AUTH_PSK && known->role == PROTO_ROLE_CLIENT && known->preshared->found &&
	       code != GNUTLS_E_DECRYPTION_FAILED;
}

struct outcome diagnosis_of(const struct diagnosis *known, int code, struct proto_result *result)
{
	const struct transport *transport = known->transport;
	struct verify_refusal *refusal = known->refusal;
	gnutls_alert_description_t alert;

	if (refusal->reason != REASON_OK)
		return outcome_refused(refusal->reason, refusal->alert);
	if (known->preshared->unknown)
		return outcome_refused(REASON_PSK_UNKNOWN, GNUTLS_A_UNKNOWN_PSK_IDENTITY);
	if (known->preshared->failure)
		return outcome_of_psk(known->preshared->failure);
	if (known->signatures->failure)
		return outcome_of_signature(known->signatures->failure);
	if (ended_by_alert(known, code, &alert)) {
		result->alert_received = alert;
		return outcome_of_alert(alert, answers_offer(known, code));
	}
	if (transport->over_limit)
		return outcome_of(REASON_MESSAGE_SIZE, 0);
	if (transport->read_error)
		return outcome_of(REASON_PEER_RESET, transport->read_error);
	if (transport->peer_closed)
		return outcome_of(REASON_PEER_CLOSED, 0);
	result->library_error = code;
	/* RFC 8446, 4.2.11: a binder that does not fit the key. */
	if (known->preshared->found && known->role == PROTO_ROLE_SERVER &&
	    code == GNUTLS_E_RECEIVED_ILLEGAL_PARAMETER)
		return outcome_refused(REASON_PSK_MISMATCH, GNUTLS_A_DECRYPT_ERROR);
	/* The library goes on to look for a cipher of an older version, and finds none (RFC 8446, 4.2.1). */
	if (known->hello_seen && gnutls_protocol_get_version(known->session) != GNUTLS_TLS1_3 &&
	    outcome_of_library(code).reason == REASON_NOTHING_COMMON)
		return outcome_refused(REASON_NOTHING_COMMON, GNUTLS_A_PROTOCOL_VERSION);
	if (known->identity_missing)
		return outcome_of(REASON_NO_IDENTITY, 0);
	if (code == GNUTLS_E_KEY_USAGE_VIOLATION) {
		*refusal = verify_refused(PROTO_VERIFY_KEY_USAGE);
		return outcome_refused(refusal->reason, refusal->alert);
	}
	return outcome_of_library(code);
}
