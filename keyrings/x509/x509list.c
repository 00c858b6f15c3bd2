// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey x509 list, and remove.
 */
#include <config.h>

#include <stdio.h>

#include "prockeys.h"
#include "status.h"
#include "x509commands.h"
#include "x509options.h"

/* "-" for a key that is not there */
static char *number_of(const struct store_entry *entry)
{
	return entry ? g_strdup_printf("%d", entry->serial) : g_strdup("-");
}

static void say(const struct x509_pair *pair, const char *text)
{
	g_autofree char *name = pair->name && pair->generation > 1
					? g_strdup_printf("%s (%u)", pair->name, pair->generation)
					: g_strdup(pair->name ? pair->name : "-");
	g_autofree char *certificate = number_of(pair->certificate), *key = number_of(pair->key);
	const struct store_entry *half = pair->certificate ? pair->certificate : pair->key;
	g_autofree char *links = x509show_links(half->serial, text);

	printf("%-20s %-13s %-11s %-11s", name, x509show_text(pair), certificate, key);
	if (pair->facts) {
		g_autofree char *until = certificate_time(pair->facts->until);
		g_autofree char *subject = output_plain(pair->facts->subject),
				*issuer = output_plain(pair->facts->issuer);
		g_autofree char *names = x509show_names(pair->facts);
		printf(" %s  subject \"%s\", names %s, issuer \"%s\"", until, subject, names,
		       issuer);
	}
	printf("%s in %s", pair->facts ? "," : " -", *links ? links : "no keyring that you may read");
	putchar('\n');
}

static void say_all(const GPtrArray *pairs)
{
	g_autofree char *text = prockeys_read();

	printf("%-20s %-13s %-11s %-11s %s\n", "NAME", "STATE", "CERTIFICATE", "PRIVATE KEY",
	       "EXPIRES");
	for (guint i = 0; i < pairs->len; i++)
		say(pairs->pdata[i], text);
}

static void say_all_json(const GPtrArray *pairs, const char *keyring)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();
	g_autofree char *text = prockeys_read();

	json_builder_begin_array(builder);
	for (guint i = 0; i < pairs->len; i++)
		x509show_json(builder, pairs->pdata[i], keyring, text);
	json_builder_end_array(builder);
	output_json(builder);
}

static int list(const struct x509options *options, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	struct store *store = NULL;
	key_serial_t keyring;

	int status = x509options_open(options, &store, &keyring, error);
	if (status == 0)
		status = x509store_list(store, keyring, &pairs, error);
	if (status == 0 && options->json)
		say_all_json(pairs, x509options_keyring(options));
	else if (status == 0)
		say_all(pairs);
	store_free(store);
	return status;
}

int x509list_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct x509options options = { 0 };
	const GOptionEntry entries[] = { X509OPTIONS_KEYRING(&options),
					 X509OPTIONS_JSON(&options),
					 { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) >= 0)
		status = list(&options, error);
	x509options_clear(&options);
	return status;
}

static int remove_pairs(const struct x509options *options, const char *which, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	struct store *store = NULL;
	key_serial_t keyring;

	int status = x509options_open(options, &store, &keyring, error);
	if (status == 0)
		status = x509store_find(store, keyring, which, &pairs, error);
	for (guint i = 0; status == 0 && i < pairs->len; i++)
		status = x509store_remove(store, keyring, pairs->pdata[i], error);
	if (status == 0) {
		store_keep(store);
		printf("%s removed from %s\n", which, x509options_keyring(options));
	}
	store_free(store);
	return status;
}

int x509remove_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct x509options options = { 0 };
	const GOptionEntry entries[] = { X509OPTIONS_KEYRING(&options), { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = remove_pairs(&options, argv[1], error);
	x509options_clear(&options);
	return status;
}
