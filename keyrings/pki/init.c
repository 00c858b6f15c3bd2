// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki init
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "pki/authority.h"
#include "pki/pkicert.h"
#include "pki/constraint.h"
#include "pki/keypair.h"
#include "pki/pki.h"
#include "status.h"

struct options {
	char *folder, *type, *name, *days, *password_file;
	char **permits;
};

static void options_clear(struct options *options)
{
	g_free(options->folder);
	g_free(options->type);
	g_free(options->name);
	g_free(options->days);
	g_free(options->password_file);
	g_strfreev(options->permits);
}

static int check_name(const char *name, GError **error)
{
	if (!name)
		return 0;
	if (!*name || !g_utf8_validate(name, -1, NULL) || g_utf8_strlen(name, -1) > PKICERT_NAME_MAX)
		return status_set(error, STATUS_USAGE, "--name needs 1 to %d characters, in UTF-8", PKICERT_NAME_MAX);
	for (const char *at = name; *at; at = g_utf8_next_char(at)) {
		if (!g_unichar_isprint(g_utf8_get_char(at)))
			return status_set(error, STATUS_USAGE, "--name has a character that cannot be printed");
	}
	return 0;
}

/* Said once, when it matters: this is the moment to decide for something else. */
static void warn(const struct authority *authority, gboolean encrypted)
{
	command_warn("this is no substitute for a managed authority. Who reads %s/%s%s can make certificates that all of these hosts trust%s; "
		     "it is for a home, a lab or a test. Nothing here is renewed, or published to other hosts, by itself",
		     authority->folder, AUTHORITY_KEY, encrypted ? " and has its password" : ", which is not encrypted,",
		     encrypted ? "" : " (--password-file encrypts it)");
}

static int report(const char *folder, gboolean encrypted, GError **error)
{
	struct authority *authority;
	int status = authority_open(folder, AUTHORITY_READ, NULL, &authority, error);

	if (status != 0)
		return status;
	g_autofree char *subject = pkicert_subject(authority->crt), *plain = output_plain(subject);
	g_autofree char *date = pkicert_date(gnutls_x509_crt_get_expiration_time(authority->crt));
	g_autoptr(GPtrArray) permitted = constraint_list(authority->crt);
	g_ptr_array_add(permitted, NULL);
	g_autofree char *list = g_strjoinv(", ", (char **)permitted->pdata);

	printf("# %s, until %s, in %s\n", plain, date, authority->folder);
	printf("# may certify: %s\n", *list ? list : "every name (--permit would limit it)");
	printf("# each host needs %s as its trust anchor, and %s; `tlskey pki issue HOST` makes the rest\n", AUTHORITY_CERTIFICATE,
	       AUTHORITY_LIST);
	warn(authority, encrypted);
	authority_free(authority);
	return 0;
}

static int create(const struct options *options, GError **error)
{
	struct authority_wish wish = {
		.folder = options->folder ? options->folder : PKI_FOLDER,
		.name = options->name,
		.list_days = PKI_DAYS_LIST,
	};
	int status = check_name(options->name, error);

	if (status == 0)
		status = keypair_parse(options->type, GNUTLS_PK_ECDSA, &wish.type, error);
	if (status == 0)
		status = pki_days(options->days, PKI_DAYS_AUTHORITY, &wish.days, error);
	if (status == 0)
		status = constraint_parse((const char *const *)options->permits, &wish.constraints, error);
	if (status == 0)
		status = keypair_password(options->password_file, &wish.password, error);
	if (status == 0)
		status = authority_create(&wish, error);
	if (status == 0)
		status = report(wish.folder, wish.password != NULL, error);
	if (wish.constraints)
		gnutls_x509_name_constraints_deinit(wish.constraints);
	secret_free(wish.password);
	return status;
}

int pki_init(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&options.folder),
		{ "key-type", 't', 0, G_OPTION_ARG_FILENAME, &options.type,
		  "ecdsa (P-256, which all peers understand; default) or ed25519", "TYPE" },
		{ "name", 'n', 0, G_OPTION_ARG_FILENAME, &options.name, "its common name", "CN" },
		PKI_OPTION_DAYS(&options.days, "how long it is valid (default: 3650)"),
		{ "permit", 'p', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.permits,
		  "certify only names in this domain or range of addresses; may repeat", "DOMAIN|RANGE" },
		PKI_OPTION_PASSWORD(&options.password_file),
		G_OPTION_ENTRY_NULL
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) == 0)
		status = create(&options, error);
	options_clear(&options);
	return status;
}
