// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared options; see x509options.h.
 */
#include <config.h>

#include <string.h>

#include "status.h"
#include "x509options.h"

const char *x509options_keyring(const struct x509options *options)
{
	return options->keyring ? options->keyring : STORE_NFS;
}

struct identity_source x509options_source(const struct x509options *options)
{
	const struct identity_source source = {
		.certificate = options->certificate,
		.key = options->key,
		.pkcs12 = options->pkcs12,
		.password = options->password,
	};

	return source;
}

gboolean x509options_has_source(const struct x509options *options)
{
	return options->certificate || options->key || options->pkcs12 || options->password;
}

int x509options_open(const struct x509options *options, struct store **store, key_serial_t *keyring,
		     GError **error)
{
	*store = store_new(error);
	if (!*store)
		return STATUS_FAILURE;
	return store_keyring(*store, x509options_keyring(options), keyring, error);
}

void x509options_clear(struct x509options *options)
{
	g_free(options->certificate);
	g_free(options->key);
	g_free(options->pkcs12);
	g_free(options->password);
	g_free(options->keyring);
	g_free(options->name);
	memset(options, 0, sizeof(*options));
}
