// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Using an authority; see authority.h.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "command.h"
#include "material.h"
#include "pki/authority.h"
#include "pki/pkicert.h"
#include "pki/keypair.h"
#include "pki/revocation.h"
#include "pki/tlsfault.h"
#include "status.h"

#define KEY_ID_MAX 64

/* What the library says of a list for its age alone; what is in it counts here all the same. */
#define LIST_AGE (GNUTLS_CERT_INVALID | GNUTLS_CERT_REVOCATION_DATA_SUPERSEDED | GNUTLS_CERT_REVOCATION_DATA_ISSUED_IN_FUTURE)

char *authority_path(const struct authority *authority, const char *name)
{
	return g_build_filename(authority->folder, name, NULL);
}

void authority_free(struct authority *authority)
{
	if (!authority)
		return;
	if (authority->crt)
		gnutls_x509_crt_deinit(authority->crt);
	if (authority->crl)
		gnutls_x509_crl_deinit(authority->crl);
	if (authority->key)
		gnutls_x509_privkey_deinit(authority->key);
	/* The lock goes with it. */
	if (authority->lock >= 0)
		close(authority->lock);
	g_free(authority->folder);
	g_free(authority);
}

/* Whether there is one, only who may enter the folder can know: nobody else shall make another. @number: of errno */
static int refuse(const struct authority *authority, int number, const char *missing, GError **error)
{
	if (number == ENOENT)
		return status_set(error, STATUS_FILE, "there is no authority in %s (no %s): make one with `tlskey pki init`, or name "
				  "its folder with --directory", authority->folder, missing);
	if (number == EACCES || number == EPERM)
		return status_set(error, STATUS_FILE, "%s cannot be entered (%s): run this as its owner", authority->folder,
				  strerror(number));
	return status_set(error, STATUS_FILE, "%s cannot be entered (%s): name the authority's folder with --directory",
			  authority->folder, strerror(number));
}

static int lock(struct authority *authority, int operation, GError **error)
{
	authority->lock = open(authority->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (authority->lock < 0)
		return refuse(authority, errno, "such folder", error);
	if (flock(authority->lock, operation | LOCK_NB) == 0)
		return 0;
	if (errno == EWOULDBLOCK) {
		command_warn("another program works in %s; waiting for it", authority->folder);
		while (flock(authority->lock, operation) < 0) {
			if (errno != EINTR)
				break;
		}
	}
	if (flock(authority->lock, operation | LOCK_NB) == 0)
		return 0;
	return status_set(error, STATUS_FILE, "cannot lock %s: %s", authority->folder, strerror(errno));
}

static int read_certificate(struct authority *authority, GError **error)
{
	g_autofree char *path = authority_path(authority, AUTHORITY_CERTIFICATE);
	struct secret *pem;

	if (faccessat(AT_FDCWD, path, F_OK, AT_EACCESS) < 0)
		return refuse(authority, errno, AUTHORITY_CERTIFICATE, error);
	int status = material_read(path, MATERIAL_PUBLIC, AUTHORITY_FILE_MAX, &pem, error);
	if (status != 0)
		return status;
	gnutls_datum_t data = { secret_data(pem), secret_length(pem) };
	int ret = gnutls_x509_crt_init(&authority->crt);
	if (ret >= 0)
		ret = gnutls_x509_crt_import(authority->crt, &data, GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		status = status_set(error, STATUS_INPUT, "%s is no certificate in PEM (%s): put it back from a copy", path,
				    gnutls_strerror(ret));
	secret_free(pem);
	return status;
}

static int read_list(struct authority *authority, enum authority_use use, GError **error)
{
	g_autofree char *path = authority_path(authority, AUTHORITY_LIST);
	struct secret *pem;
	unsigned int result = 0;

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		if (use == AUTHORITY_LISTLESS)
			return 0;
		return status_set(error, STATUS_FILE, "%s is missing, and with it what was revoked: put it back from a copy (x509.crl of "
				  "a host names one); `tlskey pki crl --empty` begins anew, with nothing revoked", path);
	}
	int status = material_read(path, MATERIAL_PUBLIC, AUTHORITY_FILE_MAX, &pem, error);
	if (status != 0)
		return status;
	gnutls_datum_t data = { secret_data(pem), secret_length(pem) };
	int ret = gnutls_x509_crl_init(&authority->crl);
	if (ret >= 0)
		ret = gnutls_x509_crl_import(authority->crl, &data, GNUTLS_X509_FMT_PEM);
	if (ret < 0)
		status = status_set(error, STATUS_INPUT, "%s is no revocation list in PEM (%s): put it back from a copy", path,
				    gnutls_strerror(ret));
	else if (gnutls_x509_crl_verify(authority->crl, &authority->crt, 1, GNUTLS_VERIFY_DISABLE_TIME_CHECKS, &result) < 0 ||
		 result & ~LIST_AGE)
		status = status_set(error, STATUS_INPUT, "%s was not signed by the authority of %s: put it back from a copy", path,
				    AUTHORITY_CERTIFICATE);
	secret_free(pem);
	return status;
}

/* A certificate of one authority with the key of another would sign what no peer accepts. */
static gboolean fits(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	unsigned char one[KEY_ID_MAX], other[KEY_ID_MAX];
	size_t size = sizeof(one), other_size = sizeof(other);

	return gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, one, &size) == 0 &&
	       gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, other, &other_size) == 0 && size == other_size &&
	       memcmp(one, other, size) == 0;
}

static int read_key(struct authority *authority, const char *password_file, GError **error)
{
	g_autofree char *path = authority_path(authority, AUTHORITY_KEY);
	struct secret *pem = NULL, *password = NULL;
	int status = keypair_password(password_file, &password, error);

	if (status == 0)
		status = material_read(path, MATERIAL_PRIVATE, AUTHORITY_FILE_MAX, &pem, error);
	if (status == 0)
		status = keypair_import(pem, password, path, &authority->key, error);
	if (status == 0 && !fits(authority->crt, authority->key))
		status = status_set(error, STATUS_INPUT, "%s is not the key of the certificate beside it: put both back from a copy",
				    path);
	secret_free(pem);
	secret_free(password);
	return status;
}

static int check_dates(struct authority *authority, GError **error)
{
	time_t now = time(NULL), from = gnutls_x509_crt_get_activation_time(authority->crt);
	time_t until = gnutls_x509_crt_get_expiration_time(authority->crt);
	g_autofree char *date = pkicert_time(now < from ? from : until);

	if (now < from)
		return status_set(error, STATUS_EXPIRED, "the authority in %s is valid from %s on: set this machine's clock",
				  authority->folder, date);
	if (now >= until)
		return status_set(error, STATUS_EXPIRED, "the authority in %s expired on %s, and its certificates with it: make another "
				  "one (`tlskey pki init` in another folder), and give all hosts certificates of that", authority->folder,
				  date);
	return 0;
}

int authority_open(const char *folder, enum authority_use use, const char *password_file, struct authority **opened,
		   GError **error)
{
	struct authority *authority = g_new0(struct authority, 1);

	authority->folder = g_canonicalize_filename(folder, NULL);
	authority->lock = -1;
	int status = lock(authority, use == AUTHORITY_READ ? LOCK_SH : LOCK_EX, error);
	if (status == 0)
		status = read_certificate(authority, error);
	if (status == 0)
		status = read_list(authority, use, error);
	if (status == 0 && use != AUTHORITY_READ)
		status = check_dates(authority, error);
	if (status == 0 && use != AUTHORITY_READ)
		status = read_key(authority, password_file, error);
	if (status != 0)
		g_clear_pointer(&authority, authority_free);
	*opened = authority;
	return status;
}

int authority_publish(struct authority *authority, gnutls_x509_crl_t crl, GError **error)
{
	g_autofree char *path = authority_path(authority, AUTHORITY_LIST), *pem = revocation_pem(crl);
	struct batch *batch = batch_new();

	if (authority->crl)
		gnutls_x509_crl_deinit(authority->crl);
	authority->crl = crl;
	int status = batch_add(batch, path, BATCH_REPLACE, 0644, pem, strlen(pem), error);
	if (status == 0)
		status = batch_commit(batch, error);
	batch_free(batch);
	return status;
}
