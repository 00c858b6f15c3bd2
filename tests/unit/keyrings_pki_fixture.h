/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of tlskey pki share: a folder of their own, commands as a user gives them, a clock that can be set, and the eyes
 * of peers.
 */
#ifndef TESTS_KEYRINGS_PKI_FIXTURE_H
#define TESTS_KEYRINGS_PKI_FIXTURE_H

#include <glib.h>
#include <gnutls/x509.h>
#include <time.h>

#include "status.h"

#define DAY (24 * 60 * 60)

struct site {
	char *base;	/* the test's folder */
	char *folder;	/* the authority's, in it; not made yet */
	char *output;	/* what the last command printed */
	GError *error;	/* of the last command */
};

void site_setup(struct site *site, gconstpointer unused);
void site_teardown(struct site *site, gconstpointer unused);

/* tlskey pki COMMAND --directory FOLDER ARGUMENT..., up to NULL. Returns its exit status. */
int site_run(struct site *site, const char *command, ...) G_GNUC_NULL_TERMINATED;

/* The same, which has to succeed, or to fail with this status and this part in its message. */
#define site_must(site, ...) \
	do { \
		int status_ = site_run(site, __VA_ARGS__, NULL); \
		g_assert_no_error((site)->error); \
		g_assert_cmpint(status_, ==, 0); \
	} while (0)
#define site_fails(site, expected, part, ...) \
	do { \
		int status_ = site_run(site, __VA_ARGS__, NULL); \
		g_assert_cmpint(status_, ==, expected); \
		site_says(site, part); \
	} while (0)
void site_says(const struct site *site, const char *part);

/* A path below the authority's folder, or with ".." below the test's; lives as long as the program. */
const char *site_path(const struct site *site, const char *name);
char *site_read(const struct site *site, const char *name);
void site_write(const struct site *site, const char *name, const char *text);
guint site_count(const struct site *site, const char *folder);
/* The names, modes and contents of all files below the test's folder, to compare. */
char *site_state(const struct site *site);

gnutls_x509_crt_t site_certificate(const struct site *site, const char *name);
gnutls_x509_privkey_t site_key(const struct site *site, const char *name);
gnutls_x509_crl_t site_list(const struct site *site);

/* Verify as a peer: the status of GnuTLS, with the authority's revocation list. @host: NULL for none. */
unsigned int site_verify(const struct site *site, gnutls_x509_crt_t crt, const char *purpose, const char *host);
unsigned int site_verify_file(const struct site *site, const char *name, const char *purpose, const char *host);

/* Run a program; 0 for success. */
int site_spawn(const char *program, ...) G_GNUC_NULL_TERMINATED;

/* Seconds that the clock of the program and of GnuTLS is ahead. */
extern time_t site_clock;

#endif
