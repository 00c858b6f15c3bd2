/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session of the TLS library with all that does not change while it lives: TLS 1.3 without tickets, our credentials, and what
 * RFC 9289 and NVMe/TCP ask for.
 */
#ifndef TLSHD_WORKER_SESSION_H
#define TLSHD_WORKER_SESSION_H

#include <gnutls/gnutls.h>
#include <stddef.h>

#include "credentials.h"
#include "name.h"
#include "preshared.h"
#include "proto.h"

struct session_plan {
	enum proto_role role;
	enum proto_auth auth;
	const struct credentials *credentials;	/* outlive the session, as the next */
	const struct preshared_context *preshared;
	uint32_t psk_hash;			/* client with a pre-shared key: enum proto_psk_hash */
	const struct name *name;		/* client: of the server; a DNS name goes into SNI, an address never */
	size_t max_bytes;			/* of all handshake messages together */
};

/**
 * session_new - a session that has not begun
 * @plan: not needed after the call
 *
 * Returns 0, or a GnuTLS error; then there is none. Free with gnutls_deinit().
 */
int session_new(const struct session_plan *plan, gnutls_session_t *out);

#endif
