// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys from the TLS library to the kernel.
 */
#include <config.h>

#include <assert.h>
#include <errno.h>
#include <gnutls/socket.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "ktls.h"
#include "recordlimit.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#ifndef TLS_TX_MAX_PAYLOAD_LEN
#define TLS_TX_MAX_PAYLOAD_LEN 5
#endif
#ifndef TLS_RX_EXPECT_NO_PAD
#define TLS_RX_EXPECT_NO_PAD 4
#endif

int ktls_attach(int fd)
{
	static const char ulp[] = "tls";

	return setsockopt(fd, IPPROTO_TCP, TCP_ULP, ulp, sizeof(ulp)) < 0 ? -errno : 0;
}

void ktls_wipe(struct ktls_key *key)
{
	explicit_bzero(key, sizeof(*key));
}

/*
 * TLS 1.3 has one 12-byte IV (RFC 8446, 5.3); the kernel wants its first bytes as the salt and the rest as the IV, as in
 * TLS 1.2. ChaCha20-Poly1305 has no salt.
 */
#define FILL(member, NAME)                                                                                   \
	do {                                                                                                 \
		_Static_assert(TLS_CIPHER_##NAME##_SALT_SIZE + TLS_CIPHER_##NAME##_IV_SIZE == 12, "IV");     \
		if (iv->size != 12 || secret->size != sizeof(key->info.member.key))                          \
			return -EIO;                                                                         \
		key->info.header.cipher_type = TLS_CIPHER_##NAME;                                            \
		memcpy(key->info.member.salt, iv->data, TLS_CIPHER_##NAME##_SALT_SIZE);                      \
		memcpy(key->info.member.iv, iv->data + TLS_CIPHER_##NAME##_SALT_SIZE,                        \
		       sizeof(key->info.member.iv));                                                         \
		memcpy(key->info.member.key, secret->data, secret->size);                                    \
		memcpy(key->info.member.rec_seq, sequence, sizeof(key->info.member.rec_seq));                \
		key->size = sizeof(key->info.member);                                                        \
		return 0;                                                                                    \
	} while (0)

static int fill(gnutls_cipher_algorithm_t cipher, const gnutls_datum_t *iv, const gnutls_datum_t *secret,
		const unsigned char sequence[8], struct ktls_key *key)
{
	switch (cipher) {
	case GNUTLS_CIPHER_AES_128_GCM:
		FILL(aes_gcm_128, AES_GCM_128);
	case GNUTLS_CIPHER_AES_256_GCM:
		FILL(aes_gcm_256, AES_GCM_256);
	case GNUTLS_CIPHER_AES_128_CCM:
		FILL(aes_ccm_128, AES_CCM_128);
	case GNUTLS_CIPHER_CHACHA20_POLY1305:
		FILL(chacha20_poly1305, CHACHA20_POLY1305);
	default:
		return -EOPNOTSUPP;
	}
}

int ktls_export(gnutls_session_t session, bool received, struct ktls_key *key)
{
	gnutls_datum_t mac, iv, secret;
	unsigned char sequence[8];

	memset(key, 0, sizeof(*key));
	if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3)
		return -EOPNOTSUPP;
	if (gnutls_record_get_state(session, received, &mac, &iv, &secret, sequence) < 0)
		return -EIO;
	key->info.header.version = TLS_1_3_VERSION;
	return fill(gnutls_cipher_get(session), &iv, &secret, sequence, key);
}

/* Does the library itself have this direction in the kernel already? */
static bool installed_by_library(gnutls_session_t session, bool received)
{
	return gnutls_transport_is_ktls_enabled(session) & (received ? GNUTLS_KTLS_RECV : GNUTLS_KTLS_SEND);
}

static int install_direction(int fd, gnutls_session_t session, bool received)
{
	struct ktls_key key;

	if (installed_by_library(session, received))
		return 0;
	int ret = ktls_export(session, received, &key);
	if (ret == 0 && setsockopt(fd, SOL_TLS, received ? TLS_RX : TLS_TX, &key.info, key.size) < 0)
		ret = -errno;
	ktls_wipe(&key);
	return ret;
}

/* Since Linux 6.0; without it all is the same, but for a copy of each byte that is received. */
static void expect_no_padding(int fd)
{
	unsigned int yes = 1;

	setsockopt(fd, SOL_TLS, TLS_RX_EXPECT_NO_PAD, &yes, sizeof(yes));
}

int ktls_install(int fd, gnutls_session_t session, unsigned int record_limit, bool trusted)
{
	uint16_t limit = record_limit;
	uint16_t known = 0;
	socklen_t size = sizeof(known);
	int ret;

	assert(gnutls_record_check_pending(session) == 0);
	/* Asked before any key is in, while we can still tell the peer. */
	if (limit < RECORDLIMIT_NONE && getsockopt(fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &known, &size) < 0)
		return -errno;
	ret = install_direction(fd, session, true);
	if (ret == 0 && trusted)
		expect_no_padding(fd);
	if (ret == 0)
		ret = install_direction(fd, session, false);
	if (ret == 0 && limit < RECORDLIMIT_NONE &&
	    setsockopt(fd, SOL_TLS, TLS_TX_MAX_PAYLOAD_LEN, &limit, sizeof(limit)) < 0)
		ret = -errno;
	return ret;
}
