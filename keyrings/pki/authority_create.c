// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making an authority; see authority.h. All of it is written into a folder beside, which then gets the name.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/authority.h"
#include "pki/pkicert.h"
#include "pki/keypair.h"
#include "pki/revocation.h"
#include "status.h"

/* The texts of the new folder's files */
struct content {
	char *crt;
	char *crl;
	struct secret *key;
};

static void content_clear(struct content *content)
{
	g_free(content->crt);
	g_free(content->crl);
	secret_free(content->key);
}

static int make_content(const struct authority_wish *wish, struct content *content, GError **error)
{
	gnutls_x509_privkey_t key = keypair_generate(wish->type, error);
	gnutls_x509_crt_t crt = NULL;
	gnutls_x509_crl_t crl = NULL;
	int status = STATUS_FAILURE;

	if (key)
		crt = pkicert_self_signed(key, wish->name, wish->days, wish->constraints, error);
	/* An empty list, so that configurations can name it from the beginning. */
	if (crt)
		crl = revocation_make(crt, key, NULL, NULL, wish->list_days, error);
	if (crl)
		status = keypair_export(key, wish->password, &content->key, error);
	if (status == 0) {
		content->crt = pkicert_pem(crt);
		content->crl = revocation_pem(crl);
		gnutls_x509_crl_deinit(crl);
	} else if (crl) {
		gnutls_x509_crl_deinit(crl);
	}
	if (crt)
		gnutls_x509_crt_deinit(crt);
	if (key)
		gnutls_x509_privkey_deinit(key);
	return status;
}

static int write_content(const char *folder, const struct content *content, GError **error)
{
	g_autofree char *crt = g_build_filename(folder, AUTHORITY_CERTIFICATE, NULL);
	g_autofree char *crl = g_build_filename(folder, AUTHORITY_LIST, NULL);
	g_autofree char *key = g_build_filename(folder, AUTHORITY_KEY, NULL);
	g_autofree char *issued = g_build_filename(folder, AUTHORITY_ISSUED, NULL);
	g_autofree char *hosts = g_build_filename(folder, AUTHORITY_HOSTS, NULL);
	struct batch *batch = batch_new();
	int status = 0;

	if (mkdir(issued, 0700) < 0 || mkdir(hosts, 0700) < 0)
		status = status_set(error, STATUS_FILE, "cannot make a folder in %s: %s", folder, strerror(errno));
	if (status == 0)
		status = batch_add(batch, key, BATCH_NEW, 0600, secret_data(content->key), secret_length(content->key), error);
	if (status == 0)
		status = batch_add(batch, crt, BATCH_NEW, 0644, content->crt, strlen(content->crt), error);
	if (status == 0)
		status = batch_add(batch, crl, BATCH_NEW, 0644, content->crl, strlen(content->crl), error);
	if (status == 0)
		status = batch_commit(batch, error);
	batch_free(batch);
	return status;
}

static void remove_folder(const char *folder)
{
	static const char *const names[] = {
		AUTHORITY_KEY, AUTHORITY_CERTIFICATE, AUTHORITY_LIST, AUTHORITY_ISSUED, AUTHORITY_HOSTS, "",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(folder, names[i], NULL);
		remove(path);
	}
}

static int fail(const char *folder, int number, GError **error)
{
	if (number == ENOTEMPTY || number == EEXIST || number == ENOTDIR)
		return status_set(error, STATUS_EXISTS, "%s exists already, and is left as it is: name another folder with --directory, "
				  "or move it away if its certificates are in use nowhere", folder);
	return status_set(error, STATUS_FILE, "cannot make %s: %s%s", folder, strerror(number),
			  number == ENOENT ? " (the folder above it has to be made first)" : "");
}

/* rename() takes the place of an empty folder, and of nothing else. */
static gboolean is_taken(const char *folder)
{
	struct stat st;

	if (lstat(folder, &st) < 0)
		return FALSE;
	if (!S_ISDIR(st.st_mode))
		return TRUE;
	GDir *dir = g_dir_open(folder, 0, NULL);
	gboolean taken = !dir || g_dir_read_name(dir) != NULL;
	if (dir)
		g_dir_close(dir);
	return taken;
}

/* The new name is on the disk before anybody relies on it. */
static void sync_above(const char *above)
{
	int fd = open(above, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)fsync(fd);
	close(fd);
}

int authority_create(const struct authority_wish *wish, GError **error)
{
	g_autofree char *folder = g_canonicalize_filename(wish->folder, NULL), *above = g_path_get_dirname(folder);
	g_autofree char *part = g_build_filename(above, ".tlskey-XXXXXX", NULL);
	struct content content = { 0 };

	/* rename() decides below; here it spares the work, and says so even where nothing can be written. */
	if (is_taken(folder))
		return fail(folder, EEXIST, error);
	if (!mkdtemp(part))	/* mode 0700 */
		return fail(folder, errno, error);
	int status = make_content(wish, &content, error);
	if (status == 0)
		status = write_content(part, &content, error);
	if (status == 0 && rename(part, folder) < 0)
		status = fail(folder, errno, error);
	if (status == 0)
		sync_above(above);
	else
		remove_folder(part);
	content_clear(&content);
	return status;
}
