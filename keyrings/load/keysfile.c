// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of keys; see keysfile.h.
 */
#include <config.h>

#include <stddef.h>
#include <string.h>

#include "keyentry.h"
#include "keysfile.h"
#include "keysrules.h"
#include "loader/lines.h"
#include "loader/suggestion.h"
#include "material.h"
#include "x509/identity.h"

enum kind {
	KIND_TYPE,
	KIND_TEXT,
	KIND_BOOLEAN,
	KIND_PATH,
	KIND_CREDENTIAL, /* the same as KIND_PATH with "credential:" before it */
};

struct setting {
	const char *key;
	enum keyentry_type type; /* that it belongs to; KEYENTRY_UNKNOWN: all */
	enum kind kind;
	size_t offset;
};

static const struct setting settings[] = {
	{ "type", KEYENTRY_UNKNOWN, KIND_TYPE, offsetof(struct keyentry, type) },
	{ "source", KEYENTRY_UNKNOWN, KIND_PATH, offsetof(struct keyentry, source) },
	{ "credential", KEYENTRY_UNKNOWN, KIND_CREDENTIAL, offsetof(struct keyentry, source) },
	{ "keyring", KEYENTRY_UNKNOWN, KIND_TEXT, offsetof(struct keyentry, keyring) },
	{ "replace", KEYENTRY_UNKNOWN, KIND_BOOLEAN, offsetof(struct keyentry, replace) },
	{ "hostnqn", KEYENTRY_NVME_PSK, KIND_TEXT, offsetof(struct keyentry, hostnqn) },
	{ "subsysnqn", KEYENTRY_NVME_PSK, KIND_TEXT, offsetof(struct keyentry, subsysnqn) },
	{ "identity-version", KEYENTRY_NVME_PSK, KIND_TEXT, offsetof(struct keyentry, identity) },
	{ "compat", KEYENTRY_NVME_PSK, KIND_BOOLEAN, offsetof(struct keyentry, compat) },
	{ "name", KEYENTRY_X509, KIND_TEXT, offsetof(struct keyentry, name) },
	{ "cert", KEYENTRY_X509, KIND_PATH, offsetof(struct keyentry, cert) },
	{ "key", KEYENTRY_X509, KIND_PATH, offsetof(struct keyentry, key) },
	{ "pkcs12", KEYENTRY_X509, KIND_PATH, offsetof(struct keyentry, pkcs12) },
	{ "password-file", KEYENTRY_X509, KIND_PATH, offsetof(struct keyentry, password) },
	{ "password-credential", KEYENTRY_X509, KIND_CREDENTIAL, offsetof(struct keyentry, password) },
};

struct parser {
	const char *file;
	char *folder;
	GKeyFile *keys;
	struct lines *lines;
	GPtrArray *entries;
};

static const struct setting *find_setting(const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (strcmp(settings[i].key, key) == 0)
			return &settings[i];
	}
	return NULL;
}

/* The known setting that is nearest, of those that an entry of this type may have; NULL where none is near. */
static const char *nearest_setting(const char *key, enum keyentry_type type)
{
	const char *known[G_N_ELEMENTS(settings) + 1] = { NULL };
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (type == KEYENTRY_UNKNOWN || settings[i].type == KEYENTRY_UNKNOWN || settings[i].type == type)
			known[count++] = settings[i].key;
	}
	return suggestion_nearest(key, known);
}

static void *member(struct keyentry *entry, const struct setting *setting)
{
	return (char *)entry + setting->offset;
}

static void read_type(struct keyentry *entry, unsigned int line, const char *text)
{
	static const char *const known[] = { "nvme-psk", "x509", NULL };

	for (int type = KEYENTRY_NVME_PSK; type <= KEYENTRY_X509; type++) {
		if (strcmp(text, keyentry_type_name(type)) == 0)
			entry->type = type;
	}
	if (entry->type != KEYENTRY_UNKNOWN)
		return;
	const char *near = suggestion_nearest(text, known);
	keyentry_fault(entry, line, "type", "there is no such type%s%s%s",
		       near ? ": did you mean " : ": nvme-psk or x509", near ? near : "", near ? "?" : "");
}

static void read_boolean(struct keyentry *entry, const struct setting *setting, unsigned int line, const char *text)
{
	gboolean yes = strcmp(text, "yes") == 0 || strcmp(text, "true") == 0;

	if (!yes && strcmp(text, "no") != 0 && strcmp(text, "false") != 0)
		keyentry_fault(entry, line, setting->key, "this is neither yes nor no");
	*(gboolean *)member(entry, setting) = yes;
}

/* What the setting was to say is not known, but that it was to be said: once is enough. */
static void note_loss(struct keyentry *entry, const struct setting *setting)
{
	if (setting->kind == KIND_PATH || setting->kind == KIND_CREDENTIAL)
		entry->no_source = TRUE;
	if (setting->offset == offsetof(struct keyentry, subsysnqn))
		entry->no_subsystem = TRUE;
}

static void read_source(struct parser *parser, struct keyentry *entry, const struct setting *setting, unsigned int line,
			const char *text)
{
	char **source = member(entry, setting);
	const char *name = setting->kind == KIND_CREDENTIAL ? text : text + strlen(MATERIAL_CREDENTIAL);

	if (material_is_key(text)) {
		keyentry_fault(entry, line, setting->key,
			       "this is a key itself: put it into a file of its own, name that file here, "
			       "and think of a new key if others could read this file");
		note_loss(entry, setting);
		return;
	}
	if (identity_is_token(text)) {
		keyentry_fault(entry, line, setting->key,
			       "a keyring cannot hold what is in a token: name it in tlshd.conf(5) instead, as x509.certificate and "
			       "x509.private_key");
		note_loss(entry, setting);
		return;
	}
	if (*source) {
		keyentry_fault(entry, line, setting->key, "the entry names two sources for the same: remove one");
		return;
	}
	if (setting->kind == KIND_PATH && !g_str_has_prefix(text, MATERIAL_CREDENTIAL)) {
		*source = g_canonicalize_filename(text, parser->folder);
		return;
	}
	if (!*name || *name == '.' || strchr(name, '/'))
		keyentry_fault(entry, line, setting->key, "this is not the name of a credential: a name, not a path");
	*source = g_strconcat(MATERIAL_CREDENTIAL, name, NULL);
}

static void read_setting(struct parser *parser, struct keyentry *entry, const struct setting *setting)
{
	unsigned int line = lines_key(parser->lines, entry->section, setting->key);
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_key_file_get_string(parser->keys, entry->section, setting->key, &error);

	/* With a wrong escape there is an error and a text, which is not what was meant. */
	if (error) {
		keyentry_fault(entry, line, setting->key, "%s: correct it",
			       g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_UNKNOWN_ENCODING) ?
				       "the value is not UTF-8" :
				       "the value has a wrong escape sequence (a backslash is written \\\\)");
		note_loss(entry, setting);
		return;
	}
	if (!*g_strstrip(text)) {
		keyentry_fault(entry, line, setting->key, "empty: give a value, or put a # in front of the line");
		note_loss(entry, setting);
		return;
	}
	switch (setting->kind) {
	case KIND_TYPE:
		read_type(entry, line, text);
		break;
	case KIND_BOOLEAN:
		read_boolean(entry, setting, line, text);
		break;
	case KIND_TEXT:
		*(char **)member(entry, setting) = g_steal_pointer(&text);
		break;
	default:
		read_source(parser, entry, setting, line, text);
	}
}

/* Base64 ends with what a setting has in the middle, so a key that was pasted as a line of its own is one, with a long name. */
static gboolean is_name(const char *key)
{
	return strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.[]@") == strlen(key) &&
	       strlen(key) < 40;
}

static void check_key(struct parser *parser, struct keyentry *entry, const char *key)
{
	unsigned int line = lines_key(parser->lines, entry->section, key);
	unsigned int before = lines_key_before(parser->lines, entry->section, key, line);
	const struct setting *setting = find_setting(key);

	if (!is_name(key)) {
		keyentry_fault(entry, line, NULL,
			       "this is no setting, and is not quoted here because it may be a key: a key belongs into a file of its own");
		return;
	}
	if (before > 0)
		keyentry_fault(entry, line, key, "set before in line %u: remove one", before);
	if (!setting) {
		const char *near = nearest_setting(key, entry->type);
		keyentry_fault(entry, line, key, "unknown setting%s%s%s",
			       near ? ": did you mean " : ": tlskey(8) lists all", near ? near : "", near ? "?" : "");
		if (near)
			note_loss(entry, find_setting(near));
	} else if (setting->type != KEYENTRY_UNKNOWN && entry->type != KEYENTRY_UNKNOWN &&
		   setting->type != entry->type) {
		keyentry_fault(entry, line, key,
			       "this is for entries of type=%s, and this one is of type=%s: remove it, or "
			       "change the type",
			       keyentry_type_name(setting->type), keyentry_type_name(entry->type));
	}
}

static void read_section(struct parser *parser, const char *section)
{
	unsigned int line = lines_section(parser->lines, section),
		     again = lines_section_after(parser->lines, section, line);
	struct keyentry *entry = keyentry_new(parser->file, line, section);
	g_auto(GStrv) keys = g_key_file_get_keys(parser->keys, section, NULL, NULL);

	g_ptr_array_add(parser->entries, entry);
	if (again > 0)
		keyentry_fault(entry, again, NULL,
			       "section [%s] begins in line %u already: give one of them another name", section, line);
	for (size_t i = 0; i < G_N_ELEMENTS(settings); i++) {
		if (g_key_file_has_key(parser->keys, section, settings[i].key, NULL))
			read_setting(parser, entry, &settings[i]);
	}
	for (char **key = keys; key && *key; key++) {
		/* A key that is set twice is listed twice. */
		if (!g_strv_contains((const char *const *)key + 1, *key))
			check_key(parser, entry, *key);
	}
	keysrules_check(entry);
}

/* TRUE when GLib takes the file as a whole. */
static gboolean load(struct parser *parser, const char *text, gsize size)
{
	struct keyentry *whole = keyentry_new(parser->file, 0, NULL);
	g_autoptr(GError) error = NULL;
	unsigned int line;
	const char *why;

	if (size > 0 && memchr(text, '\0', size))
		keyentry_fault(whole, 0, NULL, "holds zero bytes, so it is not a text: write it anew");
	for (guint i = 0; !keyentry_broken(whole) || i > 0; i++) {
		line = lines_bad(parser->lines, i, &why);
		if (line == 0)
			break;
		keyentry_fault(whole, line, NULL, "%s: correct the line", why);
	}
	/* The library's own words would quote the line. */
	if (!keyentry_broken(whole) && size > 0 &&
	    !g_key_file_load_from_data(parser->keys, text, size, G_KEY_FILE_NONE, &error))
		keyentry_fault(whole, 0, NULL, "cannot be understood as a key file: correct it");
	if (!keyentry_broken(whole)) {
		keyentry_free(whole);
		return TRUE;
	}
	g_ptr_array_add(parser->entries, whole);
	return FALSE;
}

void keysfile_parse(const char *file, const char *text, gsize size, GPtrArray *entries)
{
	struct parser parser = { .file = file, .entries = entries };

	parser.folder = g_path_get_dirname(file);
	parser.keys = g_key_file_new();
	parser.lines = lines_new(text, size);
	if (load(&parser, text, size)) {
		g_auto(GStrv) sections = g_key_file_get_groups(parser.keys, NULL);
		for (char **section = sections; *section; section++)
			read_section(&parser, *section);
	}
	lines_free(parser.lines);
	g_key_file_unref(parser.keys);
	g_free(parser.folder);
}
