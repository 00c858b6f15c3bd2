// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one kind of message that a key of ours signs.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "certverify.h"

/* RFC 8446, 4.4.3: padding, context string, separator. Both strings have 33 characters, and the NUL is the 0 byte. */
#define PADDING_LENGTH 64
#define CONTEXT_LENGTH (33 + 1)

static const char contexts[][CONTEXT_LENGTH] = {
	"TLS 1.3, server CertificateVerify",
	"TLS 1.3, client CertificateVerify",
};

/* SHA-256, SHA-384 and SHA-512. */
static bool hash_length_valid(size_t length)
{
	return length == 32 || length == 48 || length == 64;
}

static bool message_valid(const uint8_t *message, size_t length)
{
	if (length < PADDING_LENGTH + CONTEXT_LENGTH || !hash_length_valid(length - PADDING_LENGTH - CONTEXT_LENGTH))
		return false;
	for (size_t i = 0; i < PADDING_LENGTH; i++)
		if (message[i] != 0x20)
			return false;
	for (size_t i = 0; i < sizeof(contexts) / sizeof(contexts[0]); i++)
		if (memcmp(message + PADDING_LENGTH, contexts[i], CONTEXT_LENGTH) == 0)
			return true;
	return false;
}

int certverify_check(const struct scheme *scheme, const uint8_t *input, size_t length)
{
	bool valid = scheme->digest_length > 0 ? length == scheme->digest_length : message_valid(input, length);

	return valid ? 0 : -EBADMSG;
}
