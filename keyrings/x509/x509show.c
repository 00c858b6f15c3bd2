// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey x509 show, and what it shares with list and import.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "keyinfo.h"
#include "prockeys.h"
#include "status.h"
#include "x509commands.h"
#include "x509options.h"

#define LINKS_MAX 65536 /* keys of one keyring that are looked at */

const char *x509show_state(const struct x509_pair *pair)
{
	const struct store_entry *halves[] = { pair->certificate, pair->key };
	bool complete = true, readable = true;

	for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
		int number = halves[i] ? halves[i]->error : 0;
		if (number == EKEYEXPIRED)
			return "expired";
		if (number == EKEYREVOKED)
			return "revoked";
		complete = complete && halves[i];
		readable = readable && number == 0;
	}
	if (!complete)
		return "incomplete";
	if (!readable)
		return "unreadable";
	return pair->match == X509_MATCH_YES ? "valid" : "mismatch";
}

static const char *validity_of(const struct certificate *certificate)
{
	return certificate_validity(certificate, g_get_real_time() / G_USEC_PER_SEC);
}

const char *x509show_text(const struct x509_pair *pair)
{
	const char *state = x509show_state(pair);

	return pair->facts && strcmp(state, "valid") == 0 ? validity_of(pair->facts) : state;
}

char *x509show_names(const struct certificate *certificate)
{
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < certificate->names->len; i++) {
		g_autofree char *plain = output_plain(certificate->names->pdata[i]);
		g_string_append_printf(names, "%s%s", i ? ", " : "", plain);
	}
	if (names->len == 0)
		g_string_append_c(names, '-');
	return g_string_free(names, FALSE);
}

void x509show_certificate_json(JsonBuilder *builder, const struct certificate *certificate)
{
	output_string(builder, "subject", certificate->subject);
	output_string(builder, "issuer", certificate->issuer);
	output_string(builder, "serial_number", certificate->number);
	output_string(builder, "fingerprint", certificate->fingerprint);
	output_string(builder, "key", certificate->kind);
	output_int(builder, "not_before", certificate->from);
	output_int(builder, "not_after", certificate->until);
	output_string(builder, "validity", validity_of(certificate));
	json_builder_set_member_name(builder, "names");
	json_builder_begin_array(builder);
	for (guint i = 0; i < certificate->names->len; i++)
		json_builder_add_string_value(builder, certificate->names->pdata[i]);
	json_builder_end_array(builder);
}

static bool contains(key_serial_t keyring, key_serial_t serial)
{
	g_autofree key_serial_t *serials = g_new(key_serial_t, LINKS_MAX);
	long size = keyctl_read(keyring, (char *)serials, LINKS_MAX * sizeof(*serials));

	for (long i = 0; size > 0 && size <= LINKS_MAX * (long)sizeof(*serials) &&
			 i < size / (long)sizeof(*serials);
	     i++) {
		if (serials[i] == serial)
			return true;
	}
	return false;
}

/* Names of the keyrings that have a link to the key, of those that we may read; not our own ones.
 */
static GPtrArray *find_links(key_serial_t serial, const char *text)
{
	GPtrArray *links = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GArray) keyrings = prockeys_keyrings(text);
	char description[KEYINFO_MAX];
	const char *name;

	for (guint i = 0; i < keyrings->len; i++) {
		key_serial_t keyring = g_array_index(keyrings, key_serial_t, i);
		if (keyinfo_read(keyring, "keyring", description, NULL, &name) == 0 &&
		    contains(keyring, serial))
			g_ptr_array_add(links, g_strdup(name));
	}
	return links;
}

char *x509show_links(key_serial_t serial, const char *text)
{
	g_autoptr(GPtrArray) links = find_links(serial, text);
	GString *names = g_string_new(NULL);

	for (guint i = 0; i < links->len; i++) {
		g_autofree char *plain = output_plain(links->pdata[i]);
		g_string_append_printf(names, "%s%s", i ? ", " : "", plain);
	}
	return g_string_free(names, FALSE);
}

static char *expiry_of(key_serial_t serial, const char *text)
{
	struct prockeys_key key;
	char *expires = NULL;

	if (prockeys_find(text, serial, &key))
		expires = g_strdup(strcmp(key.expires, "perm") == 0   ? "never"
				   : strcmp(key.expires, "expd") == 0 ? "expired"
								      : key.expires);
	prockeys_clear(&key);
	return expires;
}

static void say_key_json(JsonBuilder *builder, const char *member, const struct store_entry *entry,
			 const char *text)
{
	json_builder_set_member_name(builder, member);
	if (!entry) {
		json_builder_add_null_value(builder);
		return;
	}
	g_autoptr(GPtrArray) links = find_links(entry->serial, text);
	g_autofree char *permissions = g_strdup_printf("%08x", (unsigned int)entry->permissions);
	g_autofree char *expires = expiry_of(entry->serial, text);
	json_builder_begin_object(builder);
	output_int(builder, "serial", entry->serial);
	output_string(builder, "description", entry->description);
	/* Of what is dead the kernel says no more. */
	output_string(builder, "permissions", entry->type ? permissions : NULL);
	output_string(builder, "expires", expires);
	json_builder_set_member_name(builder, "links");
	json_builder_begin_array(builder);
	for (guint i = 0; i < links->len; i++) {
		g_autofree char *valid = g_utf8_make_valid(links->pdata[i], -1);
		json_builder_add_string_value(builder, valid);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
}

void x509show_json(JsonBuilder *builder, const struct x509_pair *pair, const char *keyring,
		   const char *text)
{
	json_builder_begin_object(builder);
	output_string(builder, "name", pair->name);
	output_int(builder, "generation", pair->generation);
	output_string(builder, "keyring", keyring);
	output_string(builder, "state", x509show_state(pair));
	say_key_json(builder, "certificate", pair->certificate, text);
	say_key_json(builder, "private_key", pair->key, text);
	if (pair->match == X509_MATCH_YES) {
		g_autofree char *options =
			x509store_options(pair->certificate->serial, pair->key->serial);
		output_string(builder, "mount_options", options);
	}
	if (pair->facts)
		x509show_certificate_json(builder, pair->facts);
	json_builder_end_object(builder);
}

static void say_key(const char *what, const struct store_entry *entry, const char *text)
{
	if (!entry) {
		printf("  %s: not in the keyring\n", what);
		return;
	}
	g_autofree char *links = x509show_links(entry->serial, text);
	g_autofree char *expires = expiry_of(entry->serial, text);
	g_autofree char *description = output_plain(entry->description);
	printf("  %s: key %d \"%s\"", what, entry->serial, description);
	if (entry->type)
		printf(", permissions %08x", (unsigned int)entry->permissions);
	printf(", expires: %s, linked from %s\n", expires ? expires : "unknown",
	       *links ? links : "no keyring that you may read");
}

static void say_facts(const struct certificate *facts)
{
	g_autofree char *subject = output_plain(facts->subject),
			*issuer = output_plain(facts->issuer);
	g_autofree char *names = x509show_names(facts);
	g_autofree char *from = certificate_time(facts->from),
			*until = certificate_time(facts->until);

	printf("  subject: %s\n  names: %s\n  issuer: %s\n", *subject ? subject : "-", names,
	       *issuer ? issuer : "-");
	printf("  serial number: %s\n  SHA-256: %s\n  key: %s\n", facts->number, facts->fingerprint,
	       facts->kind);
	printf("  valid from %s until %s: %s\n", from, until, validity_of(facts));
}

static void say(const struct x509_pair *pair, const char *keyring, const char *text)
{
	if (pair->name)
		printf("%s in %s, generation %u: %s\n", pair->name, keyring, pair->generation,
		       x509show_text(pair));
	else
		printf("without a name in %s: %s\n", keyring, x509show_text(pair));
	if (pair->facts)
		say_facts(pair->facts);
	say_key("certificate", pair->certificate, text);
	say_key("private key", pair->key, text);
	if (x509store_usable(pair, NULL) == 0) {
		g_autofree char *options =
			x509store_options(pair->certificate->serial, pair->key->serial);
		printf("  mount -o xprtsec=mtls,%s\n", options);
	}
}

static int show(const struct x509options *options, const char *which, GError **error)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autofree char *text = prockeys_read();
	g_autoptr(GPtrArray) pairs = NULL;
	struct store *store = NULL;
	key_serial_t keyring;

	int status = x509options_open(options, &store, &keyring, error);
	if (status == 0)
		status = x509store_find(store, keyring, which, &pairs, error);
	json_builder_begin_array(builder);
	for (guint i = 0; status == 0 && i < pairs->len; i++) {
		if (options->json)
			x509show_json(builder, pairs->pdata[i], x509options_keyring(options), text);
		else
			say(pairs->pdata[i], x509options_keyring(options), text);
	}
	json_builder_end_array(builder);
	if (status == 0 && options->json)
		output_json(builder);
	store_free(store);
	return status;
}

int x509show_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct x509options options = { 0 };
	const GOptionEntry entries[] = { X509OPTIONS_KEYRING(&options),
					 X509OPTIONS_JSON(&options),
					 { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = show(&options, argv[1], error);
	x509options_clear(&options);
	return status;
}
