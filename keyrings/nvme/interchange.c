// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The PSK interchange format; see interchange.h. GLib's decoder skips what is no base64, so what it
 * gets is looked at before.
 */
#include <config.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <zlib.h>

#include "interchange.h"
#include "status.h"

#define BEGINNING "NVMeTLSkey-"
#define HEAD (sizeof(BEGINNING "1:00:") - 1)
#define CRC 4
#define RAW_MAX (INTERCHANGE_KEY_MAX + CRC)

size_t interchange_length(enum interchange_hash hash)
{
	return hash == INTERCHANGE_SHA256 ? 32 : hash == INTERCHANGE_SHA384 ? 48 : 0;
}

enum interchange_hash interchange_hash_of(size_t length)
{
	return length == 32  ? INTERCHANGE_SHA256 :
		length == 48 ? INTERCHANGE_SHA384 :
			       INTERCHANGE_NONE;
}

const char *interchange_hash_name(enum interchange_hash hash)
{
	static const char *const names[] = { "none", "SHA-256", "SHA-384" };

	return names[hash];
}

static void put_crc(uint8_t *raw, size_t length)
{
	uint32_t crc = crc32(0, raw, length);

	for (int i = 0; i < CRC; i++)
		raw[length + i] = crc >> (8 * i);
}

static int parse_head(const char *text, size_t length, enum interchange_hash *hash, GError **error)
{
	size_t beginning = strlen(BEGINNING);

	if (length >= 5 && memcmp(text, "DHHC-", 5) == 0)
		return status_set(error, STATUS_INPUT,
				  "this is a secret for in-band authentication (DHHC-1), not a key "
				  "for TLS (NVMeTLSkey-1)");
	if (length < beginning || memcmp(text, BEGINNING, beginning) != 0)
		return status_set(error, STATUS_INPUT,
				  "wrong beginning: a key in the interchange format begins with "
				  "NVMeTLSkey-1:");
	if (length < beginning + 2 || text[beginning] != '1' || text[beginning + 1] != ':')
		return status_set(error, STATUS_INPUT,
				  "wrong beginning: only version 1 of the interchange format is "
				  "known (NVMeTLSkey-1:)");
	const char *digits = text + beginning + 2;
	if (length < HEAD || digits[0] != '0' || digits[1] < '0' || digits[1] > '2' ||
	    digits[2] != ':')
		return status_set(error, STATUS_INPUT,
				  "wrong hash: behind NVMeTLSkey-1: comes 00: (none), 01: "
				  "(SHA-256) or 02: (SHA-384)");
	*hash = digits[1] - '0';
	return 0;
}

/*
 * How many characters of base64 there are up to the colon; it is the last one. Returns 0 or
 * STATUS_INPUT.
 */
static int find_end(const char *text, size_t length, size_t *count, GError **error)
{
	const char *colon = memchr(text, ':', length);

	if (!colon)
		return status_set(error, STATUS_INPUT,
				  "wrong end: the last character has to be a colon; the key may "
				  "have been cut off");
	*count = colon - text;
	if (*count + 1 != length)
		return status_set(error, STATUS_INPUT,
				  "something follows the key's last colon (bytes: %zu): one key "
				  "and nothing else is expected",
				  length - *count - 1);
	return 0;
}

/* Returns 0 or STATUS_INPUT. @raw: room for RAW_MAX + 5 bytes */
static int decode(const char *text, size_t count, uint8_t *raw, size_t *length, GError **error)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t padding = 0, good = 0;
	unsigned int save = 0;
	int state = 0;

	while (padding < 2 && padding < count && text[count - 1 - padding] == '=')
		padding++;
	while (good < count - padding && text[good] && strchr(alphabet, text[good]))
		good++;
	if (good != count - padding)
		return status_set(error, STATUS_INPUT, "character %zu of the key is none of base64",
				  HEAD + good + 1);
	*length = count % 4 == 0 ? count / 4 * 3 - padding : 0;
	if (*length != 32 + CRC && *length != 48 + CRC)
		return status_set(error, STATUS_INPUT,
				  "wrong length: %zu characters of base64, where a key of 32 bytes "
				  "has 48 and one of 48 bytes has 72",
				  count);
	g_base64_decode_step(text, count, raw, &state, &save);
	explicit_bzero(&save, sizeof(save));
	/* The bits that are left over are zero, or one key would have several texts. */
	if (padding == 2 && ((strchr(alphabet, text[good - 1]) - alphabet) & 0xf) != 0)
		return status_set(error, STATUS_INPUT,
				  "the base64 of the key is not as an encoder writes it");
	return 0;
}

static int check(const uint8_t *raw, size_t length, enum interchange_hash hash, GError **error)
{
	uint8_t again[RAW_MAX];
	size_t key = length - CRC;

	memcpy(again, raw, key);
	put_crc(again, key);
	bool same = memcmp(again, raw, length) == 0;
	explicit_bzero(again, sizeof(again));
	if (!same)
		return status_set(error, STATUS_INPUT,
				  "wrong CRC: the checksum does not fit the key, so a character of "
				  "it is wrong");
	if (hash != INTERCHANGE_NONE && interchange_length(hash) != key)
		return status_set(error, STATUS_INPUT,
				  "the hash does not go with the length: %02d (%s) needs a key of "
				  "%zu bytes, and this one has %zu",
				  hash, interchange_hash_name(hash), interchange_length(hash), key);
	return 0;
}

int interchange_parse(const char *text, size_t length, enum interchange_hash *hash,
		      struct secret **key, GError **error)
{
	uint8_t raw[RAW_MAX + 5]; /* what the decoder may write before it knows of the padding */
	size_t count = 0, size = 0;

	*key = NULL;
	/* The line's end, and empty lines that an editor has left behind it */
	while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
		length--;
	int status = parse_head(text, length, hash, error);
	if (status == 0)
		status = find_end(text + HEAD, length - HEAD, &count, error);
	if (status == 0)
		status = decode(text + HEAD, count, raw, &size, error);
	if (status == 0)
		status = check(raw, size, *hash, error);
	if (status == 0)
		*key = secret_copy(raw, size - CRC);
	explicit_bzero(raw, sizeof(raw));
	return status;
}

struct secret *interchange_format(enum interchange_hash hash, struct secret *key)
{
	struct secret *text =
		secret_new(INTERCHANGE_TEXT_MAX + 8); /* the encoder wants some room more */
	char *at = (char *)secret_data(text);
	size_t length = secret_length(key);
	uint8_t raw[RAW_MAX];
	int state = 0, save = 0;

	g_assert(interchange_hash_of(length) != INTERCHANGE_NONE);
	g_assert(hash == INTERCHANGE_NONE || interchange_length(hash) == length);
	memcpy(raw, secret_data(key), length);
	put_crc(raw, length);
	size_t written = sprintf(at, BEGINNING "1:%02d:", hash);
	written += g_base64_encode_step(raw, length + CRC, FALSE, at + written, &state, &save);
	written += g_base64_encode_close(FALSE, at + written, &state, &save);
	at[written++] = ':';
	secret_set_length(text, written);
	explicit_bzero(raw, sizeof(raw));
	explicit_bzero(&save, sizeof(save));
	return text;
}
