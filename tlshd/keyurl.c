// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * "pkcs11:token=t;object=o?module-path=/m.so&pin-source=/p": attributes that name the key, divided by ";", then a query
 * of others, divided by "&" (RFC 7512, 2.3).
 */
#include <config.h>

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "keyurl.h"

/* They are never part of such a URL (RFC 3986, 2), and a library may pass over them. */
#define BLANKS " \t\r\n\v\f"

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool keyurl_is(const char *text)
{
	const char *at = text;

	if (!is_letter(*at))
		return false;
	while (is_letter(*at) || (*at >= '0' && *at <= '9') || *at == '+' || *at == '-' || *at == '.')
		at++;
	return *at == ':';
}

/* A PIN belongs into the query, but libraries take it elsewhere, too, and by older names ("pinfile"). */
static bool is_about_pin(const char *attribute)
{
	return strncasecmp(attribute + strspn(attribute, BLANKS), "pin", 3) == 0;
}

char *keyurl_name(const char *text)
{
	char *name = malloc(strlen(text) + 1);
	const char *at = text;
	char *end = name;

	if (!name || !keyurl_is(text))
		return name ? strcpy(name, text) : NULL;
	while (*at != ':')
		*end++ = *at++;
	*end++ = *at++;
	const char *begin = end;
	while (*at && *at != '?') {
		size_t length = strcspn(at, ";?");
		if (!is_about_pin(at)) {
			if (end > begin)
				*end++ = ';';
			memcpy(end, at, length);
			end += length;
		}
		at += length;
		at += *at == ';';
	}
	*end = '\0';
	return name;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Undo the percent encoding (RFC 3986, 2.1). Returns 0, -EINVAL for a broken one or a zero byte, or -ENOMEM. */
static int decode(const char *text, size_t length, char **out)
{
	char *decoded = calloc(1, length + 1);
	size_t used = 0, i = 0;

	if (!decoded)
		return -ENOMEM;
	while (i < length) {
		int value = (unsigned char)text[i++];
		if (value == '%') {
			int high = i < length ? hex(text[i]) : -1;
			int low = i + 1 < length ? hex(text[i + 1]) : -1;
			value = high < 0 || low < 0 ? 0 : high << 4 | low;
			i += 2;
		}
		if (value == 0) {
			explicit_bzero(decoded, length);
			free(decoded);
			return -EINVAL;
		}
		decoded[used++] = value;
	}
	*out = decoded;
	return 0;
}

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* A file: "/p", "file:/p" or "file:///p" (RFC 8089). A command ("|c") would run with the keeper's rights: never. */
static int take_pin_file(struct keyurl *url, const char **why)
{
	char *path = url->pin_file;

	if (strncmp(path, "file:", 5) == 0)
		memmove(path, path + 5, strlen(path + 5) + 1);
	if (strncmp(path, "///", 3) == 0)
		memmove(path, path + 2, strlen(path + 2) + 1);
	if (path[0] == '/' && path[1] != '/')
		return 0;
	*why = "has a pin-source that is no file of this machine: name a file by its absolute path";
	return -EINVAL;
}

static int check(struct keyurl *url, const char **why)
{
	if (url->pin && url->pin_file) {
		*why = "has both pin-value and pin-source: give one of them";
		return -EINVAL;
	}
	if (url->pin && (!*url->pin || strlen(url->pin) > KEYURL_PIN_MAX)) {
		*why = "has a pin-value that is empty or too long";
		return -EINVAL;
	}
	return url->pin_file ? take_pin_file(url, why) : 0;
}

/* One attribute of the query. What nobody needs here is passed over; but not what seems to be about a PIN. */
static int take(struct keyurl *url, const char *attribute, size_t length, const char **why)
{
	static const struct {
		const char *name;
		size_t place;
	} known[] = {
		{ "module-path=", offsetof(struct keyurl, module) },
		{ "pin-value=", offsetof(struct keyurl, pin) },
		{ "pin-source=", offsetof(struct keyurl, pin_file) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t name = strlen(known[i].name);
		char **place = (char **)((char *)url + known[i].place);
		if (length < name || memcmp(attribute, known[i].name, name) != 0)
			continue;
		*why = *place ? "names an attribute of its query twice: remove one" :
				"has a query that is not well percent-encoded: write % as %25, & as %26";
		return *place ? -EINVAL : decode(attribute + name, length - name, place);
	}
	*why = "has an unknown attribute about a PIN: pin-value and pin-source can be used";
	return is_about_pin(attribute) ? -EINVAL : 0;
}

static int read_query(struct keyurl *url, const char *query, const char **why)
{
	int ret = 0;

	while (ret == 0 && *query) {
		size_t length = strcspn(query, "&");
		ret = take(url, query, length, why);
		query += length;
		query += *query == '&';
	}
	return ret;
}

/* The library would use it, and it is not removed from messages elsewhere: refused where it does not belong. */
static bool has_misplaced_pin(const char *text)
{
	for (const char *at = strchr(text, ':'); at && *at && *at != '?'; at += strcspn(at, ";?")) {
		if (is_about_pin(++at))
			return true;
	}
	return false;
}

int keyurl_parse(const char *text, struct keyurl **out, const char **why)
{
	struct keyurl *url = calloc(1, sizeof(*url));
	const char *query = strchr(text, '?');
	int ret = -ENOMEM;

	*out = NULL;
	*why = "cannot be loaded: no memory";
	if (url)
		url->name = keyurl_name(text);
	if (!url || !url->name)
		goto out;
	ret = 0;
	if (text[strcspn(text, BLANKS)]) {
		*why = "has a blank in it: write %20 where one belongs to a name";
		ret = -EINVAL;
	} else if (has_misplaced_pin(text)) {
		*why = "has a PIN in front of the question mark: write ?pin-source=FILE at its end";
		ret = -EINVAL;
	}
	if (ret == 0 && query)
		ret = read_query(url, query + 1, why);
	if (ret == 0)
		ret = check(url, why);
out:
	if (ret < 0) {
		keyurl_free(url);
		return ret;
	}
	*why = "";
	*out = url;
	return 0;
}

void keyurl_free(struct keyurl *url)
{
	if (!url)
		return;
	free(url->name);
	free(url->module);
	wipe(url->pin);
	free(url->pin_file);
	free(url);
}
