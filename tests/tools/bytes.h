/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a peer can say in the place of a TLS hello.
 */
#ifndef TESTS_TOOLS_BYTES_H
#define TESTS_TOOLS_BYTES_H

#include <stddef.h>
#include <stdint.h>

#define BYTES_MAX (512 * 1024)	/* over every limit that is the default */

struct bytes {
	size_t size;
	uint8_t data[BYTES_MAX];
};

/* A ClientHello that a server would take, as the library makes it, in one record. */
void bytes_hello(struct bytes *bytes);

/* The same, padded (RFC 7685) until the message has @size bytes, in records of up to 16 KiB. */
void bytes_long_hello(struct bytes *bytes, size_t size);

/* The beginning of a handshake message of @type that claims @claimed bytes, and zeros for as much as there is room. */
void bytes_endless(struct bytes *bytes, uint8_t type, uint32_t claimed);

/* A ServerHello of TLS 1.2, though the client offers only TLS 1.3. */
void bytes_old_hello(struct bytes *bytes);

/* No TLS at all. */
void bytes_garbage(struct bytes *bytes);

/* A fatal alert in the clear. */
void bytes_alert(struct bytes *bytes, uint8_t alert);

/* A ChangeCipherSpec record (RFC 8446, D.4). */
void bytes_change_cipher_spec(struct bytes *bytes);

/**
 * bytes_find_alert - look for an alert in the clear
 * @data, @size: records as received
 *
 * Returns the alert's number, or -1.
 */
int bytes_find_alert(const uint8_t *data, size_t size);

#endif
