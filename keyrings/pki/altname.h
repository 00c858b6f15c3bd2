/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names that go into a certificate's subjectAltName: what peers compare with the name that they mount (RFC 9289, 5.2.1:
 * dNSName or iPAddress, exactly and without wildcards; the subject's common name does not count).
 */
#ifndef KEYRINGS_PKI_ALTNAME_H
#define KEYRINGS_PKI_ALTNAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#define ALTNAME_TEXT_MAX 253	/* bytes of a DNS name (RFC 1035, 2.3.4, as text) */
#define ALTNAMES_MAX 100	/* of one certificate */

struct altname {
	bool address;				/* iPAddress, else dNSName */
	char text[ALTNAME_TEXT_MAX + 1];	/* in one spelling: lower case, addresses as inet_ntop() has them */
	uint8_t bytes[16];			/* of an address, in network order */
	size_t length;				/* of these: 4 or 16; 0 for a DNS name */
};

/**
 * altname_parse - read a name; what is an IP address becomes one
 *
 * A DNS name has letters, digits and hyphens (RFC 5280, 4.2.1.6: preferred name syntax), and no wildcard.
 * Returns 0, or STATUS_USAGE with the reason and remedy in @error.
 */
int altname_parse(const char *text, struct altname *name, GError **error);

/**
 * altname_parse_list - read "DNS:NAME,IP:ADDRESS"; a name without such a word is taken as altname_parse() takes it
 * @names: of struct altname; what is in it already is not added again
 *
 * Returns 0 or STATUS_USAGE.
 */
int altname_parse_list(const char *list, GArray *names, GError **error);

/** altname_parse_dns - a DNS name for certain: an address is refused. For domains of name constraints. */
int altname_parse_dns(const char *text, struct altname *name, GError **error);

/** altname_from_address - an address of 4 or 16 bytes; FALSE for another length */
bool altname_from_address(const void *bytes, size_t length, struct altname *name);

/** altname_data - the bytes as they stand in a certificate, @length of them */
const void *altname_data(const struct altname *name, size_t *length);

/** altname_label - "DNS:nfs1.example.net" or "IP:192.0.2.7"; g_free() it */
char *altname_label(const struct altname *name);

/** altname_listed - is the name among these? */
bool altname_listed(const GArray *names, const struct altname *name);

#endif
