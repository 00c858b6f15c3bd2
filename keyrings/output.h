/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --json prints: one document, its members named as tlskey(8) says. Never a secret.
 */
#ifndef KEYRINGS_OUTPUT_H
#define KEYRINGS_OUTPUT_H

#include <json-glib/json-glib.h>

/** output_json - print what was built, and a line's end */
void output_json(JsonBuilder *builder);

/**
 * output_string, output_int, output_bool - one member of the object that is being built; a NULL
 * string is null
 */
void output_string(JsonBuilder *builder, const char *name, const char *value);
void output_int(JsonBuilder *builder, const char *name, gint64 value);
void output_bool(JsonBuilder *builder, const char *name, gboolean value);

/**
 * output_plain - text from outside for a terminal: control characters and what is no UTF-8 come out
 * as \xNN
 *
 * g_free() it.
 */
char *output_plain(const char *text);

#endif
