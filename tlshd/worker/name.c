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
#include "altnames.h"

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

int name_parse(const char *text, struct name *name)
{
	gnutls_datum_t ace = { NULL, 0 };
	int ret = -EINVAL;

	memset(name, 0, sizeof(*name));
	if (text[0] == '\0')
		return -EINVAL;
	if (parse_address(text, name))
		return 0;

	size_t length = strlen(text);
	/* A final dot says "this is the whole name"; neither SNI nor dNSName has it. */
	if (text[length - 1] == '.')
		length--;
	if (length == 0 || gnutls_idna_map(text, length, &ace, 0) < 0)
		return -EINVAL;
	if (ace.size > 0 && ace.size < sizeof(name->dns) && !memchr(ace.data, '\0', ace.size)) {
		memcpy(name->dns, ace.data, ace.size);
		ret = 0;
	}
	gnutls_free(ace.data);
	return ret;
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

bool name_matches(const struct name *name, gnutls_x509_crt_t certificate)
{
	gnutls_subject_alt_names_t names;
	bool found = false;

	if (!name_is_set(name) || altnames_read(certificate, &names) < 0)
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
	gnutls_subject_alt_names_deinit(names);
	return found;
}
