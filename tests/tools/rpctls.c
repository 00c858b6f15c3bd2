// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * RPC over TCP (RFC 5531), just enough for one call and its reply.
 */
#include <config.h>

#include <arpa/inet.h>
#include <string.h>

#include "rpctls.h"

#define LAST_FRAGMENT 0x80000000u
#define MESSAGE_CALL 0
#define MESSAGE_REPLY 1
#define NFS_PROGRAM 100003
#define NFS_VERSION 4
#define AUTH_NONE 0
#define AUTH_TLS 7
#define REPLY_WORDS 6	/* xid, reply, accepted, verifier's flavour and length, status */

static const char agreed[8] = "STARTTLS";	/* RFC 9289, 4.1: without a NUL */

static uint32_t word(const uint8_t *data, size_t n)
{
	uint32_t value;

	memcpy(&value, data + 4 * n, sizeof(value));
	return ntohl(value);
}

static size_t put(uint8_t *out, const uint32_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		uint32_t value = htonl(words[i]);
		memcpy(out + 4 * i, &value, sizeof(value));
	}
	return 4 * count;
}

size_t rpctls_call(uint8_t *out, uint32_t xid, bool probe)
{
	const uint32_t words[] = { LAST_FRAGMENT | 40, xid, MESSAGE_CALL, 2, NFS_PROGRAM, NFS_VERSION, 0,
				   probe ? AUTH_TLS : AUTH_NONE, 0, AUTH_NONE, 0 };

	return put(out, words, sizeof(words) / sizeof(words[0]));
}

size_t rpctls_stray(uint8_t *out)
{
	static const uint32_t words[] = { LAST_FRAGMENT | 24, 0x5742, MESSAGE_REPLY, 0, AUTH_NONE, 0, 0 };

	return put(out, words, sizeof(words) / sizeof(words[0]));
}

/* The whole message in its one fragment; 0: not yet there. */
static int message_length(const uint8_t *data, size_t size)
{
	if (size < 4)
		return 0;
	uint32_t length = word(data, 0);
	if (!(length & LAST_FRAGMENT) || (length & ~LAST_FRAGMENT) > 65536)
		return -1;
	length &= ~LAST_FRAGMENT;
	return size - 4 < length ? 0 : (int)length;
}

int rpctls_reply(const uint8_t *data, size_t size, size_t *used)
{
	int length = message_length(data, size);

	if (length <= 0)
		return length;
	*used = 4 + length;
	if (length < 4 * REPLY_WORDS || word(data + 4, 1) != MESSAGE_REPLY || word(data + 4, 2) != 0)
		return -1;
	if (word(data + 4, 4) == sizeof(agreed) && length >= 4 * REPLY_WORDS + (int)sizeof(agreed) &&
	    memcmp(data + 4 + 20, agreed, sizeof(agreed)) == 0)
		return 2;
	return 1;
}

int rpctls_agree(uint8_t *out, const uint8_t *data, size_t size)
{
	int length = message_length(data, size);

	if (length <= 0)
		return length;
	if (length < 24 || word(data + 4, 1) != MESSAGE_CALL)
		return -1;
	const uint32_t head[] = { LAST_FRAGMENT | 32, word(data + 4, 0), MESSAGE_REPLY, 0, AUTH_NONE, sizeof(agreed) };
	size_t written = put(out, head, sizeof(head) / sizeof(head[0]));
	memcpy(out + written, agreed, sizeof(agreed));
	written += sizeof(agreed);
	return written + put(out + written, (const uint32_t[]){ 0 }, 1);
}
