// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a file of keys.d. Each entry that comes out has a name or a fault, and one without faults
 * has all that loading takes for granted.
 */
#include <config.h>

#include <glib.h>

#include "load/keyentry.h"
#include "load/keysfile.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

static void check(const struct keyentry *entry)
{
	g_assert_true(entry->section || keyentry_broken(entry));
	if (keyentry_broken(entry))
		return;
	g_assert_nonnull(entry->keyring);
	if (entry->type == KEYENTRY_NVME_PSK)
		g_assert_true(entry->source && entry->subsysnqn && entry->identity);
	else
		g_assert_true(entry->type == KEYENTRY_X509 && entry->name &&
			      (entry->source || entry->pkcs12 || (entry->cert && entry->key)));
}

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autoptr(GPtrArray) entries = g_ptr_array_new();

	keysfile_parse("/etc/tlshd/keys.d/a.conf", (const char *)data, size, entries);
	for (guint i = 0; i < entries->len; i++) {
		check(entries->pdata[i]);
		keyentry_free(entries->pdata[i]);
	}
	return 0;
}
