// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys that are wanted; see wanted.h.
 */
#include <config.h>

#include "status.h"
#include "wanted.h"

static void wanted_free(void *pointer)
{
	struct wanted *wanted = pointer;

	secret_free(wanted->payload);
	g_free(wanted->description);
	g_free(wanted);
}

void wanted_add(GPtrArray *keys, const char *type, char *description, struct secret *payload, unsigned int timeout_s)
{
	struct wanted *wanted = g_new0(struct wanted, 1);

	wanted->type = type;
	wanted->description = description;
	wanted->payload = payload;
	wanted->timeout_s = timeout_s;
	g_ptr_array_add(keys, wanted);
}

int wanted_make(const struct keyentry *entry, GPtrArray **keys, GError **error)
{
	GPtrArray *made = g_ptr_array_new_with_free_func(wanted_free);
	int status;

	g_assert(!keyentry_broken(entry));
	*keys = NULL;
	if (entry->type == KEYENTRY_NVME_PSK)
		status = wanted_nvme(entry, made, error);
	else
		status = wanted_x509(entry, made, error);
	if (status == 0)
		*keys = made;
	else
		g_ptr_array_unref(made);
	return status;
}
