/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the worker's tests share: certificates made on the spot, a keeper in a thread, a kernel that takes keys without
 * having TLS, and a peer that is a TLS library of its own.
 */
#ifndef TESTS_WORKER_FIXTURE_H
#define TESTS_WORKER_FIXTURE_H

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "proto.h"
#include "snapshot.h"
#include "worker/handshake.h"
#include "worker/ktls.h"

#define OK(call) g_assert_cmpint(call, >=, 0)

/* TLS 1.3 and what RFC 9289 needs, as the loader writes it. */
#define PRIORITY                                                                                             \
	"NONE:+VERS-TLS1.3:+AES-256-GCM:+AES-128-GCM:+CHACHA20-POLY1305:+AES-128-CCM:+AEAD:+GROUP-X25519:"   \
	"+GROUP-SECP256R1:+SIGN-ALL:-SIGN-RSA-SHA1:-SIGN-ECDSA-SHA1:-SIGN-DSA-SHA1:+CTYPE-X509:%PROFILE_MEDIUM"

/* ---- certificates ---- */

struct issued {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t der;
};

struct wish {
	const char *subject;		/* default: "CN=peer.example" */
	const struct issued *issuer;	/* NULL: self-signed */
	gnutls_pk_algorithm_t pk;	/* default: ECDSA */
	unsigned int bits;		/* default: P-256, RSA 2048 */
	bool authority;
	const char *dns;		/* subjectAltName */
	const char *ip;
	const char *purpose;
	unsigned int usage;
	long from, until;		/* seconds from now; default: an hour ago, a year ahead */
	void (*decorate)(gnutls_x509_crt_t certificate);
};

/* Live until issued_done(). */
const struct issued *issue(const struct wish *wish);
void issued_done(void);

/* ---- keeper ---- */

enum keeper_mood {
	KEEPER_WORKS,
	KEEPER_SLEEPS,		/* never answers */
	KEEPER_LATE,		/* answers another call first */
	KEEPER_REFUSES,		/* -EPERM */
	KEEPER_FAILS,		/* -EIO */
	KEEPER_LIES,		/* a signature of other bytes */
	KEEPER_LEAVES,		/* closes the channel at a call */
};

/* ---- one worker's surroundings ---- */

struct scene {
	struct snapshot_settings settings;
	struct snapshot_profile client, server;
	gnutls_x509_privkey_t keys[PROTO_KEYS_MAX];
	unsigned int key_count;
	int keeper_fd;		/* the keeper's end */
	int sign_fd;
	gint mood;		/* enum keeper_mood */
	gint calls;
	GThread *keeper;
	struct sign *sign;
	struct credentials *client_credentials, *server_credentials;
	struct knownpeers *known;
	struct handshake_context context;
};

/* Defaults; then change settings and profiles, then scene_ready(). */
void scene_init(struct scene *scene);
void scene_trust(struct snapshot_profile *profile, const struct issued *anchor);
/* A revocation list of @issuer's that names @revoked, out of date since a minute; freed with the certificates. */
void scene_revoke(struct snapshot_profile *profile, const struct issued *issuer, const struct issued *revoked);
/* @chain ends with NULL; the first one's key goes to the keeper. */
void scene_identity(struct scene *scene, struct snapshot_profile *profile, const struct issued *const *chain);
void scene_ready(struct scene *scene);
void scene_done(struct scene *scene);

/* ---- the kernel's side ---- */

struct kernel {
	int attach_error, rx_error, tx_error;	/* positive errno to fail with */
	bool attached;
	bool knows_payload_limit;
	struct ktls_key rx, tx;			/* as installed; size 0: not */
	unsigned int payload_limit;
};
extern struct kernel kernel;

/* A connected pair of TCP sockets on the loopback device. */
void tcp_pair(int *ours, int *theirs);

/* ---- the peer ---- */

struct peer {
	int fd;
	gnutls_session_t session;
	gnutls_certificate_credentials_t x509;
	int ret;		/* of its handshake; GNUTLS_E_AGAIN: not done */
};

struct peer_wish {
	bool server;
	const char *priority;		/* default: the library's own */
	const struct issued *identity;
	const struct issued *chain[20];	/* behind the identity */
	const struct issued *trust;	/* NULL: verifies nothing */
	const char *sni;
	const char *alpn;
	bool demands;			/* server: a client certificate */
	unsigned int record_size;
	bool key_share_top;		/* client: offer a share for the first group only */
};

void peer_init(struct peer *peer, const struct peer_wish *wish, int fd);
void peer_step(struct peer *peer);
/* What the peer finds when it reads on: a fatal alert, -1 for the end of the stream, -2 for nothing within 2 s. */
int peer_alert(struct peer *peer);
void peer_done(struct peer *peer);

/* ---- both ---- */

/* A job with a deadline 20 s ahead. */
struct proto_job make_job(enum proto_role role, enum proto_auth auth, const char *peername);

/* Make the handshake to its end; @peer may be NULL. */
void run_handshake(struct scene *scene, const struct proto_job *job, int fd, struct peer *peer,
		   struct proto_result *result);

#endif
