// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the configuration: GLib parses, the table of options says what is allowed, and each problem is reported with
 * its line.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "keyurl.h"
#include "loader/keyringlist.h"
#include "loader/lines.h"
#include "loader/options.h"
#include "loader/settings.h"
#include "loader/suggestion.h"
#include "proto.h"

#define CLIENT_GIVES_UP_MS 10000	/* sunrpc's client */
#define SERVER_GIVES_UP_MS 5000		/* nfsd */

struct settings {
	char *file;
	char *folder;
	GKeyFile *keys;
	struct lines *lines;
	struct problems *problems;	/* while parsing only */
	struct snapshot_settings numbers;
	GArray *keyrings;
	struct preference preference;
	struct settings_path paths[SNAPSHOT_PROFILES][SETTINGS_FILES];
};

static struct place place_of(const struct settings *settings, const char *section, const char *key)
{
	return (struct place){ settings->file, lines_key(settings->lines, section, key), key };
}

/* Keys that nobody knows do not stop the service: an option of another version must not keep storage away. */
static void check_key(struct settings *settings, const char *section, const char *key)
{
	struct place place = place_of(settings, section, key);
	unsigned int before = lines_key_before(settings->lines, section, key, place.line);

	if (before > 0)
		problems_warning(settings->problems, &place, "set before in line %u: this one is in force; remove one", before);
	if (option_find(section, key))
		return;
	const char *near = option_suggest(section, key);
	const char *elsewhere = option_elsewhere(key);
	if (near)
		problems_warning(settings->problems, &place, "unknown option in [%s], ignored: did you mean %s?", section,
			       near);
	else if (elsewhere)
		problems_warning(settings->problems, &place, "unknown option in [%s], ignored: it belongs into [%s]",
			       section, elsewhere);
	else
		problems_warning(settings->problems, &place, "unknown option in [%s], ignored: tlshd.conf(5) lists all",
			       section);
}

static void check_section(struct settings *settings, const char *section)
{
	struct place place = { settings->file, lines_section(settings->lines, section), NULL };
	const char *const *known = option_sections();

	if (!g_strv_contains(known, section)) {
		const char *near = suggestion_nearest(section, known);
		problems_warning(settings->problems, &place, "unknown section [%s], ignored%s%s%s", section,
			       near ? ": did you mean [" : ": tlshd.conf(5) lists all", near ? near : "",
			       near ? "]?" : "");
		return;
	}
	char **keys = g_key_file_get_keys(settings->keys, section, NULL, NULL);
	for (char **key = keys; key && *key; key++) {
		/* A key that is set twice is listed twice; what follows it in the list is enough. */
		if (!g_strv_contains((const char *const *)key + 1, *key))
			check_key(settings, section, *key);
	}
	g_strfreev(keys);
}

static void read_number(struct settings *settings, const struct option_entry *option, const char *text)
{
	struct place place = place_of(settings, option->section, option->key);
	guint64 number = option->fallback;
	GError *error = NULL;

	if (!g_ascii_string_to_unsigned(text, 10, option->least, option->most, &number, &error)) {
		bool outside = g_error_matches(error, G_NUMBER_PARSER_ERROR, G_NUMBER_PARSER_ERROR_OUT_OF_BOUNDS) ||
			       (text[0] == '-' && g_ascii_isdigit(text[1]));
		/* What is for debugging only, and so is wrong now and then, does not keep storage away. */
		(strcmp(option->section, "debug") == 0 ? problems_warning : problems_error)(
			settings->problems, &place, "\"%s\" is %s: give a number from %u to %u (default: %u)%s", text,
			outside ? "out of range" : "not a whole number", option->least, option->most, option->fallback,
			strchr(text, '#') ? "; a comment needs a line of its own" : "");
		g_clear_error(&error);
		number = option->fallback;
	}
	*(uint32_t *)((char *)&settings->numbers + option->offset) = number;
}

static enum settings_file which_file(enum option_kind kind)
{
	switch (kind) {
	case OPTION_TRUSTSTORE:
		return SETTINGS_TRUSTSTORE;
	case OPTION_CRL:
		return SETTINGS_CRL;
	case OPTION_CERTIFICATE:
		return SETTINGS_CERTIFICATE;
	case OPTION_PQ_CERTIFICATE:
		return SETTINGS_PQ_CERTIFICATE;
	case OPTION_PQ_PRIVATE_KEY:
		return SETTINGS_PQ_PRIVATE_KEY;
	default:
		return SETTINGS_PRIVATE_KEY;
	}
}

/* Which of the URLs the library can use is found out later; here it counts that no secret of one gets into a message. */
static bool takes_url(enum option_kind kind, const char *text)
{
	return kind == OPTION_PRIVATE_KEY || kind == OPTION_PQ_PRIVATE_KEY || (kind == OPTION_TRUSTSTORE && g_str_has_prefix(text, "pkcs11:"));
}

static void read_path(struct settings *settings, const struct option_entry *option, const char *text)
{
	struct place place = place_of(settings, option->section, option->key);
	unsigned int profile = strcmp(option->section, "authenticate.server") == 0;
	struct settings_path *path = &settings->paths[profile][which_file(option->kind)];

	path->place = place;
	path->url = keyurl_is(text);
	path->path = path->url ? g_strdup(text) : g_canonicalize_filename(text, settings->folder);
	if (!path->url || takes_url(option->kind, text))
		return;
	char *name = keyurl_name(text);
	problems_error(settings->problems, &place, "%s: %s: name a file (a file of such a name is written ./%s)",
		       name, option->kind == OPTION_TRUSTSTORE ? "only a file or a URL \"pkcs11:\" can be a trust store" :
		       "it has to be a file, not a URL", name);
	free(name);
}

/* The library's own words would quote the value, which may hold a PIN. */
static void report_value(struct settings *settings, const struct place *place, const GError *error)
{
	bool encoding = g_error_matches(error, G_KEY_FILE_ERROR, G_KEY_FILE_ERROR_UNKNOWN_ENCODING);

	problems_error(settings->problems, place, "%s: correct it", encoding ? "the value is not UTF-8" :
		       "the value has a wrong escape sequence (a backslash is written \\\\)");
}

/* The library cuts the list, so that a name may hold a semicolon as everywhere in such a file: with a backslash. */
static void read_list(struct settings *settings, const struct option_entry *option)
{
	struct place place = place_of(settings, option->section, option->key);
	GError *error = NULL;

	char **names = g_key_file_get_string_list(settings->keys, option->section, option->key, NULL, &error);
	if (error) {
		report_value(settings, &place, error);
	} else if (option->kind == OPTION_CIPHERS) {
		settings->preference = (struct preference){ place, g_steal_pointer(&names) };
	} else if (names) {
		g_array_unref(settings->keyrings);
		settings->keyrings = keyringlist_parse((const char *const *)names, &place, settings->problems);
	}
	g_clear_error(&error);
	g_strfreev(names);
}

static void read_text(struct settings *settings, const struct option_entry *option)
{
	struct place place = place_of(settings, option->section, option->key);
	GError *error = NULL;

	char *text = g_key_file_get_string(settings->keys, option->section, option->key, &error);
	/* With a wrong escape there is an error and a text, which is not what was meant. */
	if (error)
		report_value(settings, &place, error);
	else if (!g_strstrip(text)[0])
		problems_error(settings->problems, &place, "empty: give a value, or put a # in front of the line");
	else if (option->kind == OPTION_NUMBER)
		read_number(settings, option, text);
	else
		read_path(settings, option, text);
	g_clear_error(&error);
	g_free(text);
}

static void read_option(struct settings *settings, const struct option_entry *option)
{
	bool set = g_key_file_has_key(settings->keys, option->section, option->key, NULL);

	if (option->kind == OPTION_NUMBER)
		*(uint32_t *)((char *)&settings->numbers + option->offset) = option->fallback;
	if (set && (option->kind == OPTION_KEYRINGS || option->kind == OPTION_CIPHERS))
		read_list(settings, option);
	else if (set)
		read_text(settings, option);
}

static void check_pair(struct settings *settings, unsigned int profile, enum settings_file certificate_kind,
		       const char *certificate_name, enum settings_file key_kind, const char *key_name)
{
	const struct settings_path *certificate = &settings->paths[profile][certificate_kind];
	const struct settings_path *key = &settings->paths[profile][key_kind];
	const char *section = profile == 0 ? "authenticate.client" : "authenticate.server";

	if (certificate->path && !key->path)
		problems_error(settings->problems, &certificate->place,
			     "a certificate without a private key is of no use: add %s to [%s]", key_name, section);
	if (key->path && !certificate->path)
		problems_error(settings->problems, &key->place,
			     "a private key without a certificate is of no use: add %s to [%s]", certificate_name, section);
}

static void check_pairs(struct settings *settings)
{
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		const struct settings_path *second = &settings->paths[i][SETTINGS_PQ_CERTIFICATE];

		check_pair(settings, i, SETTINGS_CERTIFICATE, "x509.certificate", SETTINGS_PRIVATE_KEY,
			   "x509.private_key");
		check_pair(settings, i, SETTINGS_PQ_CERTIFICATE, "x509.pq.certificate", SETTINGS_PQ_PRIVATE_KEY,
			   "x509.pq.private_key");
		if (second->path && !settings->paths[i][SETTINGS_CERTIFICATE].path)
			problems_warning(settings->problems, &second->place, "most peers cannot verify it and get none: add "
					 "x509.certificate and x509.private_key for them");
	}
}

/* Numbers that are each in range may still not fit each other, or those of the kernel's consumers. */
static void check_numbers(struct settings *settings)
{
	const struct snapshot_settings *numbers = &settings->numbers;
	struct place delay = place_of(settings, "debug", "delay_done");
	struct place hello = place_of(settings, "service", "max_client_hello");
	struct place message = place_of(settings, "service", "max_message");
	struct place silence = place_of(settings, "service", "hello_timeout_ms");
	struct place client = place_of(settings, "service", "client_timeout_ms");
	struct place server = place_of(settings, "service", "server_timeout_ms");

	if (numbers->delay_done > 0)
		problems_warning(settings->problems, &delay, "every answer to the kernel comes %u s late: only to look for "
				 "races in the kernel; set 0 for service", numbers->delay_done);
	if (numbers->max_client_hello > numbers->max_message)
		problems_error(settings->problems, hello.line ? &hello : &message,
			     "max_client_hello (%u) is over max_message (%u), which counts for every message: lower the "
			     "one or raise the other", numbers->max_client_hello, numbers->max_message);
	if (silence.line && numbers->hello_timeout_ms > numbers->server_timeout_ms)
		problems_warning(settings->problems, &silence, "over server_timeout_ms (%u), which comes first: no effect",
			       numbers->server_timeout_ms);
	if (numbers->client_timeout_ms > CLIENT_GIVES_UP_MS)
		problems_warning(settings->problems, &client, "NFS clients give up after %d ms: handshakes that take longer "
			       "are lost; set at most 9500", CLIENT_GIVES_UP_MS);
	if (numbers->server_timeout_ms > SERVER_GIVES_UP_MS)
		problems_warning(settings->problems, &server, "NFS servers give up after %d ms: handshakes that take longer "
			       "are lost; set at most 4500", SERVER_GIVES_UP_MS);
}

/* True when GLib takes the file as a whole. */
static bool load_keys(struct settings *settings, GBytes *text)
{
	struct place place = { settings->file, 0, NULL };
	GError *error = NULL;
	const char *why;
	gsize size;
	const char *data = g_bytes_get_data(text, &size);

	if (size > 0 && memchr(data, '\0', size)) {
		problems_error(settings->problems, &place, "holds zero bytes, so it is not a text: write it anew");
		return false;
	}
	for (guint i = 0; (place.line = lines_bad(settings->lines, i, &why)) > 0; i++)
		problems_error(settings->problems, &place, "%s: correct the line", why);
	if (problems_failed(settings->problems))
		return false;
	if (size == 0 || g_key_file_load_from_data(settings->keys, data, size, G_KEY_FILE_NONE, &error))
		return true;
	place.line = 0;
	problems_error(settings->problems, &place, "cannot be understood (%s): correct it", error->message);
	g_clear_error(&error);
	return false;
}

struct settings *settings_parse(const char *file, GBytes *text, struct problems *problems)
{
	struct settings *settings = g_new0(struct settings, 1);
	const struct option_entry *option;
	gsize size;
	/* GLib has no pointer for no bytes. */
	const char *data = g_bytes_get_data(text, &size) ?: "";

	settings->file = g_strdup(file);
	settings->keys = g_key_file_new();
	settings->lines = lines_new(data, size);
	settings->problems = problems;
	settings->keyrings = g_array_new(FALSE, TRUE, sizeof(struct snapshot_keyring));
	char *absolute = g_canonicalize_filename(file, NULL);
	settings->folder = g_path_get_dirname(absolute);
	g_free(absolute);
	if (!load_keys(settings, text)) {
		settings_free(settings);
		return NULL;
	}

	char **sections = g_key_file_get_groups(settings->keys, NULL);
	for (char **section = sections; *section; section++)
		check_section(settings, *section);
	g_strfreev(sections);
	for (size_t i = 0; (option = option_at(i)); i++)
		read_option(settings, option);
	check_pairs(settings);
	check_numbers(settings);
	settings->problems = NULL;
	return settings;
}

void settings_free(struct settings *settings)
{
	if (!settings)
		return;
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		for (unsigned int j = 0; j < SETTINGS_FILES; j++)
			g_free(settings->paths[i][j].path);
	}
	g_array_unref(settings->keyrings);
	g_strfreev(settings->preference.names);
	lines_free(settings->lines);
	g_key_file_unref(settings->keys);
	g_free(settings->folder);
	g_free(settings->file);
	g_free(settings);
}

const struct snapshot_settings *settings_numbers(const struct settings *settings)
{
	return &settings->numbers;
}

const struct preference *settings_preference(const struct settings *settings)
{
	return &settings->preference;
}

const GArray *settings_keyrings(const struct settings *settings)
{
	return settings->keyrings;
}

const struct settings_path *settings_path(const struct settings *settings, guint32 role, enum settings_file which)
{
	const struct settings_path *path = &settings->paths[role == PROTO_ROLE_SERVER][which];

	return path->path ? path : NULL;
}
