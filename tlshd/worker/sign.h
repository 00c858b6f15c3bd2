/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's end of the sign channel: signatures by keys that live in the keeper.
 *
 * The TLS library asks for a signature inside a callback that must not return "again", so a call blocks this worker,
 * for at most the call limit. An answer that comes later than that is recognised by its call number and dropped.
 */
#ifndef TLSHD_WORKER_SIGN_H
#define TLSHD_WORKER_SIGN_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <stdint.h>


struct sign;

/* What became of the calls of one handshake. */
struct sign_record {
	uint64_t job;
	uint32_t answered;	/* calls that the keeper answered, refusals included */
	uint32_t timeouts;	/* calls that it did not answer in time */
	int failure;		/* negative errno of the last call that failed: -ETIMEDOUT, -EPIPE or the keeper's */
};

/**
 * sign_new - prepare the channel
 * @fd: SOCK_SEQPACKET to the keeper, or -1 where there is none: each call fails with -EPIPE then
 * @timeout_ms: call limit
 *
 * Sets socket options that the sandbox forbids later. Returns 0 or a negative errno.
 */
int sign_new(int fd, uint32_t timeout_ms, struct sign **out);
void sign_free(struct sign *sign);

/**
 * sign_begin - calls from here on belong to this handshake
 * @record: where its calls are counted; NULL: no call is allowed
 */
void sign_begin(struct sign *sign, struct sign_record *record);

/**
 * sign_stub - make a private key whose signatures the keeper makes
 * @sign: outlives the key
 * @key: number in the generation's key list
 * @public_key: the matching public key; stays the caller's
 *
 * Returns 0 or a GnuTLS error.
 */
int sign_stub(struct sign *sign, uint32_t key, gnutls_pubkey_t public_key, gnutls_privkey_t *out);

#endif
