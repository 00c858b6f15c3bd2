/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One private key: parsed from memory or opened in a token, judged for TLS 1.3, and able to sign.
 *
 * A key never changes after it is made. GnuTLS only reads it while it signs (randomness is kept per thread), so any
 * number of threads may call key_sign() with the same key at one time; of a key in a token it makes one signature after
 * the other, under a lock of that key alone.
 */
#ifndef TLSHD_KEEPER_KEY_H
#define TLSHD_KEEPER_KEY_H

#include <gnutls/abstract.h>
#include <stddef.h>
#include <stdint.h>

#include "scheme.h"

#define KEY_RSA_BITS_MIN 2048
#define KEY_RSA_BITS_MAX 8192

struct key;

/**
 * key_import - make a key of a file's content
 * @data: PEM or DER, of PKCS#8 or the traditional RSA or EC form; the caller wipes it
 * @size: bytes of @data
 * @out: the key; free with key_free()
 * @why: after an error: what is wrong and what mends it, the rest of a sentence that begins with the file's name
 * @room: bytes of @why
 *
 * Returns 0, -EKEYREJECTED for content that is no key or a key that TLS 1.3 or our limits do not allow, or -ENOMEM.
 */
int key_import(const uint8_t *data, size_t size, struct key **out, char *why, size_t room);

/**
 * key_adopt - make a key of one that is opened in a token
 * @private: this function's from the call on, also after an error
 * @out, @why, @room: as for key_import()
 *
 * Its public half comes from the private key's own attributes (RSA), or from the public key or certificate of the same
 * URL in the token.
 *
 * Returns 0, -EKEYREJECTED for a key without public half or one that TLS 1.3 or our limits do not allow, or -ENOMEM.
 */
int key_adopt(gnutls_privkey_t private, struct key **out, char *why, size_t room);

/** key_free - wipe and free; NULL is fine */
void key_free(struct key *key);

/** key_spki - SubjectPublicKeyInfo in DER (RFC 5280, 4.1.2.7); lives as long as the key */
const uint8_t *key_spki(const struct key *key, size_t *size);

/**
 * key_schemes - the SignatureSchemes that fit this key (RFC 8446, 4.2.3)
 *
 * At least one code point, in our order of preference, and a 0 at the end. Lives as long as the key.
 */
const uint16_t *key_schemes(const struct key *key);

/**
 * key_sign - sign a CertificateVerify input
 * @key: the key
 * @scheme: one of key_schemes()
 * @input: what certverify_check() accepted for this scheme
 * @length: bytes of @input
 * @signature: room for the signature, PROTO_SIGNATURE_MAX bytes
 * @signature_length: bytes used
 * @why: after an error: the library's reason
 *
 * Returns 0, or -EIO when the key failed.
 */
int key_sign(const struct key *key, const struct scheme *scheme, const uint8_t *input, size_t length,
	     uint8_t *signature, uint32_t *signature_length, const char **why);

/**
 * key_trial - prove that the key signs, and measure how long that takes
 * @key: the key
 * @trial_us: microseconds of one signature, the best of several tries, so that a busy moment does not count; of a key
 *	from a file the processor's time, of one in a token the time that it takes
 * @why: after an error: what is wrong, the rest of a sentence
 * @room: bytes of @why
 *
 * Each signature is verified with the public key: a key whose halves do not belong together is found here.
 * Returns 0 or -EIO.
 */
int key_trial(const struct key *key, uint32_t *trial_us, char *why, size_t room);

#endif
