// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A server's name: DNS name or address, and whether a certificate carries it.
 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <strings.h>

#include "name.h"

static bool parse_address(const char *text, struct name *name)
{
	char bare[INET6_ADDRSTRLEN];
	size_t length = strcspn(text, "%");

	if (length == 0 || length >= sizeof(bare))
		return false;
	memcpy(bare, text, length);
	bare[length] = '\0';
	if (inet_pton(AF_INET, bare, name->address) == 1)
		name->address_size = 4;
	else if (inet_pton(AF_INET6, bare, name->address) == 1)
		name->address_size = 16;
	return name->address_size != 0;
}

/* Letters, digits, hyphens (RFC 1123, 2.1), and the underscores that people use all the same. */
static bool set_dns(struct name *name, const char *text, size_t length)
{
	static const char valid[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	if (length == 0 || length >= sizeof(name->dns))
		return false;
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0' || !strchr(valid, text[i]))
			return false;
	memcpy(name->dns, text, length);
	return true;
}

static bool is_ascii(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			return false;
	return true;
}

int name_parse(const char *text, struct name *name)
{
	gnutls_datum_t ace = { NULL, 0 };
	size_t length = strlen(text);
	bool good;

	memset(name, 0, sizeof(*name));
	if (parse_address(text, name))
		return 0;
	/* A final dot says "this is the whole name"; neither SNI nor dNSName has it. */
	if (length > 0 && text[length - 1] == '.')
		length--;
	/* Only where there is something to map: the mapping drops blanks, and would make another name of this one. */
	if (is_ascii(text))
		return set_dns(name, text, length) ? 0 : -EINVAL;
	if (strpbrk(text, " \t\r\n") || gnutls_idna_map(text, length, &ace, 0) < 0)
		return -EINVAL;
	good = set_dns(name, (const char *)ace.data, ace.size);
	gnutls_free(ace.data);
	return good ? 0 : -EINVAL;
}

bool name_is_set(const struct name *name)
{
	return name->address_size != 0 || name->dns[0] != '\0';
}

/* The length decides first, so that a NUL inside a dNSName hides nothing. */
static bool dns_equal(const struct name *name, const gnutls_datum_t *san)
{
	size_t length = strlen(name->dns);

	return length > 0 && san->size == length && !memchr(san->data, '\0', length) &&
	       strncasecmp(name->dns, (const char *)san->data, length) == 0;
}

static bool address_equal(const struct name *name, const gnutls_datum_t *san)
{
	return name->address_size > 0 && san->size == name->address_size &&
	       memcmp(name->address, san->data, san->size) == 0;
}

bool name_matches(const struct name *name, gnutls_subject_alt_names_t names)
{
	bool found = false;

	if (!name_is_set(name) || !names)
		return false;
	for (unsigned int i = 0; !found; i++) {
		gnutls_datum_t san;
		unsigned int type;

		if (gnutls_subject_alt_names_get(names, i, &type, &san, NULL) < 0)
			break;
		if (type == GNUTLS_SAN_DNSNAME)
			found = dns_equal(name, &san);
		else if (type == GNUTLS_SAN_IPADDRESS)
			found = address_equal(name, &san);
	}
	return found;
}
