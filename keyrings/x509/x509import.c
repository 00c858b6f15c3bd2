// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey x509 import, and rotate.
 */
#include <config.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "status.h"
#include "x509commands.h"
#include "x509options.h"

/* The name that servers know the host by, as far as it can be a name. */
static int choose_name(const struct certificate *certificate, char **name, GError **error)
{
	g_autofree char *found = NULL;

	for (guint i = 0; i < certificate->names->len && !found; i++) {
		const char *text = certificate->names->pdata[i];
		if (g_str_has_prefix(text, "DNS:"))
			found = g_strdup(text + strlen("DNS:"));
	}
	if (!found && certificate->common_name)
		found = g_strdup(certificate->common_name);
	if (!found || x509store_name(found, NULL) != 0)
		return status_set(error, STATUS_USAGE,
				  "the certificate says nothing that can be its name here: choose "
				  "one with --name");
	*name = g_steal_pointer(&found);
	return 0;
}

static void say_json(const struct identity *identity, const char *name, const char *keyring,
		     const struct x509_serials *serials)
{
	g_autofree char *options = x509store_options(serials->certificate, serials->key);
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	output_string(builder, "name", name);
	output_int(builder, "generation", serials->generation);
	output_string(builder, "keyring", keyring);
	output_int(builder, "cert_serial", serials->certificate);
	output_int(builder, "privkey_serial", serials->key);
	output_string(builder, "mount_options", options);
	output_bool(builder, "unchanged", serials->unchanged);
	x509show_certificate_json(builder, identity->certificate);
	json_builder_end_object(builder);
	output_json(builder);
}

static void say_text(const struct identity *identity, const char *name, const char *keyring,
		     const struct x509_serials *serials)
{
	g_autofree char *options = x509store_options(serials->certificate, serials->key);
	g_autofree char *label = certificate_label(identity->certificate);
	g_autofree char *plain = output_plain(label);
	g_autofree char *until = certificate_time(identity->certificate->until);

	printf("%s in %s%s: certificate %d, private key %d\n", name, keyring,
	       serials->unchanged ? ", as it was there already" : "", serials->certificate,
	       serials->key);
	printf("%s, expires %s\n", plain, until);
	printf("mount -o xprtsec=mtls,%s\n", options);
}

static void say(const struct x509options *options, const struct identity *identity,
		const char *name, const struct x509_serials *serials)
{
	const char *keyring = x509options_keyring(options);

	if (strcmp(keyring, STORE_NFS) != 0)
		command_warn("tlshd reads keys of the keyring %s for mounts only where "
			     "tlshd.conf(5) names it (keyrings)",
			     keyring);
	if (options->mount_options) {
		g_autofree char *text = x509store_options(serials->certificate, serials->key);
		puts(text);
	} else if (options->json) {
		say_json(identity, name, keyring, serials);
	} else {
		say_text(identity, name, keyring, serials);
	}
}

static int put(const struct x509options *options, const char *name, const struct identity *identity,
	       enum x509_place place, GError **error)
{
	struct x509_serials serials;
	struct store *store = NULL;
	key_serial_t keyring;

	int status = x509options_open(options, &store, &keyring, error);
	if (status == 0)
		status = x509store_put(store, keyring, name, identity, place, &serials, error);
	if (status == 0) {
		store_keep(store);
		say(options, identity, name, &serials);
	}
	store_free(store);
	return status;
}

int x509options_put(const struct x509options *options, const char *name, enum x509_place place,
		    GError **error)
{
	const struct identity_source source = x509options_source(options);
	struct identity *identity = NULL;
	g_autofree char *chosen = g_strdup(name ? name : options->name);

	if (options->mount_options && options->json)
		return status_set(
			error, STATUS_USAGE,
			"--mount-options and --json exclude each other: JSON has them, too");
	int status = chosen ? x509store_name(chosen, error) : 0;
	if (status == 0)
		status = identity_load(&source, &identity, error);
	if (status == 0)
		status = identity_check(identity, g_get_real_time() / G_USEC_PER_SEC,
					options->force, error);
	if (status == 0 && !chosen)
		status = choose_name(identity->certificate, &chosen, error);
	if (status == 0)
		status = put(options, chosen, identity, place, error);
	identity_free(identity);
	return status;
}

int x509import_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct x509options options = { 0 };
	const GOptionEntry entries[] = {
		X509OPTIONS_SOURCE(&options),
		X509OPTIONS_NAME(&options),
		X509OPTIONS_KEYRING(&options),
		X509OPTIONS_REPLACE(
			&options,
			"in the place of what has the name; mounts with its numbers fail"),
		X509OPTIONS_MOUNT_OPTIONS(&options),
		X509OPTIONS_JSON(&options),
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) >= 0)
		status = x509options_put(&options, NULL, options.replace ? X509_REPLACE : X509_NEW,
					 error);
	x509options_clear(&options);
	return status;
}
