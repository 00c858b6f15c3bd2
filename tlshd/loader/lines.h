/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines: which line of a key file a section or key stands on.
 *
 * GLib's key file parser decides what the file means but keeps no line numbers; this index adds them, and finds the
 * lines that the parser refuses. It reads lines as the parser does: a comment begins with '#', a section is
 * "[name]", all else is "key=value".
 */
#ifndef TLSHD_LOADER_LINES_H
#define TLSHD_LOADER_LINES_H

#include <glib.h>

struct lines;

/** lines_new - make the index of @size bytes at @text, which are not needed afterwards */
struct lines *lines_new(const char *text, gsize size);
void lines_free(struct lines *lines);

/** lines_key - the last line that sets a key (that is the one in force), 0 for none */
unsigned int lines_key(const struct lines *lines, const char *section, const char *key);

/** lines_key_before - the line that set the same key before @line, 0 for none */
unsigned int lines_key_before(const struct lines *lines, const char *section, const char *key, unsigned int line);

/** lines_section - the first line of a section, 0 for none */
unsigned int lines_section(const struct lines *lines, const char *section);

/** lines_section_after - the next line after @line that opens this section again, 0 for none */
unsigned int lines_section_after(const struct lines *lines, const char *section, unsigned int line);

/**
 * lines_bad - the @n-th line that is no comment, section or key, or stands before the first section
 * @why: what is wrong with it
 *
 * Returns 0 when there are no more.
 */
unsigned int lines_bad(const struct lines *lines, guint n, const char **why);

#endif
