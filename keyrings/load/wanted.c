// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys that are wanted; see wanted.h.
 */
#include <config.h>

#include "status.h"
#include "wanted.h"

static void key_free(void *pointer)
{
	struct wanted_key *key = pointer;

	secret_free(key->payload);
	g_free(key->description);
	g_free(key);
}

void wanted_free(struct wanted *wanted)
{
	if (!wanted)
		return;
	g_ptr_array_unref(wanted->keys);
	identity_free(wanted->identity);
	g_clear_error(&wanted->doubt);
	g_free(wanted);
}

void wanted_add(struct wanted *wanted, const char *type, char *description, struct secret *payload)
{
	struct wanted_key *key = g_new0(struct wanted_key, 1);

	key->type = type;
	key->description = description;
	key->payload = payload;
	g_ptr_array_add(wanted->keys, key);
}

int wanted_make(const struct keyentry *entry, struct wanted **wanted, GError **error)
{
	struct wanted *made = g_new0(struct wanted, 1);
	int status;

	g_assert(!keyentry_broken(entry));
	made->entry = entry;
	made->keys = g_ptr_array_new_with_free_func(key_free);
	*wanted = NULL;
	if (entry->type == KEYENTRY_NVME_PSK)
		status = wanted_nvme(made, error);
	else
		status = wanted_x509(made, error);
	if (status == 0)
		*wanted = made;
	else
		wanted_free(made);
	return status;
}

/* What is in the place of one key? */
static int look(struct wanted_key *key, struct store *store, key_serial_t keyring, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct secret *present = NULL;
	int status = store_find(store, keyring, key->type, key->description, &key->serial, error);

	key->state = WANTED_MISSING;
	if (status != 0 || key->serial == 0)
		return status;
	status = store_read(store, key->serial, &present, &failure);
	if (status == 0) {
		key->state = secret_equal(present, key->payload) ? WANTED_PRESENT : WANTED_DIFFERENT;
		secret_free(present);
		return 0;
	}
	if (status == STATUS_EXPIRED || status == STATUS_NOT_FOUND) {
		key->state = WANTED_DEAD;
		return 0;
	}
	g_propagate_error(error, g_steal_pointer(&failure));
	return status;
}

int wanted_look(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error)
{
	int status = 0;

	if (wanted->entry->type == KEYENTRY_X509)
		status = wanted_x509_settle(wanted, store, keyring, error);
	for (guint i = 0; status == 0 && i < wanted->keys->len; i++)
		status = look(wanted->keys->pdata[i], store, keyring, error);
	return status;
}

int wanted_put(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error)
{
	int status = 0;

	if (wanted->entry->type == KEYENTRY_X509)
		return wanted_x509_put(wanted, store, keyring, error);
	for (guint i = 0; status == 0 && i < wanted->keys->len; i++) {
		struct wanted_key *key = wanted->keys->pdata[i];
		const struct store_key made = {
			.type = key->type,
			.description = key->description,
			.payload = secret_data(key->payload),
			.size = secret_length(key->payload),
		};
		if (key->state == WANTED_PRESENT)
			continue;
		status = store_add(store, keyring, &made, &key->serial, error);
		key->state = key->state == WANTED_MISSING ? WANTED_ADDED : WANTED_REPLACED;
	}
	return status;
}
