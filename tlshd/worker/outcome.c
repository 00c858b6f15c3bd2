// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reasons, statuses and alerts.
 */
#include <config.h>

#include <errno.h>
#include <stddef.h>

#include "outcome.h"

static bool out_of_resources(int error)
{
	return error == ENOMEM || error == ENOBUFS || error == EMFILE || error == ENFILE || error == ENOSPC;
}

/* What a retry may cure. */
static bool passing(enum proto_reason reason)
{
	switch (reason) {
	case REASON_DEADLINE:
	case REASON_HELLO_TIMEOUT:
	case REASON_PEER_CLOSED:
	case REASON_PEER_RESET:
	case REASON_SIGN_TIMEOUT:
	case REASON_SIGN_LOST:
	case REASON_PSK_FAILED:
	case REASON_PSK_LOST:
	case REASON_READ_AHEAD:
	case REASON_RESOURCES:
	case REASON_CANCELLED:
		return true;
	default:
		return false;
	}
}

static int usual_alert(enum proto_reason reason, int status)
{
	switch (reason) {
	case REASON_OK:
	case REASON_PEER_CLOSED:
	case REASON_PEER_RESET:
	case REASON_PEER_ALERT:
		return OUTCOME_NO_ALERT;
	case REASON_MESSAGE_SIZE:
		return GNUTLS_A_DECODE_ERROR;
	case REASON_ALPN:
		return GNUTLS_A_NO_APPLICATION_PROTOCOL;
	default:
		return status == ETIMEDOUT ? GNUTLS_A_INTERNAL_ERROR : GNUTLS_A_HANDSHAKE_FAILURE;
	}
}

struct outcome outcome_of(enum proto_reason reason, int error)
{
	struct outcome outcome = { .reason = reason, .error = error };

	if (reason != REASON_OK && out_of_resources(error))
		outcome.reason = REASON_RESOURCES;
	if (reason == REASON_NOT_TCP)
		outcome.status = EOPNOTSUPP;
	else if (reason != REASON_OK)
		outcome.status = passing(outcome.reason) ? ETIMEDOUT : EACCES;
	outcome.alert = usual_alert(outcome.reason, outcome.status);
	return outcome;
}

struct outcome outcome_refused(enum proto_reason reason, gnutls_alert_description_t alert)
{
	struct outcome outcome = outcome_of(reason, 0);

	outcome.alert = alert;
	return outcome;
}

static enum proto_reason reason_of_library(int code)
{
	static const struct {
		int code;
		enum proto_reason reason;
	} map[] = {
		{ GNUTLS_E_MEMORY_ERROR, REASON_RESOURCES },
		{ GNUTLS_E_HANDSHAKE_TOO_LARGE, REASON_MESSAGE_SIZE },
		{ GNUTLS_E_NO_APPLICATION_PROTOCOL, REASON_ALPN },
		{ GNUTLS_E_UNSUPPORTED_VERSION_PACKET, REASON_NOTHING_COMMON },
		{ GNUTLS_E_NO_CIPHER_SUITES, REASON_NOTHING_COMMON },
		{ GNUTLS_E_UNKNOWN_CIPHER_SUITE, REASON_NOTHING_COMMON },
		{ GNUTLS_E_NO_COMMON_KEY_SHARE, REASON_NOTHING_COMMON },
		{ GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM, REASON_NOTHING_COMMON },
		{ GNUTLS_E_UNWANTED_ALGORITHM, REASON_NOTHING_COMMON },
		{ GNUTLS_E_INSUFFICIENT_CREDENTIALS, REASON_NOTHING_COMMON },
		{ GNUTLS_E_ECC_UNSUPPORTED_CURVE, REASON_NOTHING_COMMON },
		{ GNUTLS_E_INTERNAL_ERROR, REASON_LIBRARY },
		{ GNUTLS_E_RANDOM_FAILED, REASON_LIBRARY },
		{ GNUTLS_E_LIB_IN_ERROR_STATE, REASON_LIBRARY },
		{ GNUTLS_E_HASH_FAILED, REASON_LIBRARY },
		{ GNUTLS_E_ENCRYPTION_FAILED, REASON_LIBRARY },
		{ GNUTLS_E_INVALID_REQUEST, REASON_LIBRARY },
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (map[i].code == code)
			return map[i].reason;
	return REASON_PROTOCOL;
}

struct outcome outcome_of_library(int code)
{
	struct outcome outcome = outcome_of(reason_of_library(code), 0);
	int level;

	if (outcome.status == ETIMEDOUT)
		return outcome;
	int alert = gnutls_error_to_alert(code, &level);
	/* The library's word for all that it has no other for would make the peer try again. */
	if (alert != GNUTLS_A_INTERNAL_ERROR && alert != GNUTLS_A_USER_CANCELED && level == GNUTLS_AL_FATAL)
		outcome.alert = alert;
	return outcome;
}

struct outcome outcome_of_alert(gnutls_alert_description_t alert, bool psk_offered)
{
	struct outcome outcome = outcome_of(REASON_PEER_ALERT, 0);

	if (alert == GNUTLS_A_INTERNAL_ERROR || alert == GNUTLS_A_USER_CANCELED || alert == GNUTLS_A_CLOSE_NOTIFY)
		outcome.status = ETIMEDOUT;
	/* The NVMe host gives its controller up on this one: no retry can cure it. From others it is an alert like any. */
	if (psk_offered && alert == GNUTLS_A_UNKNOWN_PSK_IDENTITY)
		outcome.status = EKEYREJECTED;
	return outcome;
}

struct outcome outcome_of_psk(int error)
{
	if (error == -ETIMEDOUT || error == -EPIPE)
		return outcome_of(REASON_PSK_LOST, 0);
	return outcome_of(REASON_PSK_FAILED, -error);
}

struct outcome outcome_of_signature(int error)
{
	struct outcome outcome;

	if (error == -ETIMEDOUT)
		return outcome_of(REASON_SIGN_TIMEOUT, 0);
	if (error == -EPIPE)
		return outcome_of(REASON_SIGN_LOST, 0);
	outcome = outcome_of(REASON_SIGN_FAILED, -error);
	/* A key that failed (a token that was busy, or pulled) may sign the next time; a refusal stays one. */
	if (error == -EIO) {
		outcome.status = ETIMEDOUT;
		outcome.alert = GNUTLS_A_INTERNAL_ERROR;
	}
	return outcome;
}
