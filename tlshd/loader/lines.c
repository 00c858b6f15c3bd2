// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The line index of a key file; see lines.h.
 */
#include <config.h>

#include <string.h>

#include "loader/lines.h"

struct entry {
	unsigned int line;
	char *section;
	char *key;		/* NULL: the section's own line */
};

struct bad {
	unsigned int line;
	const char *why;
};

struct lines {
	GArray *entries;
	GArray *bad;
};

static void entry_clear(gpointer data)
{
	struct entry *entry = data;

	g_free(entry->section);
	g_free(entry->key);
}

static void add_bad(struct lines *lines, unsigned int number, const char *why)
{
	struct bad bad = { number, why };

	g_array_append_val(lines->bad, bad);
}

static void add_entry(struct lines *lines, unsigned int number, const char *section, char *key)
{
	struct entry entry = { number, g_strdup(section), key };

	g_array_append_val(lines->entries, entry);
}

/* One line, without white space around it. @section is the one that the line stands in. */
static void read_line(struct lines *lines, unsigned int number, const char *line, char **section)
{
	size_t length = strlen(line);
	const char *equals = strchr(line, '=');

	if (length == 0 || line[0] == '#')
		return;
	if (line[0] == '[') {
		if (line[length - 1] != ']' || length < 3) {
			add_bad(lines, number, "a section is written [name], alone on its line");
			return;
		}
		g_free(*section);
		*section = g_strndup(line + 1, length - 2);
		add_entry(lines, number, *section, NULL);
	} else if (!equals || equals == line) {
		add_bad(lines, number, "neither a comment (# ...), a section ([name]) nor a setting (key = value)");
	} else if (!*section) {
		add_bad(lines, number, "a setting before the first section: put a line such as [debug] above it");
	} else {
		add_entry(lines, number, *section, g_strchomp(g_strndup(line, equals - line)));
	}
}

struct lines *lines_new(const char *text, gsize size)
{
	struct lines *lines = g_new0(struct lines, 1);
	const char *end = text + size;
	char *section = NULL;
	unsigned int number = 1;

	lines->entries = g_array_new(FALSE, FALSE, sizeof(struct entry));
	g_array_set_clear_func(lines->entries, entry_clear);
	lines->bad = g_array_new(FALSE, FALSE, sizeof(struct bad));
	for (; text < end; number++) {
		const char *stop = memchr(text, '\n', end - text);
		if (!stop)
			stop = end;
		char *line = g_strstrip(g_strndup(text, stop - text));
		read_line(lines, number, line, &section);
		g_free(line);
		text = stop + 1;
	}
	g_free(section);
	return lines;
}

void lines_free(struct lines *lines)
{
	if (!lines)
		return;
	g_array_unref(lines->entries);
	g_array_unref(lines->bad);
	g_free(lines);
}

unsigned int lines_key_before(const struct lines *lines, const char *section, const char *key, unsigned int line)
{
	for (guint i = lines->entries->len; i > 0; i--) {
		const struct entry *entry = &g_array_index(lines->entries, struct entry, i - 1);
		if (entry->line < line && entry->key && strcmp(entry->key, key) == 0 &&
		    strcmp(entry->section, section) == 0)
			return entry->line;
	}
	return 0;
}

unsigned int lines_key(const struct lines *lines, const char *section, const char *key)
{
	return lines_key_before(lines, section, key, G_MAXUINT);
}

unsigned int lines_section(const struct lines *lines, const char *section)
{
	return lines_section_after(lines, section, 0);
}

unsigned int lines_section_after(const struct lines *lines, const char *section, unsigned int line)
{
	for (guint i = 0; i < lines->entries->len; i++) {
		const struct entry *entry = &g_array_index(lines->entries, struct entry, i);
		if (entry->line > line && !entry->key && strcmp(entry->section, section) == 0)
			return entry->line;
	}
	return 0;
}

unsigned int lines_bad(const struct lines *lines, guint n, const char **why)
{
	if (n >= lines->bad->len)
		return 0;
	const struct bad *bad = &g_array_index(lines->bad, struct bad, n);
	*why = bad->why;
	return bad->line;
}
