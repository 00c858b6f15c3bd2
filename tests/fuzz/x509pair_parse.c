// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any text as the description of a key that somebody has put into a keyring.
 */
#include <config.h>

#include <string.h>

#include "x509/x509pair.h"
#include "x509/x509store.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size), *name = NULL;
	unsigned int generation = 0;
	const char *half = NULL;

	if (!x509pair_parse(text, &name, &generation, &half)) {
		g_assert_null(name);
		return 0;
	}
	/* Two descriptions never stand for one half, or a name would have two certificates of one generation. */
	g_autofree char *again = x509pair_description(name, generation, half);
	g_assert_cmpstr(again, ==, text);
	g_assert_cmpint(x509store_name(name, NULL), ==, 0);
	g_assert_cmpuint(generation, >=, 1);
	g_assert_cmpuint(generation, <=, X509PAIR_GENERATION_MAX);
	return 0;
}
