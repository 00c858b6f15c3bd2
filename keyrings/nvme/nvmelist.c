// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey nvme list, and remove.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nvmecommands.h"
#include "nvmeidentity.h"
#include "nvmeoptions.h"
#include "output.h"
#include "status.h"
#include "store.h"

static const char *state_of(const struct store_entry *entry)
{
	switch (entry->error) {
	case 0:
		return "valid";
	case EKEYEXPIRED:
		return "expired";
	case EKEYREVOKED:
		return "revoked";
	case EACCES:
		return "unreadable";
	default:
		return "unusable";
	}
}

/* NULL for a key that cannot be read. */
static char *fingerprint_of(struct store *store, const struct store_entry *entry)
{
	struct secret *key = NULL;

	if (entry->error != 0 || store_read(store, entry->serial, &key, NULL) != 0)
		return NULL;
	char *fingerprint = nvmepsk_fingerprint(key);
	secret_free(key);
	return fingerprint;
}

static void say_entry(struct store *store, const struct store_entry *entry)
{
	g_autofree char *description = output_plain(entry->description ? entry->description : "-");
	g_autofree char *fingerprint = fingerprint_of(store, entry);

	printf("%-11d %-10s %-16s  %s\n", entry->serial, state_of(entry),
	       fingerprint ? fingerprint : "-", description);
}

static void say_entry_json(struct store *store, const struct store_entry *entry,
			   JsonBuilder *builder)
{
	g_autofree char *fingerprint = fingerprint_of(store, entry);
	struct nvmeidentity identity;

	json_builder_begin_object(builder);
	output_int(builder, "serial", entry->serial);
	output_string(builder, "state", state_of(entry));
	output_string(builder, "fingerprint", fingerprint);
	output_string(builder, "identity", entry->description);
	output_int(builder, "owner", entry->owner);
	if (nvmeidentity_parse(entry->description ? entry->description : "", &identity)) {
		output_int(builder, "version", identity.version);
		output_string(builder, "kind",
			      identity.kind == NVMEPSK_GENERATED ? "generated" : "retained");
		output_string(builder, "hash", interchange_hash_name(identity.hash));
		output_string(builder, "hostnqn", identity.hostnqn);
		output_string(builder, "subsysnqn", identity.subsysnqn);
		output_string(builder, "digest", identity.digest);
	}
	nvmeidentity_clear(&identity);
	json_builder_end_object(builder);
}

static int list(const struct nvmeoptions *options, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	key_serial_t keyring;
	struct store *store = store_new(error);

	if (!store)
		return STATUS_FAILURE;
	int status = store_keyring(store, nvmeoptions_keyring(options), &keyring, error);
	if (status == 0)
		status = store_list(store, keyring, STORE_PSK, &entries, error);
	if (status == 0 && options->json) {
		g_autoptr(JsonBuilder) builder = json_builder_new();
		json_builder_begin_array(builder);
		for (guint i = 0; i < entries->len; i++)
			say_entry_json(store, entries->pdata[i], builder);
		json_builder_end_array(builder);
		output_json(builder);
	} else if (status == 0) {
		printf("%-11s %-10s %-16s  %s\n", "SERIAL", "STATE", "FINGERPRINT", "IDENTITY");
		for (guint i = 0; i < entries->len; i++)
			say_entry(store, entries->pdata[i]);
	}
	store_free(store);
	return status;
}

int nvmelist_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct nvmeoptions options = { 0 };
	const GOptionEntry entries[] = { NVMEOPTIONS_KEYRING(&options),
					 NVMEOPTIONS_JSON(&options),
					 { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) >= 0)
		status = list(&options, error);
	nvmeoptions_clear(&options);
	return status;
}

/* The key that is meant, as long as it is one of type psk in this keyring. */
static int find_meant(struct store *store, key_serial_t keyring, const char *word,
		      key_serial_t *serial, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	gint64 number = 0;
	gboolean by_number = command_number(word, 1, G_MAXINT32, &number);
	int status = store_list(store, keyring, STORE_PSK, &entries, error);

	if (status != 0)
		return status;
	for (guint i = 0; i < entries->len; i++) {
		const struct store_entry *entry = entries->pdata[i];
		if (by_number ? entry->serial == number :
				g_strcmp0(entry->description, word) == 0) {
			*serial = entry->serial;
			return 0;
		}
	}
	g_autofree char *plain = output_plain(word);
	return status_set(error, STATUS_NOT_FOUND,
			  "there is no key of type psk %s %s in this keyring: `tlskey nvme list` "
			  "shows those that are there; identities have to be given as a whole",
			  by_number ? "with the number" : "for", plain);
}

static int remove_key(const struct nvmeoptions *options, const char *word, GError **error)
{
	key_serial_t keyring, serial = 0;
	struct store *store = store_new(error);

	if (!store)
		return STATUS_FAILURE;
	int status = store_keyring(store, nvmeoptions_keyring(options), &keyring, error);
	if (status == 0)
		status = find_meant(store, keyring, word, &serial, error);
	if (status == 0)
		status = store_remove(store, keyring, serial, error);
	if (status == 0) {
		store_keep(store);
		printf("key %d removed from %s\n", serial, nvmeoptions_keyring(options));
	}
	store_free(store);
	return status;
}

int nvmeremove_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct nvmeoptions options = { 0 };
	const GOptionEntry entries[] = { NVMEOPTIONS_KEYRING(&options), { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = remove_key(&options, argv[1], error);
	nvmeoptions_clear(&options);
	return status;
}
