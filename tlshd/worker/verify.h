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

#include "name.h"
#include "proto.h"
#include "snapshot.h"

/* Why a peer is refused. */
struct verify_refusal {
	enum proto_reason reason;	/* REASON_OK: not refused */
	uint32_t bits;			/* PROTO_VERIFY_ */
	gnutls_alert_description_t alert; /* for the peer (RFC 8446, 6.2) */
};

/**
 * verify_limits - is this chain within the limits?
 * @session: has received the peer's Certificate; nothing was computed with its keys yet
 * @leaf: the first certificate, for verify_peer(): to read it a second time would cost more than all other checks of it;
 *	NULL where there is none; verify_forget() frees it
 * @result: its peer_ fields are filled in from the first certificate
 *
 * To be called before the library uses the peer's key: a key of absurd size costs seconds.
 */
struct verify_refusal verify_limits(gnutls_session_t session, const struct snapshot_settings *settings,
				    gnutls_x509_crt_t *leaf, struct proto_result *result);
void verify_forget(gnutls_x509_crt_t *leaf);

/**
 * verify_peer - is this the peer that it should be?
 * @session: has checked the peer's signature
 * @leaf: from verify_limits()
 * @role: ours; a client's peer has to be a server by name and purpose, a server's peer a client by purpose
 * @name: of the server; ignored on the server role
 * @authenticated: 1 if the peer has shown a certificate and it is good
 *
 * A client's server always has to have a good certificate. A server's client may show none (RFC 9289, 5.2.1: the
 * kernel's consumer knows whether it needs one), but one that it shows has to be good.
 */
struct verify_refusal verify_peer(gnutls_session_t session, gnutls_x509_crt_t leaf, enum proto_role role,
				  const struct name *name, uint32_t *authenticated);

/** verify_refused - a refusal for these PROTO_VERIFY_ bits, with the alert that says the first of them */
struct verify_refusal verify_refused(uint32_t bits);

#endif
