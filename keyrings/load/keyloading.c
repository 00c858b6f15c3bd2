// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loading keys; see keyloading.h. Each entry has a store of its own, so that what fails takes back its own changes
 * only.
 */
#include <config.h>

#include "command.h"
#include "keyloading.h"
#include "module.h"
#include "output.h"
#include "store.h"
#include "wanted.h"

struct loader {
	const struct keyloading_options *options;
	GHashTable *claims; /* place -> struct wanted_key of the entry that came first */
};

/* The keyring whose module has to be there: that of .nvme brings the type of pre-shared keys, wherever they go. */
static const char *keyring_with_module(const struct keyentry *entry)
{
	return entry->type == KEYENTRY_NVME_PSK ? STORE_NVME : entry->keyring;
}

static int load_module(struct store *store, const struct keyentry *entry, GError **error)
{
	const char *keyring = keyring_with_module(entry), *module = module_of_keyring(keyring);
	key_serial_t serial;

	if (!module || store_keyring(store, keyring, &serial, NULL) == 0)
		return 0;
	return module_load(module, error);
}

static int find_keyring(struct loader *loader, struct store *store, const struct keyentry *entry, key_serial_t *keyring,
			GError **error)
{
	int status = loader->options->check ? 0 : load_module(store, entry, error);

	return status == 0 ? store_keyring(store, entry->keyring, keyring, error) : status;
}

static int judge(struct loader *loader, const struct wanted *wanted, GError **error)
{
	if (!wanted->doubt)
		return 0;
	if (loader->options->check)
		return status_set(error, status_of(wanted->doubt), "%s", wanted->doubt->message);
	command_warn("%s; it is loaded all the same", wanted->doubt->message);
	return 0;
}

static int claim(struct loader *loader, struct keyloading *loading, GError **error)
{
	const struct keyentry *entry = loading->entry;

	for (guint i = 0; i < loading->wanted->keys->len; i++) {
		struct wanted_key *wanted = loading->wanted->keys->pdata[i];
		char *place = g_strdup_printf("%s %s %s", entry->keyring, wanted->type, wanted->description);
		const struct wanted_key *first = g_hash_table_lookup(loader->claims, place);
		if (!first) {
			g_hash_table_insert(loader->claims, place, wanted);
			continue;
		}
		g_free(place);
		if (!secret_equal(first->payload, wanted->payload)) {
			g_autofree char *description = output_plain(wanted->description);
			return status_set(error, STATUS_INPUT,
					  "an entry before it puts another key into the same place of keyring %s "
					  "(%s): remove one of them",
					  entry->keyring, description);
		}
	}
	return 0;
}

static enum keyloading_state summarize(const struct wanted *wanted)
{
	enum keyloading_state state = KEYLOADING_PRESENT;

	for (guint i = 0; i < wanted->keys->len; i++) {
		const struct wanted_key *key = wanted->keys->pdata[i];
		if (key->state == WANTED_DIFFERENT)
			return KEYLOADING_DIFFERENT;
		if (key->state == WANTED_REPLACED)
			state = KEYLOADING_REPLACED;
		else if (key->state == WANTED_ADDED && state == KEYLOADING_PRESENT)
			state = KEYLOADING_ADDED;
		else if (key->state == WANTED_MISSING || key->state == WANTED_DEAD)
			state = KEYLOADING_MISSING;
	}
	return state;
}

static int say_difference(struct keyloading *loading, gboolean replace, GError **error)
{
	for (guint i = 0; i < loading->wanted->keys->len; i++) {
		const struct wanted_key *wanted = loading->wanted->keys->pdata[i];
		if (wanted->state != WANTED_DIFFERENT)
			continue;
		g_autofree char *description = output_plain(wanted->description);
		return status_set(
			error, STATUS_EXISTS, "key %d in keyring %s (%s) has another content%s", wanted->serial,
			loading->entry->keyring, description,
			replace ? ": `tlskey load` will replace it" :
				  ", and is left as it is: write replace=yes into the section, or give --replace");
	}
	g_assert_not_reached();
}

static int load_entry(struct loader *loader, struct store *store, struct keyloading *loading, GError **error)
{
	gboolean replace = loader->options->replace || loading->entry->replace;
	key_serial_t keyring;
	int status = wanted_make(loading->entry, &loading->wanted, error);

	if (status == 0)
		status = judge(loader, loading->wanted, error);
	if (status == 0)
		status = claim(loader, loading, error);
	if (status != 0)
		return status;
	status = find_keyring(loader, store, loading->entry, &keyring, error);
	if (status == STATUS_KEYRING && loader->options->check) {
		/* Its keys are missing then, and the error says why. */
		loading->state = KEYLOADING_MISSING;
		return 0;
	}
	if (status == 0)
		status = wanted_look(loading->wanted, store, keyring, error);
	if (status != 0)
		return status;
	loading->state = summarize(loading->wanted);
	if (loading->state == KEYLOADING_DIFFERENT && (loader->options->check || !replace)) {
		say_difference(loading, replace, error);
		return 0;
	}
	if (loading->state == KEYLOADING_PRESENT || loader->options->check)
		return 0;
	status = wanted_put(loading->wanted, store, keyring, error);
	if (status != 0)
		return status;
	store_keep(store);
	loading->state = summarize(loading->wanted);
	return 0;
}

static struct keyloading *load(struct loader *loader, const struct keyentry *entry)
{
	struct keyloading *loading = g_new0(struct keyloading, 1);
	struct store *store = NULL;

	loading->entry = entry;
	loading->state = KEYLOADING_FAILED;
	if (keyentry_broken(entry))
		return loading;
	store = store_new(&loading->error);
	if (store && load_entry(loader, store, loading, &loading->error) != 0)
		loading->state = KEYLOADING_FAILED;
	store_free(store);
	return loading;
}

static void loading_free(void *pointer)
{
	struct keyloading *loading = pointer;

	wanted_free(loading->wanted);
	g_clear_error(&loading->error);
	g_free(loading);
}

GPtrArray *keyloading_run(const GPtrArray *entries, const struct keyloading_options *options)
{
	struct loader loader = { .options = options };
	GPtrArray *loadings = g_ptr_array_new_with_free_func(loading_free);

	loader.claims = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < entries->len; i++)
		g_ptr_array_add(loadings, load(&loader, entries->pdata[i]));
	g_hash_table_unref(loader.claims);
	return loadings;
}

int keyloading_modules(const GPtrArray *entries, GError **error)
{
	struct store *store = store_new(error);
	int first = store ? 0 : STATUS_FAILURE;

	for (guint i = 0; store && i < entries->len; i++) {
		g_autoptr(GError) failure = NULL;
		const struct keyentry *entry = entries->pdata[i];
		int status = keyentry_broken(entry) ? 0 : load_module(store, entry, &failure);
		if (status != 0 && first == 0) {
			first = status;
			g_propagate_error(error, g_steal_pointer(&failure));
		}
	}
	store_free(store);
	return first;
}

enum status keyloading_status(const GPtrArray *loadings, gboolean check)
{
	for (guint i = 0; i < loadings->len; i++) {
		const struct keyloading *loading = loadings->pdata[i];
		if (loading->state < KEYLOADING_MISSING)
			continue;
		if (check)
			return STATUS_INCOMPLETE;
		return loading->error ? status_of(loading->error) : loading->entry->status;
	}
	return STATUS_SUCCESS;
}
