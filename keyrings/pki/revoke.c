// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki revoke and crl
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/issued.h"
#include "pki/pki.h"
#include "pki/revocation.h"
#include "status.h"

struct options {
	char *folder, *days, *password_file;
	gboolean empty;
};

static void options_clear(struct options *options)
{
	g_free(options->folder);
	g_free(options->days);
	g_free(options->password_file);
}

/* As other programs print a serial number: upper case, with colons, with 0x, with a zero before it. g_free() it. */
static char *serial_text(const char *text)
{
	GString *serial = g_string_new(NULL);

	if (g_ascii_strncasecmp(text, "0x", 2) == 0)
		text += 2;
	for (; *text; text++) {
		if (*text != ':')
			g_string_append_c(serial, g_ascii_tolower(*text));
	}
	if (g_str_has_prefix(serial->str, "00"))
		g_string_erase(serial, 0, 2);
	return g_string_free(serial, FALSE);
}

/*
 * The certificates that are meant, of struct issued: a host's, of which all are meant, or one by its serial number. Those that
 * are revoked already are in it.
 */
static GPtrArray *find_meant(const GPtrArray *all, const char *text)
{
	GPtrArray *meant = g_ptr_array_new();
	g_autofree char *serial = serial_text(text);
	struct altname name;
	gboolean is_name = altname_parse(text, &name, NULL) == 0;

	for (guint i = 0; is_name && i < all->len; i++) {
		if (g_strcmp0(issued_host(all->pdata[i]), name.text) == 0)
			g_ptr_array_add(meant, all->pdata[i]);
	}
	for (guint i = 0; meant->len == 0 && i < all->len; i++) {
		const struct issued *issued = all->pdata[i];
		if (strcmp(issued->serial, serial) == 0)
			g_ptr_array_add(meant, all->pdata[i]);
	}
	return meant;
}

static void report(const struct authority *authority, unsigned int entries)
{
	g_autofree char *path = authority_path(authority, AUTHORITY_LIST);
	g_autofree char *next = pkicert_date(gnutls_x509_crl_get_next_update(authority->crl));

	printf("# %u revoked, next list by %s\n", entries, next);
	printf("# where this is on another machine, copy it there; then reload tlshd (`systemctl reload tlshd`)\n");
	printf("x509.crl = %s\n", path);
}

/* Sign the list anew, with more entries, and publish it. */
static int publish(struct authority *authority, const GPtrArray *revoked, unsigned int days, GError **error)
{
	gnutls_x509_crl_t crl = revocation_make(authority->crt, authority->key, authority->crl, revoked, days, error);

	if (!crl)
		return STATUS_FAILURE;
	int status = authority_publish(authority, crl, error);
	if (status == 0)
		report(authority, MAX(gnutls_x509_crl_get_crt_count(crl), 0));
	return status;
}

static int revoke_meant(struct authority *authority, const char *text, unsigned int days, GError **error)
{
	g_autoptr(GPtrArray) all = NULL, revoked = g_ptr_array_new();
	int status = issued_read(authority, &all, error);

	if (status != 0)
		return status;
	g_autoptr(GPtrArray) meant = find_meant(all, text);
	if (meant->len == 0) {
		g_autofree char *shown = g_strescape(text, NULL);
		return status_set(error, STATUS_NOT_FOUND, "this authority has issued nothing for \"%.300s\", neither as a host nor as a "
				  "serial number: `tlskey pki list` shows all; a certificate whose record was lost is put back into "
				  "%s/%s as SERIAL.crt", shown, authority->folder, AUTHORITY_ISSUED);
	}
	for (guint i = 0; i < meant->len; i++) {
		struct issued *issued = meant->pdata[i];
		if (!issued->revoked)
			g_ptr_array_add(revoked, issued->crt);
	}
	if (revoked->len == 0) {
		command_warn("%s was revoked before; the list stays as it is", text);
		return 0;
	}
	status = publish(authority, revoked, days, error);
	for (guint i = 0; status == 0 && i < meant->len; i++) {
		const struct issued *issued = meant->pdata[i];
		if (!issued->revoked)
			printf("# revoked: %s, serial %s\n", issued_host(issued) ? issued_host(issued) : "-", issued->serial);
	}
	return status;
}

/* Both commands: read the days, open the authority, work. @text is NULL for crl. */
static int work(const struct options *options, const char *text, GError **error)
{
	const char *folder = options->folder ? options->folder : PKI_FOLDER;
	unsigned int days;
	int status = pki_days(options->days, PKI_DAYS_LIST, &days, error);

	if (status != 0)
		return status;
	struct authority *authority;
	status = authority_open(folder, options->empty ? AUTHORITY_LISTLESS : AUTHORITY_SIGN, options->password_file, &authority,
				error);
	if (status != 0)
		return status;
	if (options->empty && authority->crl)
		status = status_set(error, STATUS_EXISTS, "%s/%s is there, so --empty would let in who was revoked: leave --empty out, or "
				    "move the file away", authority->folder, AUTHORITY_LIST);
	else if (text)
		status = revoke_meant(authority, text, days, error);
	else
		status = publish(authority, NULL, days, error);
	authority_free(authority);
	return status;
}

int pki_revoke(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&options.folder),
		PKI_OPTION_DAYS(&options.days, "until the next list (default: 365)"),
		PKI_OPTION_PASSWORD(&options.password_file),
		G_OPTION_ENTRY_NULL
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) == 1)
		status = work(&options, argv[1], error);
	options_clear(&options);
	return status;
}

int pki_crl(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&options.folder),
		PKI_OPTION_DAYS(&options.days, "until the next list (default: 365)"),
		{ "empty", 0, 0, G_OPTION_ARG_NONE, &options.empty, "begin anew, when the list before was lost", NULL },
		PKI_OPTION_PASSWORD(&options.password_file),
		G_OPTION_ENTRY_NULL
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) == 0)
		status = work(&options, NULL, error);
	options_clear(&options);
	return status;
}
