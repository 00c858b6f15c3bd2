// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reports of loading; see loadreport.h.
 */
#include <config.h>

#include <stdio.h>

#include "keyloading.h"
#include "loadreport.h"
#include "output.h"
#include "wanted.h"

static const char *const states[] = {
	[KEYLOADING_PRESENT] = "present", [KEYLOADING_ADDED] = "added",		[KEYLOADING_REPLACED] = "replaced",
	[KEYLOADING_MISSING] = "missing", [KEYLOADING_DIFFERENT] = "different", [KEYLOADING_FAILED] = "failed",
};

static const char *const key_states[] = {
	[WANTED_MISSING] = "missing", [WANTED_PRESENT] = "present", [WANTED_DIFFERENT] = "different",
	[WANTED_DEAD] = "expired",    [WANTED_ADDED] = "added",	    [WANTED_REPLACED] = "replaced",
};

/* What failed has no keys of its own any more: they were taken back. */
static guint count_keys(const struct keyloading *loading)
{
	return loading->wanted && loading->state != KEYLOADING_FAILED ? loading->wanted->keys->len : 0;
}

static void complain(const struct keyloading *loading)
{
	const struct keyentry *entry = loading->entry;

	fflush(stdout);
	for (guint i = 0; i < entry->faults->len; i++) {
		g_autofree char *fault = output_plain(entry->faults->pdata[i]);
		fprintf(stderr, "tlskey: %s\n", fault);
	}
	if (loading->error) {
		g_autofree char *place = g_strdup_printf("%s:%u: [%s]", entry->file, entry->line, entry->section);
		g_autofree char *plain = output_plain(place);
		fprintf(stderr, "tlskey: %s: %s\n", plain, loading->error->message);
	}
}

void loadreport_text(const GPtrArray *loadings, gboolean check)
{
	unsigned int right = 0;

	for (guint i = 0; i < loadings->len; i++) {
		const struct keyloading *loading = loadings->pdata[i];
		g_autofree char *section = output_plain(loading->entry->section ? loading->entry->section : "");
		right += loading->state < KEYLOADING_MISSING;
		for (guint j = 0; j < count_keys(loading); j++) {
			const struct wanted_key *key = loading->wanted->keys->pdata[j];
			g_autofree char *description = output_plain(key->description);
			printf("%s: %s", section, key_states[key->state]);
			if (key->serial)
				printf(": key %d", key->serial);
			printf(" in %s: %s\n", loading->entry->keyring, description);
		}
		complain(loading);
	}
	printf("%u of %u entries %s\n", right, loadings->len, check ? "are in the keyrings" : "loaded");
}

static void write_keys(JsonBuilder *builder, const struct keyloading *loading)
{
	json_builder_set_member_name(builder, "keys");
	json_builder_begin_array(builder);
	for (guint i = 0; i < count_keys(loading); i++) {
		const struct wanted_key *key = loading->wanted->keys->pdata[i];
		json_builder_begin_object(builder);
		output_string(builder, "type", key->type);
		output_string(builder, "description", key->description);
		output_string(builder, "state", key_states[key->state]);
		if (key->serial)
			output_int(builder, "serial", key->serial);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static void write_messages(JsonBuilder *builder, const struct keyloading *loading)
{
	json_builder_set_member_name(builder, "messages");
	json_builder_begin_array(builder);
	for (guint i = 0; i < loading->entry->faults->len; i++) {
		g_autofree char *valid = g_utf8_make_valid(loading->entry->faults->pdata[i], -1);
		json_builder_add_string_value(builder, valid);
	}
	if (loading->error) {
		g_autofree char *valid = g_utf8_make_valid(loading->error->message, -1);
		json_builder_add_string_value(builder, valid);
	}
	json_builder_end_array(builder);
}

void loadreport_json(const char *folder, const GPtrArray *loadings)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	output_string(builder, "directory", folder);
	json_builder_set_member_name(builder, "entries");
	json_builder_begin_array(builder);
	for (guint i = 0; i < loadings->len; i++) {
		const struct keyloading *loading = loadings->pdata[i];
		json_builder_begin_object(builder);
		output_string(builder, "name", loading->entry->section);
		output_string(builder, "file", loading->entry->file);
		output_int(builder, "line", loading->entry->line);
		output_string(builder, "type", keyentry_type_name(loading->entry->type));
		output_string(builder, "keyring", loading->entry->keyring);
		output_string(builder, "state", states[loading->state]);
		write_keys(builder, loading);
		write_messages(builder, loading);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	output_json(builder);
}
