// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the commands for certificates.
 */
#include <config.h>

#include "x509.h"
#include "x509commands.h"

const struct command x509_commands[] = {
	{ "x509", "import", "", "put a certificate and its private key into the keyring", x509import_run },
	{ "x509", "list", "", "print which certificates are in the keyring", x509list_run },
	{ "x509", "show", "NAME|SERIAL", "print what a certificate says, and how to mount with it", x509show_run },
	{ "x509", "rotate", "NAME", "put a new certificate beside the old one, and later remove the old one", x509rotate_run },
	{ "x509", "expire", "NAME|SERIAL", "let a certificate and its private key expire", x509expire_run },
	{ "x509", "remove", "NAME|SERIAL", "remove a certificate and its private key from the keyring", x509remove_run },
	{ 0 }
};
