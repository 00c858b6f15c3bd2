// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki issue and renew
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/constraint.h"
#include "pki/issued.h"
#include "pki/keypair.h"
#include "pki/pki.h"
#include "status.h"

struct options {
	char *folder, *type, *days, *password_file, *output;
	char **names;
	gboolean client, server, force;
};

/* One certificate on its way */
struct issue {
	const struct options *options;
	struct authority *authority;
	struct pkicert_wish wish;
	GArray *names;			/* which @wish points at */
	gnutls_pk_algorithm_t type;
	enum batch_place place;
};

static void options_clear(struct options *options)
{
	g_free(options->folder);
	g_free(options->type);
	g_free(options->days);
	g_free(options->password_file);
	g_free(options->output);
	g_strfreev(options->names);
}

static const char *host_of(const struct issue *issue)
{
	return g_array_index(issue->names, struct altname, 0).text;
}

/* The absolute path of what the host gets, ".crt" or ".key"; g_free() it. */
static char *host_file(const struct issue *issue, const char *suffix)
{
	g_autofree char *hosts = authority_path(issue->authority, AUTHORITY_HOSTS);
	g_autofree char *folder = g_canonicalize_filename(issue->options->output ? issue->options->output : hosts, NULL);
	g_autofree char *name = g_strconcat(host_of(issue), suffix, NULL);

	return g_build_filename(folder, name, NULL);
}

/* The record first: a certificate that is out there can be revoked. The key before what it belongs to. */
static int write_files(const struct issue *issue, gnutls_x509_crt_t crt, struct secret *key, GError **error)
{
	g_autofree char *serial = pkicert_serial(crt), *pem = pkicert_pem(crt);
	g_autofree char *name = g_strdup_printf("%s/%s.crt", AUTHORITY_ISSUED, serial);
	g_autofree char *record = authority_path(issue->authority, name);
	g_autofree char *key_path = host_file(issue, ".key"), *crt_path = host_file(issue, ".crt");
	struct batch *batch = batch_new();
	int status = batch_add(batch, record, BATCH_NEW, 0644, pem, strlen(pem), error);

	if (status == 0)
		status = batch_add(batch, key_path, issue->place, 0600, secret_data(key), secret_length(key), error);
	/* All of the chain: the authority itself is what peers have. */
	if (status == 0)
		status = batch_add(batch, crt_path, issue->place, 0644, pem, strlen(pem), error);
	if (status == 0)
		status = batch_commit(batch, error);
	batch_free(batch);
	return status;
}

static void print_section(const struct issue *issue, const char *section)
{
	g_autofree char *anchor = authority_path(issue->authority, AUTHORITY_CERTIFICATE);
	g_autofree char *list = authority_path(issue->authority, AUTHORITY_LIST);
	g_autofree char *key = host_file(issue, ".key"), *crt = host_file(issue, ".crt");

	printf("[authenticate.%s]\nx509.truststore = %s\nx509.crl = %s\nx509.certificate = %s\nx509.private_key = %s\n", section, anchor,
	       list, crt, key);
}

/* Lines that can be pasted; what is for the reader is a comment there. */
static void report(const struct issue *issue, gnutls_x509_crt_t crt)
{
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	g_autofree char *serial = pkicert_serial(crt), *date = pkicert_date(until);
	gboolean clamped = until == gnutls_x509_crt_get_expiration_time(issue->authority->crt);

	printf("# %s, serial %s, until %s%s\n", host_of(issue), serial, date, clamped ? ", when the authority expires" : "");
	printf("# for %s/tlshd/config on that host. If that is another machine, copy these files there, the key in secret and with "
	       "mode 0600,\n# and the revocation list again after each `tlskey pki revoke`; then reload tlshd\n", SYSCONFDIR);
	if (issue->wish.purposes & PKICERT_CLIENT)
		print_section(issue, "client");
	if (issue->wish.purposes & PKICERT_SERVER)
		print_section(issue, "server");
}

static int make(const struct issue *issue, GError **error)
{
	struct secret *pem = NULL;
	gnutls_x509_crt_t crt = NULL;
	int status = constraint_check(issue->authority->crt, issue->names, error);

	if (status != 0)
		return status;
	gnutls_x509_privkey_t key = keypair_generate(issue->type, error);
	if (!key)
		return STATUS_FAILURE;
	status = keypair_export(key, NULL, &pem, error);
	if (status == 0) {
		crt = pkicert_issue(&issue->wish, key, issue->authority->crt, issue->authority->key, error);
		status = crt ? write_files(issue, crt, pem, error) : STATUS_FAILURE;
	}
	if (status == 0)
		report(issue, crt);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
	secret_free(pem);
	return status;
}

static int prepare(struct issue *issue, GError **error)
{
	const struct options *options = issue->options;
	int status = pki_days(options->days, PKI_DAYS_HOST, &issue->wish.days, error);

	/* Before all else: an unknown word is no reason to wait for a lock. */
	if (status == 0)
		status = keypair_parse(options->type, GNUTLS_PK_UNKNOWN, &issue->type, error);
	if (status != 0)
		return status;
	return authority_open(options->folder ? options->folder : PKI_FOLDER, AUTHORITY_SIGN, options->password_file,
			      &issue->authority, error);
}

static void issue_clear(struct issue *issue)
{
	authority_free(issue->authority);
	g_array_unref(issue->names);
}

static int refuse_second(const struct issue *issue, const struct issued *before, GError **error)
{
	g_autofree char *date = pkicert_date(before->until);

	return status_set(error, STATUS_EXISTS, "%s has a certificate until %s (serial %s): `tlskey pki renew %s` makes a new one with "
			  "its names, --force one of its own", host_of(issue), date, before->serial, host_of(issue));
}

static void note_old(const struct issued *before)
{
	g_autofree char *date = pkicert_date(before->until);

	if (strcmp(issued_state(before), "valid") == 0)
		command_warn("the certificate before (serial %s) stays valid until %s: when the new one is in use, `tlskey pki revoke %s` "
			     "ends that", before->serial, date, before->serial);
}

static int issue_host(struct issue *issue, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;
	int status = prepare(issue, error);

	if (status == 0)
		status = issued_read(issue->authority, &all, error);
	if (status != 0)
		return status;
	const struct issued *before = issued_find_host(all, host_of(issue));
	if (before && !issue->options->force && strcmp(issued_state(before), "valid") == 0)
		return refuse_second(issue, before, error);
	if (issue->type == GNUTLS_PK_UNKNOWN)
		issue->type = gnutls_x509_privkey_get_pk_algorithm(issue->authority->key);
	issue->wish.after = before ? before->from : 0;
	status = make(issue, error);
	if (status == 0 && before)
		note_old(before);
	return status;
}

static int read_names(struct issue *issue, const char *host, GError **error)
{
	struct altname name;
	int status = altname_parse(host, &name, error);

	if (status == 0)
		g_array_append_val(issue->names, name);
	for (guint i = 0; status == 0 && issue->options->names && issue->options->names[i]; i++)
		status = altname_parse_list(issue->options->names[i], issue->names, error);
	return status;
}

int pki_issue(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&options.folder),
		{ "san", 's', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.names,
		  "further names that it is mounted by, DNS:NAME and IP:ADDRESS; may repeat", "NAMES" },
		{ "client", 'c', 0, G_OPTION_ARG_NONE, &options.client, "for a client only (it mounts)", NULL },
		{ "server", 'S', 0, G_OPTION_ARG_NONE, &options.server, "for a server only (it exports); default: both", NULL },
		PKI_OPTION_DAYS(&options.days, "how long it is valid (default: 730, at most until the authority's end)"),
		{ "key-type", 't', 0, G_OPTION_ARG_FILENAME, &options.type, "ecdsa or ed25519 (default: the authority's)", "TYPE" },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "write HOST.crt and HOST.key here (default: hosts/ there)",
		  "DIR" },
		{ "force", 'f', 0, G_OPTION_ARG_NONE, &options.force, "even if the host has one; replaces its files", NULL },
		PKI_OPTION_PASSWORD(&options.password_file),
		G_OPTION_ENTRY_NULL
	};
	struct issue issue = { .options = &options };
	int status = STATUS_USAGE;

	issue.names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	if (command_parse(command, entries, argc, argv, 1, 1, error) == 1)
		status = read_names(&issue, argv[1], error);
	issue.wish.names = issue.names;
	issue.wish.purposes = (options.client ? PKICERT_CLIENT : 0) | (options.server ? PKICERT_SERVER : 0);
	if (!issue.wish.purposes)
		issue.wish.purposes = PKICERT_CLIENT | PKICERT_SERVER;
	issue.place = options.force ? BATCH_REPLACE : BATCH_NEW;
	if (status == 0)
		status = issue_host(&issue, error);
	issue_clear(&issue);
	options_clear(&options);
	return status;
}

static int renew_host(struct issue *issue, const char *host, GError **error)
{
	g_autoptr(GPtrArray) all = NULL;
	struct altname name;
	int status = altname_parse(host, &name, error);

	if (status == 0)
		status = prepare(issue, error);
	if (status == 0)
		status = issued_read(issue->authority, &all, error);
	if (status != 0)
		return status;
	const struct issued *before = issued_find_host(all, name.text);
	if (!before)
		return status_set(error, STATUS_NOT_FOUND, "%s has no certificate of this authority that is not revoked: `tlskey pki issue "
				  "%s` makes one", name.text, name.text);
	g_array_append_vals(issue->names, before->names->data, before->names->len);
	issue->wish.names = issue->names;
	issue->wish.purposes = before->purposes;
	issue->wish.after = before->from;
	if (issue->type == GNUTLS_PK_UNKNOWN)
		issue->type = gnutls_x509_crt_get_pk_algorithm(before->crt, NULL);
	status = make(issue, error);
	if (status == 0)
		note_old(before);
	return status;
}

int pki_renew(const struct command *command, int argc, char **argv, GError **error)
{
	struct options options = { 0 };
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&options.folder),
		PKI_OPTION_DAYS(&options.days, "how long it is valid (default: 730, at most until the authority's end)"),
		{ "key-type", 't', 0, G_OPTION_ARG_FILENAME, &options.type, "ecdsa or ed25519 (default: as before)", "TYPE" },
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &options.output, "write HOST.crt and HOST.key here (default: hosts/ there)",
		  "DIR" },
		PKI_OPTION_PASSWORD(&options.password_file),
		G_OPTION_ENTRY_NULL
	};
	struct issue issue = { .options = &options, .place = BATCH_REPLACE };
	int status = STATUS_USAGE;

	issue.names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	if (command_parse(command, entries, argc, argv, 1, 1, error) == 1)
		status = renew_host(&issue, argv[1], error);
	issue_clear(&issue);
	options_clear(&options);
	return status;
}
