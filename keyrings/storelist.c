// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is in keyrings: the part of store.h that changes nothing.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "keyfault.h"
#include "keyinfo.h"
#include "store.h"

char *store_name(key_serial_t keyring)
{
	char text[KEYINFO_MAX];
	const char *description;

	if (keyinfo_read(keyring, "keyring", text, NULL, &description) == 0)
		return g_strdup(description);
	return g_strdup_printf("%d", keyring);
}

void store_entry_free(struct store_entry *entry)
{
	if (!entry)
		return;
	g_free(entry->type);
	g_free(entry->description);
	g_free(entry);
}

static struct store_entry *entry_new(key_serial_t serial)
{
	struct store_entry *entry = g_new0(struct store_entry, 1);
	g_autofree struct keyinfo *info = g_new(struct keyinfo, 1);
	int ret = keyinfo_get(serial, info);

	entry->serial = serial;
	entry->error = -ret;
	if (ret < 0)
		return entry;
	entry->type = g_strdup(info->type);
	entry->description = g_strdup(info->description);
	entry->owner = info->owner;
	entry->permissions = info->permissions;
	entry->size = keyctl_read(serial, NULL, 0);
	entry->error = entry->size < 0 ? errno : 0;
	return entry;
}

static bool is_dead(const struct store_entry *entry)
{
	return entry->error == EKEYEXPIRED || entry->error == EKEYREVOKED;
}

static int by_description(const void *one, const void *other)
{
	const struct store_entry *const *a = one, *const *b = other;
	int order = g_strcmp0((*a)->description, (*b)->description);

	return order ? order : ((*a)->serial > (*b)->serial) - ((*a)->serial < (*b)->serial);
}

int store_list(struct store *store, key_serial_t keyring, const char *type, GPtrArray **entries,
	       GError **error)
{
	g_autofree key_serial_t *serials = NULL;

	(void)store;
	int count = keyinfo_list(keyring, STORE_KEYS_MAX, &serials);
	if (count < 0) {
		g_autofree char *name = store_name(keyring);
		return keyfault_set(error, -count, "cannot read keyring %s", name);
	}
	*entries = g_ptr_array_new_with_free_func((GDestroyNotify)store_entry_free);
	for (int i = 0; i < count; i++) {
		struct store_entry *entry = entry_new(serials[i]);
		/* It was removed since. */
		bool gone = !entry->type && entry->error == ENOKEY;
		bool other =
			type && (entry->type ? strcmp(entry->type, type) != 0 : !is_dead(entry));
		if (gone || other)
			store_entry_free(entry);
		else
			g_ptr_array_add(*entries, entry);
	}
	g_ptr_array_sort(*entries, by_description);
	return 0;
}

int store_find(struct store *store, key_serial_t keyring, const char *type, const char *description,
	       key_serial_t *serial, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	int status = store_list(store, keyring, type, &entries, error);

	*serial = 0;
	for (guint i = 0; status == 0 && i < entries->len; i++) {
		const struct store_entry *entry = entries->pdata[i];
		if (g_strcmp0(entry->description, description) == 0)
			*serial = entry->serial;
	}
	return status;
}

int store_read(struct store *store, key_serial_t serial, struct secret **payload, GError **error)
{
	struct secret *read = secret_new(STORE_PAYLOAD_MAX);
	long size = keyctl_read(serial, (char *)secret_data(read), STORE_PAYLOAD_MAX);

	(void)store;
	*payload = NULL;
	if (size < 0 || size > STORE_PAYLOAD_MAX) {
		int number = size < 0 ? errno : EFBIG;
		secret_free(read);
		return keyfault_set(error, number, "cannot read key %d", serial);
	}
	secret_set_length(read, size);
	*payload = read;
	return 0;
}
