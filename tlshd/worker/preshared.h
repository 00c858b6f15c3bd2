/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handshakes with an external pre-shared key (RFC 8446, 4.2.11): always with a key exchange beside it (psk_dhe_ke), never
 * with early data, and with ciphers whose hash is the key's.
 */
#ifndef TLSHD_WORKER_PRESHARED_H
#define TLSHD_WORKER_PRESHARED_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto.h"
#include "pskcall.h"

/* Shared by all handshakes. */
struct preshared_context;

/* The keys of one handshake. */
struct preshared {
	uint64_t job;
	struct proto_job_psk *offer; /* client: a copy of the message with the key, until preshared_done() */
	bool found;		/* a key went to the library */
	bool unknown;		/* server: the peer's identity has none */
	int failure;		/* negative errno where a key could not be had for another reason */
};

/**
 * preshared_new - what all handshakes share
 * @priority: of a profile: the ciphers and groups that may be used; stays the caller's
 * @offer, @find: asked by the library for the key of a client, and for that of an identity; they call preshared_offer()
 *	and preshared_find()
 * @psk: outlives the context
 *
 * Returns 0 or a GnuTLS error.
 */
int preshared_new(gnutls_priority_t priority, gnutls_psk_client_credentials_function2 *offer,
		  gnutls_psk_server_credentials_function2 *find, struct pskcall *psk, struct preshared_context **out);
void preshared_free(struct preshared_context *context);

/**
 * preshared_client, preshared_server - set a session up
 * @hash: enum proto_psk_hash of the key that a client will offer
 *
 * Returns 0 or a GnuTLS error.
 */
int preshared_client(const struct preshared_context *context, gnutls_session_t session, uint32_t hash);
int preshared_server(const struct preshared_context *context, gnutls_session_t session);

/**
 * preshared_init - of a job, before its handshake
 * @preshared: zeroed
 * @job: the beginning of a struct proto_job_psk where its header says so
 *
 * Returns 0 or -ENOMEM.
 */
int preshared_init(struct preshared *preshared, const struct proto_job *job);

/** preshared_done - wipe the key */
void preshared_done(struct preshared *preshared);

/**
 * preshared_offer, preshared_find - for the library's callbacks; they return what these have to
 *
 * The library asks again after a HelloRetryRequest (RFC 8446, 4.1.2: the second ClientHello offers the key once more).
 */
int preshared_offer(struct preshared *preshared, gnutls_datum_t *identity, gnutls_datum_t *key);
int preshared_find(const struct preshared_context *context, struct preshared *preshared, const gnutls_datum_t *identity,
		   gnutls_datum_t *key);

/** preshared_used - has the session been made with a pre-shared key and a key exchange? */
bool preshared_used(gnutls_session_t session);

#endif
