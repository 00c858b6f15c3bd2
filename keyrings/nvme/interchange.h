/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PSK interchange format of NVMe/TCP, in which people hand pre-shared keys over (NVMe/TCP
 * Transport Specification, 3.6.1.5): "NVMeTLSkey-1:HH:" and, in base64, the key with its CRC-32,
 * least significant byte first, and ":".
 */
#ifndef KEYRINGS_INTERCHANGE_H
#define KEYRINGS_INTERCHANGE_H

#include <stddef.h>

#include "secret.h"

#define INTERCHANGE_KEY_MAX 48 /* bytes; the other length is 32 */
#define INTERCHANGE_TEXT_MAX 89 /* "NVMeTLSkey-1:02:", 72 characters, ":" */

/* HH, and the hash in an identity: the same numbers. */
enum interchange_hash {
	INTERCHANGE_NONE = 0, /* the key is used as it is, whoever the host is */
	INTERCHANGE_SHA256 = 1,
	INTERCHANGE_SHA384 = 2,
};

/**
 * interchange_length - the bytes of a key with this hash; 0 for INTERCHANGE_NONE, which takes both
 */
size_t interchange_length(enum interchange_hash hash);

/**
 * interchange_hash_of - the hash of a key with so many bytes; INTERCHANGE_NONE for a length that no
 * key has
 */
enum interchange_hash interchange_hash_of(size_t length);

/** interchange_hash_name - "none", "SHA-256", "SHA-384" */
const char *interchange_hash_name(enum interchange_hash hash);

/**
 * interchange_parse - read a key
 * @text, @length: any bytes; one line, whose end may be there or not
 * @hash: what the key is to be transformed with for a host
 * @key: secret_free() it
 *
 * Returns 0 or STATUS_INPUT. The message says what is wrong: the beginning, the hash, the length, a
 * character, the end, what follows it, the checksum, or a hash that does not go with the length;
 * never what the key is.
 */
int interchange_parse(const char *text, size_t length, enum interchange_hash *hash,
		      struct secret **key, GError **error);

/**
 * interchange_format - write a key
 * @hash: has to go with the length of @key
 *
 * Returns the text, without a line's end; secret_free() it.
 */
struct secret *interchange_format(enum interchange_hash hash, struct secret *key);

#endif
