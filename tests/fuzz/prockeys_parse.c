// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any text as /proc/keys.
 */
#include <config.h>

#include "x509/prockeys.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autoptr(GArray) keyrings = prockeys_keyrings(text);
	struct prockeys_key key;

	for (guint i = 0; i < keyrings->len && i < 4; i++) {
		prockeys_find(text, g_array_index(keyrings, key_serial_t, i), &key);
		prockeys_clear(&key);
	}
	prockeys_find(text, 1, &key);
	prockeys_clear(&key);
	return 0;
}
