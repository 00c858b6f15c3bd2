/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From what went wrong to what the consumer is told and what the peer is told.
 *
 * The consumer's status decides whether storage survives: it retries on ETIMEDOUT, and on nothing else. So ETIMEDOUT
 * is for all that a retry may cure, and EACCES for the rest. The peer reads our alert by the same rule: internal_error
 * says "try again", so it goes with ETIMEDOUT only and a refusal never sends it.
 */
#ifndef TLSHD_WORKER_OUTCOME_H
#define TLSHD_WORKER_OUTCOME_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "proto.h"

#define OUTCOME_NO_ALERT (-1)

struct outcome {
	enum proto_reason reason;
	int status;	/* positive errno for the consumer; 0 with REASON_OK */
	int alert;	/* for the peer; OUTCOME_NO_ALERT: it is past hearing, or has said the last word */
	int error;	/* positive errno behind the reason, or 0 */
};

/**
 * outcome_of - the usual status and alert of a reason
 * @error: positive errno behind it, or 0; out of memory or descriptors makes any local fault REASON_RESOURCES
 */
struct outcome outcome_of(enum proto_reason reason, int error);

/** outcome_refused - with an alert of the refusal's own */
struct outcome outcome_refused(enum proto_reason reason, gnutls_alert_description_t alert);

/**
 * outcome_of_library - of a fatal code of the TLS library
 *
 * What is known otherwise (a closed connection, the peer's alert, our own refusals) has to be looked at before.
 */
struct outcome outcome_of_library(int code);

/**
 * outcome_of_alert - the peer has sent this alert (in TLS 1.3 each is fatal: RFC 8446, 6)
 * @psk_offered: it is an answer to our own offer of a pre-shared key, so it may say that it does not know that one
 */
struct outcome outcome_of_alert(gnutls_alert_description_t alert, bool psk_offered);

/** outcome_of_signature - the keeper did not sign; @error: negative errno as in struct sign_record */
struct outcome outcome_of_signature(int error);

/** outcome_of_psk - the supervisor did not give a key; @error: negative errno as in struct preshared */
struct outcome outcome_of_psk(int error);

#endif
