/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the moment at which the TLS library gives a handshake up to the one reason that is reported.
 */
#ifndef TLSHD_WORKER_DIAGNOSIS_H
#define TLSHD_WORKER_DIAGNOSIS_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "outcome.h"
#include "preshared.h"
#include "proto.h"
#include "sign.h"
#include "transport.h"
#include "verify.h"

/* What is known of the handshake. */
struct diagnosis {
	gnutls_session_t session;
	enum proto_role role;
	enum proto_auth auth;
	bool hello_seen;		/* a ClientHello has come */
	bool identity_missing;		/* server: the peer got as far as to need our certificate */
	const struct transport *transport;
	const struct preshared *preshared;
	const struct sign_record *signatures;
	struct verify_refusal *refusal;	/* of the peer; filled in where the library refused it before we could */
};

/**
 * diagnosis_of - reason, status and alert for a fatal code of the TLS library
 * @code: negative, not GNUTLS_E_AGAIN or GNUTLS_E_INTERRUPTED
 * @result: gets the alert that the peer sent, and the library's code where it is part of the reason
 */
struct outcome diagnosis_of(const struct diagnosis *known, int code, struct proto_result *result);

#endif
