// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey nvme rotate: a new key beside the old one, on the target first and then on the hosts, and
 * at the end the old one goes.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "nvmecommands.h"
#include "nvmeoptions.h"
#include "nvmeput.h"
#include "nvmerelated.h"
#include "output.h"
#include "status.h"
#include "store.h"

struct rotate {
	struct nvmeoptions options;
	gboolean retire;
};

static bool is_old(const struct nvmerelated_key *key)
{
	return key->candidate < 0 && key->identity.kind == NVMEPSK_RETAINED;
}

static guint count_old(const struct nvmerelated *related)
{
	guint count = 0;

	for (guint i = 0; i < related->keys->len; i++)
		count += is_old(related->keys->pdata[i]);
	return count;
}

static void say_next(const struct nvmeput *put, guint old)
{
	if (put->psk.form.version == 0 || old == 0)
		return;
	printf("%u older key%s for this host and subsystem stay%s in place.\n", old,
	       old == 1 ? "" : "s", old == 1 ? "s" : "");
	puts("Next: the same on the other side, target before host.");
	printf("Then: connect hosts anew with --tls_key=%d.\n", put->serial);
	puts("When none uses the old key any more: `tlskey nvme rotate --retire` with the new key, "
	     "on both sides.");
}

static int add_new(struct rotate *rotate, struct store *store, const struct nvmepsk_source *source,
		   struct nvmerelated *related, GError **error)
{
	struct nvmeput puts[2] = { 0 };
	int count = 0;

	int status = nvmeput_all(store, &rotate->options, source, puts, &count, error);
	if (status == 0) {
		store_keep(store);
		nvmeput_say(stdout, &rotate->options, puts, count);
		for (int i = 0; i < count && !rotate->options.json; i++)
			say_next(&puts[i], count_old(related));
	}
	nvmeput_clear(puts);
	return status;
}

static bool new_is_there(const struct nvmerelated *related)
{
	for (int i = 0; i < NVMERELATED_FORMS; i++) {
		if (nvmerelated_find(related, i))
			return true;
	}
	return false;
}

static void say_retired(const struct rotate *rotate, const struct nvmerelated *related)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	output_string(builder, "keyring", nvmeoptions_keyring(&rotate->options));
	json_builder_set_member_name(builder, "removed");
	json_builder_begin_array(builder);
	for (guint i = 0; i < related->keys->len; i++) {
		const struct nvmerelated_key *key = related->keys->pdata[i];
		if (!is_old(key))
			continue;
		g_autofree char *identity = output_plain(key->description);
		if (!rotate->options.json)
			printf("key %d removed from %s: %s\n", key->serial,
			       nvmeoptions_keyring(&rotate->options), identity);
		json_builder_begin_object(builder);
		output_int(builder, "serial", key->serial);
		output_string(builder, "identity", key->description);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	if (rotate->options.json)
		output_json(builder);
	else if (count_old(related) == 0)
		puts("There is no older key to remove.");
}

/* All that came from other keys; what in-band authentication made is the kernel's. */
static int retire_old(const struct rotate *rotate, struct store *store, key_serial_t keyring,
		      const struct nvmerelated *related, GError **error)
{
	int status = 0;

	if (!new_is_there(related))
		return status_set(error, STATUS_NOT_FOUND,
				  "the new key is not in the keyring, so the old one stays: run "
				  "`tlskey nvme rotate` without --retire first; --retire wants the "
				  "file of the new key");
	for (guint i = 0; status == 0 && i < related->keys->len; i++) {
		const struct nvmerelated_key *key = related->keys->pdata[i];
		if (is_old(key))
			status = store_remove(store, keyring, key->serial, error);
	}
	if (status == 0) {
		store_keep(store);
		say_retired(rotate, related);
	}
	return status;
}

static int rotate_keys(struct rotate *rotate, const struct nvmepsk_source *source, GError **error)
{
	struct nvmerelated related;
	key_serial_t keyring;
	struct store *store = store_new(error);

	if (!store)
		return STATUS_FAILURE;
	nvmerelated_derive(source, &related);
	int status = store_keyring(store, nvmeoptions_keyring(&rotate->options), &keyring, error);
	if (status == 0)
		status = nvmerelated_look(store, keyring, source, &related, error);
	if (status == 0 && rotate->retire)
		status = retire_old(rotate, store, keyring, &related, error);
	else if (status == 0)
		status = add_new(rotate, store, source, &related, error);
	store_free(store);
	nvmerelated_clear(&related);
	return status;
}

static int rotate_file(struct rotate *rotate, const char *file, GError **error)
{
	struct nvmepsk_source source = { 0 };

	if (rotate->retire && (rotate->options.identity || rotate->options.replace))
		return status_set(error, STATUS_USAGE,
				  "--retire removes all older keys: --identity and --replace do "
				  "not go with it");
	int status = nvmeoptions_names(&rotate->options, error);
	if (status == 0)
		status = nvmeoptions_read_key(&rotate->options, file, &source, error);
	if (status == 0)
		status = rotate_keys(rotate, &source, error);
	secret_free(source.key);
	return status;
}

int nvmerotate_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct rotate rotate = { 0 };
	const GOptionEntry entries[] = {
		NVMEOPTIONS_NAMES(&rotate.options),
		{ "retire", 0, 0, G_OPTION_ARG_NONE, &rotate.retire,
		  "remove all other keys for this host and subsystem; KEYFILE is the new one",
		  NULL },
		NVMEOPTIONS_IDENTITY(&rotate.options),
		NVMEOPTIONS_COMPAT(&rotate.options),
		NVMEOPTIONS_KEYRING(&rotate.options),
		NVMEOPTIONS_REPLACE(&rotate.options,
				    "with version 0: the new key takes the old one's place at "
				    "once"),
		NVMEOPTIONS_JSON(&rotate.options),
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = rotate_file(&rotate, argv[1], error);
	nvmeoptions_clear(&rotate.options);
	return status;
}
