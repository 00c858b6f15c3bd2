/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one role's handshakes use, made once from the snapshot and shared by all of them: priorities, trust anchors, and
 * our certificate chains with keys that the keeper uses for us.
 */
#ifndef TLSHD_WORKER_CREDENTIALS_H
#define TLSHD_WORKER_CREDENTIALS_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdbool.h>

#include "knownpeers.h"
#include "sign.h"
#include "snapshot.h"

struct credentials;

/**
 * credentials_new - build all that a profile's handshakes use
 * @profile: stays the caller's and outlives the credentials
 * @settings: the limits for a peer's chain
 * @sign: for our keys; outlives the credentials
 * @retrieve: asked by the library for our certificate in each handshake; calls credentials_select()
 * @why: what failed, for the log; a static text
 * @code: the GnuTLS error behind it
 *
 * Returns 0, -EINVAL for material that cannot be used, or -ENOMEM.
 */
int credentials_new(const struct snapshot_profile *profile, const struct snapshot_settings *settings,
		    struct sign *sign, gnutls_certificate_retrieve_function3 *retrieve, struct credentials **out,
		    const char **why, int *code);
void credentials_free(struct credentials *credentials);

gnutls_certificate_credentials_t credentials_x509(const struct credentials *credentials);
gnutls_priority_t credentials_priority(const struct credentials *credentials);

/** credentials_window - when a verdict at @now may change because of the dates of a trust anchor: narrows @window */
void credentials_window(const struct credentials *credentials, int64_t now, struct knownpeers_window *window);

/** credentials_has_identity, credentials_has_trust - is there a certificate of ours, and any trust anchor? */
bool credentials_has_identity(const struct credentials *credentials);
bool credentials_has_trust(const struct credentials *credentials);

/**
 * credentials_choose - which identity for a peer that can verify these signatures?
 * @offered: the peer's signature_algorithms, @count of them
 *
 * The first of ours, in the snapshot's order of preference, with a scheme that is among them; the peer's own order does
 * not count. Returns its place, or -1 where there is none.
 */
int credentials_choose(const struct credentials *credentials, const gnutls_sign_algorithm_t *offered, size_t count);

/**
 * credentials_select - choose the identity that the peer can verify
 * @session: in its retrieve callback
 * @chain, @length, @key: for the callback's own arguments; they stay ours
 *
 * As credentials_choose() says; @length 0 where there is none.
 */
void credentials_select(const struct credentials *credentials, gnutls_session_t session, gnutls_pcert_st **chain,
			unsigned int *length, gnutls_privkey_t *key);

#endif
