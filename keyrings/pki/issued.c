// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Certificates that were issued; see issued.h.
 */
#include <config.h>

#include <string.h>
#include <time.h>

#include "command.h"
#include "material.h"
#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/issued.h"
#include "pki/revocation.h"
#include "status.h"

#define PKICERT_MAX (64 * 1024)

static void issued_free(void *pointer)
{
	struct issued *issued = pointer;

	gnutls_x509_crt_deinit(issued->crt);
	g_free(issued->serial);
	g_array_unref(issued->names);
	g_free(issued);
}

const char *issued_host(const struct issued *issued)
{
	return issued->names->len ? g_array_index(issued->names, struct altname, 0).text : NULL;
}

const char *issued_state(const struct issued *issued)
{
	if (issued->revoked)
		return "revoked";
	return time(NULL) >= issued->until ? "expired" : "valid";
}

/* Only this authority's own: what a stray file says is not to be believed. */
static bool belongs(gnutls_x509_crt_t crt, const struct authority *authority)
{
	gnutls_x509_crt_t anchor = authority->crt;
	unsigned int result = 0;

	return gnutls_x509_crt_check_issuer(crt, anchor) &&
	       gnutls_x509_crt_verify(crt, &anchor, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &result) == 0 && result == 0;
}

static struct issued *issued_new(gnutls_x509_crt_t crt, GHashTable *revoked)
{
	struct issued *issued = g_new0(struct issued, 1);

	issued->crt = crt;
	issued->serial = pkicert_serial(crt);
	issued->names = pkicert_names(crt);
	issued->purposes = pkicert_purposes(crt);
	issued->from = gnutls_x509_crt_get_activation_time(crt);
	issued->until = gnutls_x509_crt_get_expiration_time(crt);
	const time_t *when = g_hash_table_lookup(revoked, issued->serial);
	issued->revoked = when ? *when : 0;
	return issued;
}

static struct issued *read_one(const struct authority *authority, const char *path, GHashTable *revoked)
{
	g_autoptr(GError) failure = NULL;
	gnutls_x509_crt_t crt = NULL;
	struct secret *pem;

	if (material_read(path, MATERIAL_PUBLIC, PKICERT_MAX, &pem, &failure) != 0) {
		command_warn("%s, and is left out", failure->message);
		return NULL;
	}
	gnutls_datum_t data = { secret_data(pem), secret_length(pem) };
	int ret = gnutls_x509_crt_init(&crt);
	if (ret >= 0)
		ret = gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM);
	secret_free(pem);
	if (ret >= 0 && belongs(crt, authority))
		return issued_new(crt, revoked);
	command_warn("%s is no certificate of this authority, and is left out: put it back from a copy, or remove it", path);
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

static int by_beginning(const void *one, const void *other)
{
	const struct issued *const *a = one, *const *b = other;

	if ((*a)->from != (*b)->from)
		return (*a)->from < (*b)->from ? -1 : 1;
	return strcmp((*a)->serial, (*b)->serial);
}

int issued_read(const struct authority *authority, GPtrArray **all, GError **error)
{
	g_autofree char *folder = authority_path(authority, AUTHORITY_ISSUED);
	g_autoptr(GHashTable) revoked = revocation_times(authority->crl);
	g_autoptr(GError) failure = NULL;
	const char *name;

	*all = NULL;
	GDir *dir = g_dir_open(folder, 0, &failure);
	if (!dir)
		return status_set(error, STATUS_FILE, "%s: put it back from a copy", failure->message);
	*all = g_ptr_array_new_with_free_func(issued_free);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		/* What begins with a dot is being written, or was when the machine stopped. */
		struct issued *issued = *name != '.' && g_str_has_suffix(name, ".crt") ? read_one(authority, path, revoked) : NULL;
		if (issued)
			g_ptr_array_add(*all, issued);
	}
	g_dir_close(dir);
	g_ptr_array_sort(*all, by_beginning);
	return 0;
}

const struct issued *issued_find_host(const GPtrArray *all, const char *host)
{
	for (guint i = all->len; i > 0; i--) {
		const struct issued *issued = all->pdata[i - 1];
		if (!issued->revoked && g_strcmp0(issued_host(issued), host) == 0)
			return issued;
	}
	return NULL;
}
