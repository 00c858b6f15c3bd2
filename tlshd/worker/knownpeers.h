/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Peers that were judged good a moment ago and come again with the same certificates: each connection of a mount, each
 * reconnect, each client after a restart of its server.
 *
 * What is remembered is what follows from the bytes of a chain alone, and the verdict "trusted" for one role. It holds as
 * long as nothing changes that it depends on: trust anchors, revocation lists and limits are a worker's for all its life (a
 * reload starts new workers), and between two dates of validity of all certificates that may have taken part time changes
 * nothing. That the peer has the private key is proved in each handshake anew, by its CertificateVerify.
 */
#ifndef TLSHD_WORKER_KNOWNPEERS_H
#define TLSHD_WORKER_KNOWNPEERS_H

#include <gnutls/gnutls.h>
#include <gnutls/x509-ext.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto.h"

#define KNOWNPEERS_MAX 256		/* the one that was not seen for longest makes room */
#define KNOWNPEERS_CHAIN_MAX 8192	/* bytes; a longer chain is not remembered */

/* Seconds since 1970 between which a verdict does not change: @from <= now < @until. */
struct knownpeers_window {
	int64_t from, until;
};

/* One chain in one role. The fields are for verify.c to fill in before knownpeers_keep(), and constant after it. */
struct knownpeer {
	unsigned int references;
	bool trusted;				/* set by knownpeers_keep() alone */
	enum proto_role role;			/* ours */
	struct knownpeers_window window;
	gnutls_subject_alt_names_t names;	/* NULL: none */
	struct proto_result facts;		/* its peer_ fields but for peer_authenticated */
	unsigned int certificates;
	size_t size;
	uint8_t *chain;				/* each certificate's DER behind its length */
};

struct knownpeers;

/** knownpeers_new - a memory without anyone in it; returns 0 or -ENOMEM */
int knownpeers_new(struct knownpeers **out);
void knownpeers_free(struct knownpeers *known);

/** knownpeers_open_window - a window without an end in either direction */
void knownpeers_open_window(struct knownpeers_window *window);

/** knownpeers_narrow - a verdict at @now may be another one before @moment, or from it on */
void knownpeers_narrow(struct knownpeers_window *window, int64_t now, int64_t moment);

/**
 * knownpeers_find - has this very chain been trusted, in this role, and does that still hold?
 * @chain: @count certificates as DER, the peer's own first
 * @now: seconds since 1970
 *
 * Returns the peer with a reference for the caller, or NULL.
 */
struct knownpeer *knownpeers_find(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain,
				  unsigned int count, int64_t now);

/** knownpeer_new - someone who is not known yet, with an open window; NULL without memory */
struct knownpeer *knownpeer_new(enum proto_role role, const gnutls_datum_t *chain, unsigned int count);

/** knownpeer_unref - give a reference back; NULL is allowed */
void knownpeer_unref(struct knownpeer *peer);

/** knownpeers_keep - @peer, new and judged trusted, is to be found from now on; takes a reference of its own */
void knownpeers_keep(struct knownpeers *known, struct knownpeer *peer);

#endif
