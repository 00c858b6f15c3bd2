/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one place that decides whether a peer's certificate is good enough, and by which alert it is refused.
 *
 * The TLS library skips the check of a name that is empty and then says "trusted"; here a client without a name to
 * verify never gets past the first line.
 */
#ifndef TLSHD_WORKER_VERIFY_H
#define TLSHD_WORKER_VERIFY_H

#include <gnutls/gnutls.h>
#include <stdint.h>

#include "credentials.h"
#include "knownpeers.h"
#include "name.h"
#include "proto.h"
#include "snapshot.h"

/* Why a peer is refused. */
struct verify_refusal {
	enum proto_reason reason;	/* REASON_OK: not refused */
	uint32_t bits;			/* PROTO_VERIFY_ */
	gnutls_alert_description_t alert; /* for the peer (RFC 8446, 6.2) */
};

/* A peer while it is judged. The caller clears it before and calls verify_forget() behind; the fields are verify.c's. */
struct verify_subject {
	struct knownpeer *peer;	/* NULL: it has shown no certificate so far */
	gnutls_x509_crt_t leaf;	/* its own certificate; NULL when it was known before */
};

/* What a verdict depends on; constant for a worker's life, but for the memory. */
struct verify_context {
	const struct snapshot_settings *settings;
	const struct credentials *credentials;
	struct knownpeers *known;
	enum proto_role role;	/* ours */
};

/**
 * verify_limits - is this chain within the limits?
 * @session: has received the peer's Certificate; nothing was computed with its keys yet
 * @subject: for verify_peer(); what was read of the certificate is not read again, and nothing is where it is known
 * @result: its peer_ fields are filled in from the first certificate
 *
 * To be called before the library uses the peer's key: a key of absurd size costs seconds.
 */
struct verify_refusal verify_limits(gnutls_session_t session, const struct verify_context *context,
				    struct verify_subject *subject, struct proto_result *result);
void verify_forget(struct verify_subject *subject);

/**
 * verify_peer - is this the peer that it should be?
 * @session: has checked the peer's signature
 * @subject: from verify_limits()
 * @name: of the server; ignored on the server role. A client's peer has to be a server by name and purpose, a server's
 *	peer a client by purpose
 * @result: peer_authenticated becomes 1 if the peer has shown a certificate and it is good, else 0; the refusal of an
 *	untrusted one fills in peer_issuer
 *
 * A client's server always has to have a good certificate. A server's client may show none (RFC 9289, 5.2.1: the
 * kernel's consumer knows whether it needs one), but one that it shows has to be good.
 */
struct verify_refusal verify_peer(gnutls_session_t session, const struct verify_context *context,
				  struct verify_subject *subject, const struct name *name, struct proto_result *result);

/** verify_refused - a refusal for these PROTO_VERIFY_ bits, with the alert that says the first of them */
struct verify_refusal verify_refused(uint32_t bits);

#endif
