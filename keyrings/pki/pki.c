// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the commands of a private authority.
 */
#include <config.h>

#include "pki/pkicert.h"
#include "pki/pki.h"
#include "status.h"

const struct command pki_commands[] = {
	{ "pki", "init", "", "make a private authority for a site without one", pki_init },
	{ "pki", "issue", "HOST", "make a certificate and a key for a host", pki_issue },
	{ "pki", "renew", "HOST", "make a new certificate and key with the names of the last one", pki_renew },
	{ "pki", "list", "", "show what the authority has issued", pki_list },
	{ "pki", "revoke", "SERIAL|HOST", "put a certificate, or all of a host, on the revocation list", pki_revoke },
	{ "pki", "crl", "", "sign the revocation list anew", pki_crl },
	{ 0 }
};

int pki_days(const char *text, unsigned int otherwise, unsigned int *days, GError **error)
{
	gint64 number = otherwise;

	if (text && !command_number(text, 1, PKICERT_DAYS_MAX, &number))
		return status_set(error, STATUS_USAGE, "--days %s: give a number of days from 1 to %d", text, PKICERT_DAYS_MAX);
	*days = number;
	return 0;
}
