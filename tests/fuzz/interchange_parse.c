// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a key in the interchange format. What is taken for a key is written in
 * the same way again, and what is refused has a reason.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nvme/interchange.h"
#include "status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, size_t length)
{
	enum interchange_hash hash;
	struct secret *key = NULL;
	GError *error = NULL;

	if (interchange_parse(text, length, &hash, &key, &error) != 0) {
		if (!error || error->code != STATUS_INPUT || !*error->message || key)
			abort();
		g_error_free(error);
		return;
	}
	if (error || interchange_hash_of(secret_length(key)) == INTERCHANGE_NONE)
		abort();
	struct secret *again = interchange_format(hash, key);
	size_t written = secret_length(again);
	if (written > length || memcmp(text, secret_data(again), written) != 0)
		abort();
	/* Behind it are ends of lines only. */
	for (size_t i = written; i < length; i++) {
		if (text[i] != '\n' && text[i] != '\r')
			abort();
	}
	secret_free(again);
	secret_free(key);
}

/* Chance never finds a checksum: the bytes become a key, and one byte of its text changes. */
static void check_made(const uint8_t *data, size_t size)
{
	size_t length = data[0] & 1 ? 48 : 32;

	if (size < length + 3)
		return;
	struct secret *key = secret_copy(data + 3, length);
	struct secret *text =
		interchange_format(data[0] & 2 ? INTERCHANGE_NONE : interchange_hash_of(length),
				   key);
	secret_data(text)[data[1] % secret_length(text)] ^= data[2];
	check((char *)secret_data(text), secret_length(text));
	secret_free(text);
	secret_free(key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check((const char *)data, size);
	if (size > 0)
		check_made(data, size);
	return 0;
}
