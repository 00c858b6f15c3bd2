/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot: the configuration and all public material of one generation, immutable once made.
 *
 * The loader writes it into a sealed memfd (loader/image.h); supervisor and workers map it read-only and read it
 * through this module. No file is opened and nothing is parsed as PEM after that. It holds nothing secret; the
 * places of the private keys are in a second image that only the keeper gets (struct keylist).
 *
 * Reading trusts nothing: every length is compared with what is left, and trailing bytes are refused.
 */
#ifndef TLSHD_SNAPSHOT_H
#define TLSHD_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "proto.h"

#define SNAPSHOT_CHAIN_MAX 16		/* certificates of one identity of ours */
#define SNAPSHOT_IDENTITIES_MAX 8	/* identities of one profile */
#define SNAPSHOT_ANCHORS_MAX 4096	/* trust anchors of one profile */
#define SNAPSHOT_CRLS_MAX 64		/* revocation lists of one profile */
#define SNAPSHOT_PROFILES 2		/* client and server */
#define SNAPSHOT_KEYRINGS_MAX 32	/* keyrings that the configuration names */
#define SNAPSHOT_KEYRING_NAME_MAX 255	/* bytes of a keyring's name */

/* A run of bytes inside the mapping. */
struct snapshot_bytes {
	const uint8_t *data;
	uint32_t size;
};

/* Options of the whole service, tlshd.conf(5), all in force with this generation. */
struct snapshot_settings {
	uint32_t loglevel;		/* [debug] loglevel: 0 default, 1 more, 2 all */
	uint32_t tls_debug;		/* [debug] tls: level for the TLS library */
	uint32_t nl_debug;		/* [debug] nl */
	uint32_t delay_done;		/* [debug] delay_done: seconds between a handshake's end and DONE */
	uint32_t workers;		/* 0: one per CPU */
	uint32_t max_handshakes;	/* 0: by RLIMIT_NOFILE */
	uint32_t client_timeout_ms;	/* without a time-out in the request */
	uint32_t server_timeout_ms;
	uint32_t hello_timeout_ms;	/* server: until the peer's first byte; 0: off */
	uint32_t sign_timeout_ms;	/* one call to the keeper */
	uint32_t max_message;		/* bytes of one handshake message */
	uint32_t max_client_hello;	/* bytes of a ClientHello */
	uint32_t max_certificates;	/* in a peer's chain */
	uint32_t max_rsa_bits;		/* of any RSA key in a peer's chain */
};

/* A keyring with authentication tokens that the configuration names, beside those that are always served. */
struct snapshot_keyring {
	uint32_t serial;		/* at most INT32_MAX; 0: to be found by its name */
	const char *name;		/* as configured, never empty; for a serial number the number as it was written */
};

/* A certificate chain of ours and the number of its private key in the key list. */
struct snapshot_identity {
	uint32_t key;
	uint32_t chain_length;
	struct snapshot_bytes chain[SNAPSHOT_CHAIN_MAX]; /* DER, end entity first */
	struct snapshot_bytes spki;	/* SubjectPublicKeyInfo of chain[0], DER */
	const char *label;		/* the certificate's file, for messages */
};

/* All that one role needs. */
struct snapshot_profile {
	uint32_t role;			/* enum proto_role */
	const char *priority;		/* GnuTLS priority string, complete: without GNUTLS_PRIORITY_INIT_DEF_APPEND */
	uint32_t identity_count;
	struct snapshot_identity identities[SNAPSHOT_IDENTITIES_MAX];
	uint32_t anchor_count;
	struct snapshot_bytes *anchors;	/* trust anchors, DER */
	uint32_t crl_count;
	struct snapshot_bytes crls[SNAPSHOT_CRLS_MAX]; /* revocation lists, DER; verified as far as they can be */
};

struct snapshot {
	struct snapshot_settings settings;
	uint32_t keyring_count;
	struct snapshot_keyring keyrings[SNAPSHOT_KEYRINGS_MAX]; /* no two alike */
	struct snapshot_profile profiles[SNAPSHOT_PROFILES]; /* [0] client, [1] server */
	void *mapping;
	size_t mapping_size;
};

/* Where the keeper finds a private key. */
struct keylist_entry {
	const char *source;		/* absolute path of a PEM or DER file, or a URL (keyurl.h), perhaps with a PIN */
	const char *origin;		/* "/etc/tlshd/config:12", for messages */
};

struct keylist {
	uint32_t count;
	struct keylist_entry entries[PROTO_KEYS_MAX];
	void *mapping;
	size_t mapping_size;
};

/**
 * snapshot_open - map and read a snapshot
 * @fd: sealed memfd (F_SEAL_WRITE, F_SEAL_SHRINK, F_SEAL_GROW are checked); stays the caller's
 * @out: the snapshot; free with snapshot_free()
 *
 * Returns 0, -EBADMSG for a malformed image, -EPERM for one that is not sealed, or another negative errno.
 */
int snapshot_open(int fd, struct snapshot **out);
void snapshot_free(struct snapshot *snapshot);

/** snapshot_parse - the same from memory that outlives the snapshot (for tests and fuzzers) */
int snapshot_parse(const void *data, size_t size, struct snapshot **out);

/** snapshot_profile - the profile of a role (enum proto_role); NULL for no such role */
const struct snapshot_profile *snapshot_profile(const struct snapshot *snapshot, uint32_t role);

/** keylist_open, keylist_parse - the same for the key list */
int keylist_open(int fd, struct keylist **out);
int keylist_parse(const void *data, size_t size, struct keylist **out);
void keylist_free(struct keylist *list);

#endif
