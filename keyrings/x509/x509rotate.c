// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey x509 rotate. Mounts hold serial numbers, and use them again whenever they connect: so the
 * old pair has to stay until they are mounted anew, or the new one has to come under the old
 * numbers.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "status.h"
#include "x509commands.h"
#include "x509options.h"

struct rotate {
	struct x509options options;
	gboolean in_place;
	gboolean retire;
};

static int remove_older(struct store *store, key_serial_t keyring, const GPtrArray *pairs,
			GError **error)
{
	int status = x509store_usable(pairs->pdata[0], error);

	if (status != 0)
		g_prefix_error(error, "the older ones stay: ");
	for (guint i = 1; i < pairs->len && status == 0; i++)
		status = x509store_remove(store, keyring, pairs->pdata[i], error);
	return status;
}

static int retire(const struct x509options *options, const char *name, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	struct store *store = NULL;
	key_serial_t keyring;

	int status = x509store_name(name, error);
	if (status == 0)
		status = x509options_open(options, &store, &keyring, error);
	if (status == 0)
		status = x509store_find(store, keyring, name, &pairs, error);
	if (status == 0)
		status = remove_older(store, keyring, pairs, error);
	if (status == 0) {
		store_keep(store);
		printf("%s in %s: %u older pair%s removed\n", name, x509options_keyring(options),
		       pairs->len - 1, pairs->len == 2 ? "" : "s");
	}
	store_free(store);
	return status;
}

static int rotate(const struct rotate *rotate, const char *name, GError **error)
{
	const struct x509options *options = &rotate->options;

	if (rotate->retire && (rotate->in_place || x509options_has_source(options) ||
			       options->mount_options || options->json))
		return status_set(error, STATUS_USAGE,
				  "--retire removes what is older than the newest pair, and goes "
				  "with --keyring only");
	if (rotate->retire)
		return retire(options, name, error);
	return x509options_put(options, name, rotate->in_place ? X509_IN_PLACE : X509_BESIDE,
			       error);
}

int x509rotate_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct rotate arguments = { 0 };
	const GOptionEntry entries[] = {
		X509OPTIONS_SOURCE(&arguments.options),
		{ "in-place", 'i', 0, G_OPTION_ARG_NONE, &arguments.in_place,
		  "give the keys that are there the new content: their serial numbers stay", NULL },
		{ "retire", 'r', 0, G_OPTION_ARG_NONE, &arguments.retire,
		  "remove the older pairs, once no mount has their numbers", NULL },
		X509OPTIONS_KEYRING(&arguments.options),
		X509OPTIONS_MOUNT_OPTIONS(&arguments.options),
		X509OPTIONS_JSON(&arguments.options),
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = rotate(&arguments, argv[1], error);
	x509options_clear(&arguments.options);
	return status;
}
