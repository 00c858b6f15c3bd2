/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's TLS: attached to the socket before the handshake, given the keys after it.
 *
 * Before, because the kernel takes a TLS socket only while the connection is established: a peer that sends its data
 * and its FIN right behind Finished would make a late attachment fail. Without keys all passes through.
 */
#ifndef TLSHD_WORKER_KTLS_H
#define TLSHD_WORKER_KTLS_H

#include <gnutls/gnutls.h>
#include <linux/tls.h>
#include <stdbool.h>

/* What setsockopt(SOL_TLS) takes for one direction. */
struct ktls_key {
	union {
		struct tls_crypto_info header;
		struct tls12_crypto_info_aes_gcm_128 aes_gcm_128;
		struct tls12_crypto_info_aes_gcm_256 aes_gcm_256;
		struct tls12_crypto_info_aes_ccm_128 aes_ccm_128;
		struct tls12_crypto_info_chacha20_poly1305 chacha20_poly1305;
	} info;
	unsigned int size;	/* of the member in use */
};

/** ktls_attach - setsockopt(TCP_ULP, "tls"). Returns 0 or a negative errno. */
int ktls_attach(int fd);

/**
 * ktls_export - one direction's key of a finished TLS 1.3 session
 * @received: the key for records that we receive, else for those that we send
 * @key: secret; wipe with ktls_wipe()
 *
 * Returns 0, -EOPNOTSUPP for a cipher that the kernel's TLS does not have, or -EIO.
 */
int ktls_export(gnutls_session_t session, bool received, struct ktls_key *key);
void ktls_wipe(struct ktls_key *key);

/**
 * ktls_install - hand both directions to the kernel
 * @record_limit: bytes of content that the peer takes in a record
 * @trusted: the peer has shown who it is. The kernel then expects no padding of it and decrypts to where the reader wants the
 *	data, where it can (TLS_RX_EXPECT_NO_PAD); a peer that pads makes it decrypt twice
 *	(Documentation/networking/tls.rst), so this is for none that may want to
 *
 * The receiving direction first: until the sending one is in, an alert can still be sent. Nothing may be buffered in
 * the library (the caller has to check that). Returns 0 or a negative errno; after an error the socket is of no more use.
 */
int ktls_install(int fd, gnutls_session_t session, unsigned int record_limit, bool trusted);

#endif
