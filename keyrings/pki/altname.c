// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names of a certificate; see altname.h.
 */
#include <config.h>

#include <arpa/inet.h>
#include <string.h>

#include "pki/altname.h"
#include "status.h"

#define LABEL_MAX 63	/* RFC 1035, 2.3.4 */

bool altname_from_address(const void *bytes, size_t length, struct altname *name)
{
	if (length != 4 && length != 16)
		return false;
	memset(name, 0, sizeof(*name));
	name->address = true;
	name->length = length;
	memcpy(name->bytes, bytes, length);
	inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, name->text, sizeof(name->text));
	return true;
}

static bool parse_address(const char *text, struct altname *name)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1)
		return altname_from_address(bytes, 4, name);
	return inet_pton(AF_INET6, text, bytes) == 1 && altname_from_address(bytes, 16, name);
}

/* Why these bytes are no label, or NULL. */
static const char *judge_label(const char *label, size_t length)
{
	if (length == 0)
		return "it has an empty label, or a dot at an end: leave that dot out";
	if (length > LABEL_MAX)
		return "a label has more than 63 characters";
	if (memchr(label, '*', length))
		return "NFS and NVMe peers match no wildcards (RFC 9289): name each host, with --san for further names";
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)label[i] >= 0x80)
			return "it has letters that are not ASCII: give the form that begins with xn-- (`idn2 NAME` prints it)";
		if (!g_ascii_isalnum(label[i]) && label[i] != '-')
			return "a DNS name has only letters, digits, hyphens and dots, an IP address neither brackets nor zone";
	}
	if (label[0] == '-' || label[length - 1] == '-')
		return "a label begins or ends with a hyphen";
	return NULL;
}

/* A last label of digits is an address that is wrong, such as 192.0.2.300 (RFC 1123, 2.1). */
static bool ends_in_number(const char *text)
{
	const char *dot = strrchr(text, '.'), *last = dot ? dot + 1 : text;

	return strspn(last, "0123456789") == strlen(last);
}

static const char *judge_dns(const char *text)
{
	const char *why = NULL;

	if (strlen(text) > ALTNAME_TEXT_MAX)
		return "it has more than 253 characters";
	for (const char *label = text; !why; ) {
		size_t length = strcspn(label, ".");
		why = judge_label(label, length);
		if (!label[length])
			break;
		label += length + 1;
	}
	if (!why && ends_in_number(text))
		return "it ends in a number as an IP address does, and is none";
	return why;
}

int altname_parse_dns(const char *text, struct altname *name, GError **error)
{
	const char *why = judge_dns(text);

	if (why) {
		g_autofree char *shown = g_strescape(text, NULL);
		return status_set(error, STATUS_USAGE, "\"%.300s\" is no name for a certificate: %s", shown, why);
	}
	memset(name, 0, sizeof(*name));
	/* Names are compared without regard to case; one spelling keeps them apart and together. */
	g_autofree char *lower = g_ascii_strdown(text, -1);
	g_strlcpy(name->text, lower, sizeof(name->text));
	return 0;
}

int altname_parse(const char *text, struct altname *name, GError **error)
{
	return parse_address(text, name) ? 0 : altname_parse_dns(text, name, error);
}

/* EMAIL:, URI: and the like; an address (RFC 4291, 2.2) may have letters before its first colon, too. */
static int parse_plain_word(const char *word, struct altname *name, GError **error)
{
	size_t kind = strspn(word, G_CSET_A_2_Z G_CSET_a_2_z);

	if (kind == 0 || word[kind] != ':' || parse_address(word, name))
		return altname_parse(word, name, error);
	g_autofree char *shown = g_strescape(word, NULL);
	return status_set(error, STATUS_USAGE, "\"%.300s\" is no name that NFS and NVMe peers look at: give a host's name as DNS:NAME or "
			  "its address as IP:ADDRESS", shown);
}

static int parse_word(const char *word, struct altname *name, GError **error)
{
	if (g_ascii_strncasecmp(word, "DNS:", 4) == 0)
		return altname_parse_dns(word + 4, name, error);
	if (g_ascii_strncasecmp(word, "IP:", 3) != 0)
		return parse_plain_word(word, name, error);
	if (parse_address(word + 3, name))
		return 0;
	g_autofree char *shown = g_strescape(word + 3, NULL);
	return status_set(error, STATUS_USAGE, "\"%.300s\" is no IP address: give one as 192.0.2.7 or 2001:db8::7, without "
			  "brackets, zone or prefix", shown);
}

int altname_parse_list(const char *list, GArray *names, GError **error)
{
	g_auto(GStrv) words = g_strsplit(list, ",", -1);
	struct altname name;

	/* An empty text has no words for GLib; here it is an empty name. */
	if (!words[0])
		return altname_parse(list, &name, error);
	for (guint i = 0; words[i]; i++) {
		int status = parse_word(g_strstrip(words[i]), &name, error);
		if (status != 0)
			return status;
		if (altname_listed(names, &name))
			continue;
		if (names->len >= ALTNAMES_MAX)
			return status_set(error, STATUS_USAGE, "more than %d names are too many for one certificate", ALTNAMES_MAX);
		g_array_append_val(names, name);
	}
	return 0;
}

const void *altname_data(const struct altname *name, size_t *length)
{
	*length = name->address ? name->length : strlen(name->text);
	return name->address ? (const void *)name->bytes : name->text;
}

char *altname_label(const struct altname *name)
{
	return g_strconcat(name->address ? "IP:" : "DNS:", name->text, NULL);
}

bool altname_listed(const GArray *names, const struct altname *name)
{
	for (guint i = 0; i < names->len; i++) {
		const struct altname *other = &g_array_index(names, struct altname, i);
		if (other->address == name->address && strcmp(other->text, name->text) == 0)
			return true;
	}
	return false;
}
