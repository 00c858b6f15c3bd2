// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A key and its keyring, side by side; see nvmerelated.h.
 */
#include <config.h>

#include <string.h>

#include "nvmerelated.h"

static const struct nvmepsk_form forms[NVMERELATED_FORMS] = {
	{ 0, NVMEPSK_RETAINED, NVMEPSK_STANDARD },
	{ 0, NVMEPSK_RETAINED, NVMEPSK_COMPAT },
	{ 1, NVMEPSK_RETAINED, NVMEPSK_STANDARD },
	{ 1, NVMEPSK_RETAINED, NVMEPSK_COMPAT },
};

static void key_free(void *pointer)
{
	struct nvmerelated_key *key = pointer;

	g_free(key->description);
	nvmeidentity_clear(&key->identity);
	g_free(key);
}

void nvmerelated_derive(const struct nvmepsk_source *source, struct nvmerelated *related)
{
	memset(related, 0, sizeof(*related));
	for (int i = 0; i < NVMERELATED_FORMS; i++) {
		struct nvmerelated_candidate *candidate = &related->candidates[i];
		nvmepsk_derive(source, &forms[i], &candidate->psk, &candidate->error);
	}
	related->keys = g_ptr_array_new_with_free_func(key_free);
	related->longer = g_ptr_array_new_with_free_func(g_free);
}

/* Which candidate is it? */
static void recognize(struct store *store, const struct nvmerelated *related,
		      struct nvmerelated_key *key)
{
	struct secret *content = NULL;

	key->candidate = -1;
	if (key->error == 0)
		store_read(store, key->serial, &content, NULL);
	for (int i = 0; i < NVMERELATED_FORMS; i++) {
		const struct nvmepsk *psk = &related->candidates[i].psk;
		if (!psk->key || strcmp(psk->identity, key->description) != 0)
			continue;
		key->same_identity = true;
		if (content && secret_equal(content, psk->key))
			key->candidate = i;
	}
	secret_free(content);
}

/*
 * "NVMe1R01 host sub" is how the kernel's host looks for a key; it takes one that only begins so.
 */
static bool begins_alike(const struct nvmeidentity *identity, const struct nvmepsk_source *source)
{
	return strcmp(identity->hostnqn, source->hostnqn) == 0 &&
		g_str_has_prefix(identity->subsysnqn, source->subsysnqn);
}

int nvmerelated_look(struct store *store, key_serial_t keyring, const struct nvmepsk_source *source,
		     struct nvmerelated *related, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	int status = store_list(store, keyring, STORE_PSK, &entries, error);

	for (guint i = 0; status == 0 && i < entries->len; i++) {
		const struct store_entry *entry = entries->pdata[i];
		if (!entry->description) {
			related->dead++;
			continue;
		}
		struct nvmerelated_key *key = g_new0(struct nvmerelated_key, 1);
		key->serial = entry->serial;
		key->error = entry->error;
		key->description = g_strdup(entry->description);
		bool valid = nvmeidentity_parse(entry->description, &key->identity);
		if (valid &&
		    nvmeidentity_is_of(&key->identity, source->hostnqn, source->subsysnqn)) {
			recognize(store, related, key);
			g_ptr_array_add(related->keys, key);
			continue;
		}
		if (valid && begins_alike(&key->identity, source))
			g_ptr_array_add(related->longer, g_strdup(entry->description));
		key_free(key);
	}
	return status;
}

const struct nvmerelated_key *nvmerelated_find(const struct nvmerelated *related, int candidate)
{
	for (guint i = 0; i < related->keys->len; i++) {
		const struct nvmerelated_key *key = related->keys->pdata[i];
		if (key->candidate == candidate)
			return key;
	}
	return NULL;
}

void nvmerelated_clear(struct nvmerelated *related)
{
	for (int i = 0; i < NVMERELATED_FORMS; i++) {
		nvmepsk_clear(&related->candidates[i].psk);
		g_clear_error(&related->candidates[i].error);
	}
	g_clear_pointer(&related->keys, g_ptr_array_unref);
	g_clear_pointer(&related->longer, g_ptr_array_unref);
}
