// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Lines of /proc/keys: "serial flags users expires permissions uid gid type description: summary";
 * see prockeys.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "prockeys.h"

#define FIELDS 9

char *prockeys_read(void)
{
	char *text = NULL;

	if (!g_file_get_contents("/proc/keys", &text, NULL, NULL))
		return g_strdup("");
	return text;
}

/* Words of one line; the last one is the rest of it. Returns a string vector, or NULL. */
static char **split(const char *line, size_t length)
{
	g_auto(GStrv) words = g_new0(char *, FIELDS + 1);
	const char *end = line + length;

	for (unsigned int i = 0; i < FIELDS; i++) {
		while (line < end && *line == ' ')
			line++;
		const char *space = i + 1 < FIELDS ? memchr(line, ' ', end - line) : end;
		if (!space || space == line)
			return NULL;
		words[i] = g_strndup(line, space - line);
		line = space;
	}
	return g_steal_pointer(&words);
}

static bool next_line(const char **text, const char **line, size_t *length)
{
	if (!**text)
		return false;
	*line = *text;
	*length = strcspn(*text, "\n");
	*text += *length + ((*text)[*length] == '\n');
	return true;
}

static char **parse(const char *line, size_t length, key_serial_t *serial)
{
	g_auto(GStrv) words = split(line, length);
	guint64 number;

	if (!words || strlen(words[0]) != 8 ||
	    !g_ascii_string_to_unsigned(words[0], 16, 1, G_MAXINT32, &number, NULL))
		return NULL;
	*serial = number;
	return g_steal_pointer(&words);
}

/* Behind the description the type says something of the content, keys of type user their length. */
static void cut_summary(char *description)
{
	char *colon = g_strrstr(description, ": ");

	if (colon && strspn(colon + 2, "0123456789") == strlen(colon + 2))
		*colon = '\0';
}

gboolean prockeys_find(const char *text, key_serial_t wanted, struct prockeys_key *key)
{
	unsigned int found = 0;
	key_serial_t serial;
	const char *line;
	size_t length;

	memset(key, 0, sizeof(*key));
	while (next_line(&text, &line, &length)) {
		g_auto(GStrv) words = parse(line, length, &serial);
		if (!words || serial != wanted || found++ > 0)
			continue;
		key->expires = g_strdup(words[3]);
		key->type = g_strdup(words[7]);
		key->description = g_strdup(words[8]);
		cut_summary(key->description);
	}
	return found == 1;
}

void prockeys_clear(struct prockeys_key *key)
{
	g_free(key->type);
	g_free(key->description);
	g_free(key->expires);
	memset(key, 0, sizeof(*key));
}

GArray *prockeys_keyrings(const char *text)
{
	GArray *keyrings = g_array_new(FALSE, FALSE, sizeof(key_serial_t));
	key_serial_t serial;
	const char *line;
	size_t length;

	while (next_line(&text, &line, &length)) {
		g_auto(GStrv) words = parse(line, length, &serial);
		if (words && strcmp(words[7], "keyring") == 0)
			g_array_append_val(keyrings, serial);
	}
	return keyrings;
}
