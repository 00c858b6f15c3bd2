/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is signed in a TLS 1.3 CertificateVerify (RFC 8446, 4.4.3), and nothing else.
 */
#ifndef TLSHD_KEEPER_CERTVERIFY_H
#define TLSHD_KEEPER_CERTVERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "scheme.h"

/**
 * certverify_check - can this be the input of a CertificateVerify signature?
 * @scheme: the scheme that is asked for
 * @input: a digest, or for Ed25519 and Ed448 the message itself
 * @length: bytes of @input
 *
 * A digest shows nothing but its length, which has to be the scheme's own. A message has to be 64 spaces, one of the
 * two context strings, a zero byte and a transcript hash of a TLS 1.3 cipher suite's or a larger digest's length.
 *
 * Returns 0 or -EBADMSG.
 */
int certverify_check(const struct scheme *scheme, const uint8_t *input, size_t length);

#endif
