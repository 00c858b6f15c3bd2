// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a configuration. What is reported goes to a descriptor that is not there.
 */
#include <config.h>

#include "loader/settings.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	struct problems *problems = problems_new(-1);
	GBytes *text = g_bytes_new(data, size);
	struct settings *settings = settings_parse("/etc/tlshd/config", text, problems);

	settings_free(settings);
	g_bytes_unref(text);
	problems_free(problems);
	return 0;
}
