// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Entries; see keyentry.h.
 */
#include <config.h>

#include <stdarg.h>

#include "keyentry.h"

struct keyentry *keyentry_new(const char *file, unsigned int line, const char *section)
{
	struct keyentry *entry = g_new0(struct keyentry, 1);

	entry->file = g_strdup(file);
	entry->line = line;
	entry->section = g_strdup(section);
	entry->status = STATUS_INPUT;
	entry->faults = g_ptr_array_new_with_free_func(g_free);
	return entry;
}

void keyentry_free(struct keyentry *entry)
{
	char *texts[] = {
		entry->file,   entry->section,	entry->keyring, entry->source,	  entry->cert,	   entry->key,
		entry->pkcs12, entry->password, entry->hostnqn, entry->subsysnqn, entry->identity, entry->name,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++)
		g_free(texts[i]);
	g_ptr_array_unref(entry->faults);
	g_free(entry);
}

void keyentry_fault(struct keyentry *entry, unsigned int line, const char *key, const char *format, ...)
{
	g_autoptr(GString) text = g_string_new(entry->file);
	va_list arguments;

	if (line > 0)
		g_string_append_printf(text, ":%u", line);
	g_string_append(text, ": ");
	if (key)
		g_string_append_printf(text, "%s: ", key);
	va_start(arguments, format);
	g_string_append_vprintf(text, format, arguments);
	va_end(arguments);
	g_ptr_array_add(entry->faults, g_strdup(text->str));
}

gboolean keyentry_broken(const struct keyentry *entry)
{
	return entry->faults->len > 0;
}

const char *keyentry_type_name(enum keyentry_type type)
{
	switch (type) {
	case KEYENTRY_NVME_PSK:
		return "nvme-psk";
	case KEYENTRY_X509:
		return "x509";
	default:
		return "unknown";
	}
}
