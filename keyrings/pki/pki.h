/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands of a private authority, for a home, a lab or a test site: no substitute for a managed one.
 */
#ifndef KEYRINGS_PKI_PKI_H
#define KEYRINGS_PKI_PKI_H

#include "command.h"

#define PKI_FOLDER SYSCONFDIR "/tlshd/pki"

#define PKI_DAYS_AUTHORITY 3650
#define PKI_DAYS_HOST 730	/* somebody has to renew it by hand */
#define PKI_DAYS_LIST 365	/* tlshd uses an old one with a warning; other peers may refuse everybody */

extern const struct command pki_commands[];

int pki_init(const struct command *command, int argc, char **argv, GError **error);
int pki_issue(const struct command *command, int argc, char **argv, GError **error);
int pki_renew(const struct command *command, int argc, char **argv, GError **error);
int pki_list(const struct command *command, int argc, char **argv, GError **error);
int pki_revoke(const struct command *command, int argc, char **argv, GError **error);
int pki_crl(const struct command *command, int argc, char **argv, GError **error);

/* What most of them take. */
#define PKI_OPTION_DIRECTORY(place) \
	{ "directory", 'd', 0, G_OPTION_ARG_FILENAME, place, "the authority's folder (default: " PKI_FOLDER ")", "DIR" }
#define PKI_OPTION_PASSWORD(place) \
	{ "password-file", 0, 0, G_OPTION_ARG_FILENAME, place, "the first line of FILE is the password of the authority's key", \
	  "FILE" }
#define PKI_OPTION_DAYS(place, what) { "days", 0, 0, G_OPTION_ARG_FILENAME, place, what, "N" }

/** pki_days - read the argument of --days; NULL is @otherwise. Returns 0 or STATUS_USAGE. */
int pki_days(const char *text, unsigned int otherwise, unsigned int *days, GError **error);

#endif
