// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bytes of TLS records, good and bad.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#define TYPE_CHANGE_CIPHER_SPEC 20
#define TYPE_ALERT 21
#define TYPE_HANDSHAKE 22
#define RECORD_MAX 16384
#define RECORD_HEAD 5
#define MESSAGE_HEAD 4
#define EXTENSION_PADDING 21

static void add(struct bytes *bytes, const void *data, size_t size)
{
	if (size > sizeof(bytes->data) - bytes->size)
		abort();
	memcpy(bytes->data + bytes->size, data, size);
	bytes->size += size;
}

static void add_record(struct bytes *bytes, uint8_t type, const uint8_t *data, size_t size)
{
	const uint8_t head[RECORD_HEAD] = { type, 3, 3, size >> 8, size };

	add(bytes, head, sizeof(head));
	add(bytes, data, size);
}

static ssize_t collect(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
	add(pointer, data, size);
	return size;
}

static ssize_t nothing(gnutls_transport_ptr_t pointer, void *data, size_t size)
{
	(void)pointer, (void)data, (void)size;
	errno = EAGAIN;
	return -1;
}

void bytes_hello(struct bytes *bytes)
{
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;

	bytes->size = 0;
	if (gnutls_certificate_allocate_credentials(&credentials) < 0 ||
	    gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		abort();
	gnutls_priority_set_direct(session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_alpn_set_protocols(session, &sunrpc, 1, 0);
	gnutls_transport_set_ptr(session, bytes);
	gnutls_transport_set_push_function(session, collect);
	gnutls_transport_set_pull_function(session, nothing);
	if (gnutls_handshake(session) != GNUTLS_E_AGAIN || bytes->size < RECORD_HEAD + MESSAGE_HEAD)
		abort();
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
}

/* Where the two bytes are that count the extensions: behind version, random, session id, ciphers and compression. */
static size_t extensions_at(const uint8_t *message)
{
	size_t at = MESSAGE_HEAD + 2 + 32;

	at += 1 + message[at];
	at += 2 + (message[at] << 8 | message[at + 1]);
	return at + 1 + message[at];
}

static void put16(uint8_t *at, size_t value)
{
	at[0] = value >> 8;
	at[1] = value;
}

void bytes_long_hello(struct bytes *bytes, size_t size)
{
	struct bytes *message = calloc(1, sizeof(*message));

	if (!message)
		abort();
	bytes_hello(bytes);
	add(message, bytes->data + RECORD_HEAD, bytes->size - RECORD_HEAD);
	size_t padding = size - message->size - 4;
	size_t at = extensions_at(message->data);
	put16(message->data + at, (message->data[at] << 8 | message->data[at + 1]) + 4 + padding);
	put16(message->data + message->size, EXTENSION_PADDING);
	put16(message->data + message->size + 2, padding);
	message->size = size;
	message->data[1] = 0;
	put16(message->data + 2, size - MESSAGE_HEAD);
	bytes->size = 0;
	for (size_t done = 0; done < size; done += RECORD_MAX)
		add_record(bytes, TYPE_HANDSHAKE, message->data + done, size - done < RECORD_MAX ? size - done : RECORD_MAX);
	free(message);
}

void bytes_endless(struct bytes *bytes, uint8_t type, uint32_t claimed)
{
	uint8_t part[RECORD_MAX] = { type, claimed >> 16, claimed >> 8, claimed };

	bytes->size = 0;
	while (sizeof(bytes->data) - bytes->size >= RECORD_HEAD + sizeof(part)) {
		add_record(bytes, TYPE_HANDSHAKE, part, sizeof(part));
		memset(part, 0, MESSAGE_HEAD);
	}
}

void bytes_old_hello(struct bytes *bytes)
{
	/* Version, random, no session id, ECDHE-ECDSA with AES-128-GCM, no compression. */
	uint8_t message[MESSAGE_HEAD + 38] = { 2, 0, 0, 38, 3, 3 };

	memset(message + MESSAGE_HEAD + 2, 0x5a, 32);
	put16(message + MESSAGE_HEAD + 35, 0xc02b);
	bytes->size = 0;
	add_record(bytes, TYPE_HANDSHAKE, message, sizeof(message));
}

void bytes_garbage(struct bytes *bytes)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: example\r\n\r\n";

	bytes->size = 0;
	add(bytes, text, sizeof(text) - 1);
}

void bytes_alert(struct bytes *bytes, uint8_t alert)
{
	bytes->size = 0;
	add_record(bytes, TYPE_ALERT, (const uint8_t[]){ 2, alert }, 2);
}

void bytes_change_cipher_spec(struct bytes *bytes)
{
	bytes->size = 0;
	add_record(bytes, TYPE_CHANGE_CIPHER_SPEC, (const uint8_t[]){ 1 }, 1);
}

int bytes_find_alert(const uint8_t *data, size_t size)
{
	while (size >= RECORD_HEAD) {
		size_t length = data[3] << 8 | data[4];

		if (size < RECORD_HEAD + length)
			break;
		if (data[0] == TYPE_ALERT && length == 2)
			return data[RECORD_HEAD + 1];
		data += RECORD_HEAD + length;
		size -= RECORD_HEAD + length;
	}
	return -1;
}
