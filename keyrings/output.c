// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Output; see output.h.
 */
#include <config.h>

#include <stdio.h>

#include "output.h"

void output_json(JsonBuilder *builder)
{
	g_autoptr(JsonGenerator) generator = json_generator_new();
	JsonNode *root = json_builder_get_root(builder);

	json_generator_set_root(generator, root);
	json_generator_set_pretty(generator, TRUE);
	g_autofree char *text = json_generator_to_data(generator, NULL);
	json_node_unref(root);
	puts(text);
}

void output_string(JsonBuilder *builder, const char *name, const char *value)
{
	json_builder_set_member_name(builder, name);
	if (!value) {
		json_builder_add_null_value(builder);
		return;
	}
	/* JSON is UTF-8. */
	g_autofree char *valid = g_utf8_make_valid(value, -1);
	json_builder_add_string_value(builder, valid);
}

void output_int(JsonBuilder *builder, const char *name, gint64 value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_int_value(builder, value);
}

void output_bool(JsonBuilder *builder, const char *name, gboolean value)
{
	json_builder_set_member_name(builder, name);
	json_builder_add_boolean_value(builder, value);
}

static gboolean is_plain(gunichar character)
{
	return character != (gunichar)-1 && character != (gunichar)-2 &&
		g_unichar_isprint(character);
}

char *output_plain(const char *text)
{
	GString *plain = g_string_new(NULL);

	while (*text) {
		gunichar character = g_utf8_get_char_validated(text, -1);
		if (is_plain(character)) {
			const char *next = g_utf8_next_char(text);
			g_string_append_len(plain, text, next - text);
			text = next;
		} else {
			g_string_append_printf(plain, "\\x%02x", (unsigned char)*text++);
		}
	}
	return g_string_free(plain, FALSE);
}
