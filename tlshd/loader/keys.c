// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The list of private keys; see keys.h.
 */
#include <config.h>

#include <string.h>

#include "loader/keys.h"

struct keys {
	GPtrArray *sources;
	GPtrArray *origins;
};

struct keys *keys_new(void)
{
	struct keys *keys = g_new0(struct keys, 1);

	keys->sources = g_ptr_array_new_with_free_func(g_free);
	keys->origins = g_ptr_array_new_with_free_func(g_free);
	return keys;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	g_ptr_array_unref(keys->sources);
	g_ptr_array_unref(keys->origins);
	g_free(keys);
}

guint32 keys_add(struct keys *keys, const char *source, const char *origin)
{
	for (guint i = 0; i < keys->sources->len; i++) {
		if (strcmp(keys_source(keys, i), source) == 0)
			return i;
	}
	g_ptr_array_add(keys->sources, g_strdup(source));
	g_ptr_array_add(keys->origins, g_strdup(origin));
	return keys->sources->len - 1;
}

guint32 keys_count(const struct keys *keys)
{
	return keys->sources->len;
}

const char *keys_source(const struct keys *keys, guint32 key)
{
	return g_ptr_array_index(keys->sources, key);
}

const char *keys_origin(const struct keys *keys, guint32 key)
{
	return g_ptr_array_index(keys->origins, key);
}
