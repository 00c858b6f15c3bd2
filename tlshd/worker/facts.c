// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A peer's certificate and a session's parameters as text for the log.
 */
#include <config.h>

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "facts.h"

static const char cut_mark[] = "...";

/* A text under construction in an array of fixed size. */
struct text {
	char *data;
	size_t size;
	size_t length;
	bool full;
};

static void text_init(struct text *text, char *data, size_t size)
{
	*text = (struct text){ .data = data, .size = size };
	data[0] = '\0';
}

/* Adds all of a piece or nothing, so that no escape and no character is cut in two. Room for the mark is kept. */
static void text_add(struct text *text, const char *piece, size_t length)
{
	if (text->full)
		return;
	if (text->length + length + sizeof(cut_mark) > text->size) {
		memcpy(text->data + text->length, cut_mark, sizeof(cut_mark));
		text->full = true;
		return;
	}
	memcpy(text->data + text->length, piece, length);
	text->length += length;
	text->data[text->length] = '\0';
}

/* The length of the UTF-8 sequence at @data, or 0 where there is no valid one (RFC 3629, 4). */
static size_t utf8_length(const uint8_t *data, size_t left)
{
	size_t length = data[0] >= 0xf0 ? 4 : data[0] >= 0xe0 ? 3 : 2;
	uint32_t code = data[0] & (0xff >> (length + 1));

	if (data[0] < 0xc2 || data[0] > 0xf4 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((data[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (data[i] & 0x3f);
	}
	if ((length == 3 && code < 0x800) || (length == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	/* Surrogates; the C1 controls; marks that change the direction of the text around them. */
	if ((code >= 0xd800 && code <= 0xdfff) || (code >= 0x80 && code <= 0x9f) ||
	    (code >= 0x200e && code <= 0x200f) || (code >= 0x2028 && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return 0;
	return length;
}

/* @separators: characters to be escaped as well, because they have a meaning around this text */
static void text_add_foreign(struct text *text, const uint8_t *data, size_t size, const char *separators)
{
	for (size_t i = 0; i < size && !text->full;) {
		size_t length = data[i] < 0x80 ? 1 : utf8_length(data + i, size - i);
		bool plain = data[i] >= 0x20 && data[i] != 0x7f && !strchr(separators, data[i]);

		if (length > 1 || (length == 1 && plain)) {
			text_add(text, (const char *)data + i, length);
			i += length;
		} else {
			char escape[5];

			snprintf(escape, sizeof(escape), "\\x%02x", data[i]);
			text_add(text, escape, 4);
			i++;
		}
	}
}

static void add_san(struct text *text, unsigned int type, const gnutls_datum_t *san)
{
	static const struct {
		unsigned int type;
		const char *prefix;
	} prefixes[] = {
		{ GNUTLS_SAN_DNSNAME, "DNS:" },
		{ GNUTLS_SAN_IPADDRESS, "IP:" },
		{ GNUTLS_SAN_RFC822NAME, "email:" },
		{ GNUTLS_SAN_URI, "URI:" },
	};
	char address[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		if (prefixes[i].type != type)
			continue;
		text_add(text, prefixes[i].prefix, strlen(prefixes[i].prefix));
		if (type != GNUTLS_SAN_IPADDRESS)
			text_add_foreign(text, san->data, san->size, "\\, ");
		else if ((san->size == 4 || san->size == 16) &&
			 inet_ntop(san->size == 4 ? AF_INET : AF_INET6, san->data, address, sizeof(address)))
			text_add(text, address, strlen(address));
		else
			text_add(text, "malformed", strlen("malformed"));
		return;
	}
	text_add(text, "other", strlen("other"));
}

static void add_sans(gnutls_subject_alt_names_t names, struct text *text)
{
	for (unsigned int i = 0; names && !text->full; i++) {
		gnutls_datum_t san;
		unsigned int type;

		if (gnutls_subject_alt_names_get(names, i, &type, &san, NULL) < 0)
			break;
		if (i > 0)
			text_add(text, ", ", 2);
		add_san(text, type, &san);
	}
}

static void add_dn(struct text *text, gnutls_datum_t *dn)
{
	/* RFC 4514 has escaped its own separators already. */
	text_add_foreign(text, dn->data, dn->size, "");
	gnutls_free(dn->data);
	dn->data = NULL;
}

void facts_of_certificate(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t names, struct proto_result *result)
{
	gnutls_datum_t dn = { NULL, 0 };
	uint8_t serial[sizeof(result->peer_serial)];
	size_t size = sizeof(serial);
	struct text text;

	text_init(&text, result->peer_subject, sizeof(result->peer_subject));
	if (gnutls_x509_crt_get_dn3(certificate, &dn, 0) == 0)
		add_dn(&text, &dn);
	text_init(&text, result->peer_san, sizeof(result->peer_san));
	add_sans(names, &text);
	text_init(&text, result->peer_serial, sizeof(result->peer_serial));
	/* RFC 5280, 4.1.2.2: up to 20 bytes; a longer one is cut. */
	if (gnutls_x509_crt_get_serial(certificate, serial, &size) == 0) {
		for (size_t i = 0; i < size && !text.full; i++) {
			char digits[3];

			snprintf(digits, sizeof(digits), "%02x", serial[i]);
			text_add(&text, digits, 2);
		}
	}
	result->peer_not_before = gnutls_x509_crt_get_activation_time(certificate);
	result->peer_not_after = gnutls_x509_crt_get_expiration_time(certificate);
}

void facts_copy(struct proto_result *to, const struct proto_result *from)
{
	to->peer_not_before = from->peer_not_before;
	to->peer_not_after = from->peer_not_after;
	memcpy(to->peer_subject, from->peer_subject, sizeof(to->peer_subject));
	memcpy(to->peer_san, from->peer_san, sizeof(to->peer_san));
	memcpy(to->peer_serial, from->peer_serial, sizeof(to->peer_serial));
}

void facts_of_issuer(gnutls_x509_crt_t certificate, struct proto_result *result)
{
	gnutls_datum_t dn = { NULL, 0 };
	struct text text;

	text_init(&text, result->peer_issuer, sizeof(result->peer_issuer));
	if (gnutls_x509_crt_get_issuer_dn3(certificate, &dn, 0) == 0)
		add_dn(&text, &dn);
}

static void set_name(char *to, size_t size, const char *name)
{
	snprintf(to, size, "%s", name ? name : "");
}
#define SET_NAME(array, name) set_name(array, sizeof(array), name)

void facts_of_session(gnutls_session_t session, struct proto_result *result)
{
	gnutls_datum_t alpn;
	struct text text;

	gnutls_protocol_t version = gnutls_protocol_get_version(session);
	gnutls_cipher_algorithm_t cipher = gnutls_cipher_get(session);
	gnutls_group_t group = gnutls_group_get(session);
	int signature = gnutls_sign_algorithm_get(session);

	/* Before there is anything negotiated the library names the defaults that it starts with. */
	if (cipher == GNUTLS_CIPHER_UNKNOWN || cipher == GNUTLS_CIPHER_NULL)
		return;
	SET_NAME(result->version, gnutls_protocol_get_name(version));
	SET_NAME(result->cipher, gnutls_cipher_get_name(cipher));
	if (group != GNUTLS_GROUP_INVALID)
		SET_NAME(result->group, gnutls_group_get_name(group));
	if (signature != GNUTLS_SIGN_UNKNOWN)
		SET_NAME(result->signature, gnutls_sign_get_name(signature));
	text_init(&text, result->alpn, sizeof(result->alpn));
	if (gnutls_alpn_get_selected_protocol(session, &alpn) == 0)
		text_add_foreign(&text, alpn.data, alpn.size, "");
}
