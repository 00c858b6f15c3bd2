// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey mount-options; see mountoptions.h.
 */
#include <config.h>

#include <stdio.h>

#include "mountoptions.h"
#include "status.h"
#include "x509/x509options.h"

static int print_options(const struct x509options *options, const char *which, GError **error)
{
	g_autofree char *text = NULL;
	struct store *store = NULL;
	key_serial_t keyring;
	int status = x509options_open(options, &store, &keyring, error);

	if (status == 0)
		status = x509store_mount_options(store, keyring, which, &text, error);
	if (status == 0)
		puts(text);
	store_free(store);
	return status;
}

int mountoptions_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct x509options options = { 0 };
	const GOptionEntry entries[] = { X509OPTIONS_KEYRING(&options), { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = print_options(&options, argv[1], error);
	x509options_clear(&options);
	return status;
}
