// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any text as the URL of a key. Nothing of its query is in its name, and what comes out keeps the promises.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "keyurl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	struct keyurl *url;
	const char *why;

	if (keyurl_parse(text, &url, &why) < 0) {
		if (!*why)
			abort();
		return;
	}
	if (url->pin && (!*url->pin || strlen(url->pin) > KEYURL_PIN_MAX || url->pin_file))
		abort();
	if (url->pin_file && (url->pin_file[0] != '/' || url->pin_file[1] == '/'))
		abort();
	keyurl_free(url);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char scheme[] = "pkcs11:";
	char *text = calloc(1, sizeof(scheme) + size);

	strcpy(text, scheme);
	memcpy(text + strlen(scheme), data, size);
	char *name = keyurl_name(text);
	if (!keyurl_is(text) || strchr(name, '?') || strlen(name) > strcspn(text, "?"))
		abort();
	free(name);
	check(text);
	free(text);
	return 0;
}
