/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loader's tests share: certificates made on the spot, files in a folder of their own, and the lines that the
 * loader says.
 */
#ifndef TESTS_LOADER_FIXTURE_H
#define TESTS_LOADER_FIXTURE_H

#include <glib.h>
#include <gnutls/x509.h>
#include <time.h>

#include "loader/problems.h"

/* A certificate to be made; what is zero is left at a sensible default. */
struct wish {
	const char *subject;		/* "CN=host.example" */
	const struct made *issuer;	/* NULL: self-signed */
	gnutls_pk_algorithm_t algorithm; /* default: ECDSA */
	unsigned int bits;		/* default: P-256, RSA 2048 */
	bool authority;
	bool nameless;			/* no subjectAltName */
	const char *name;		/* the DNS name there; default: host.example */
	time_t from, until;		/* seconds from now; default: one hour ago, one year ahead */
	unsigned int usage;		/* GNUTLS_KEY_...; default: digitalSignature */
	const char *purpose;		/* default: none, that is all */
	gnutls_digest_algorithm_t digest; /* default: SHA-256 */
};

struct made {
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
};

struct made *made_new(const struct wish *wish);
void made_free(struct made *made);
char *made_certificate_pem(const struct made *made);
char *made_key_pem(const struct made *made);
/*
 * A revocation list of @made's with one certificate, or none (NULL), from and until seconds from now; until 0: it does
 * not say when the next one comes.
 */
char *made_crl_pem(const struct made *made, const struct made *revoked, long from, long until);

/* A folder for one test, 0700. */
struct folder {
	char *path;
};

struct folder *folder_new(void);
void folder_free(struct folder *folder);
/* Write a file; several texts (up to NULL) are written behind each other. Returns its path, which lives as the folder. */
const char *folder_write(struct folder *folder, const char *name, const char *text, ...) G_GNUC_NULL_TERMINATED;

/* What was said: each line begins with "E " or "W ". */
struct ear {
	int channel;		/* the loader's side */
	int side;		/* ours */
	GPtrArray *lines;
};

struct ear *ear_new(void);
void ear_free(struct ear *ear);
/* Take in all that was said so far. */
void ear_listen(struct ear *ear);
bool ear_heard(const struct ear *ear, const char *part);
/* Assert that a line with this part was said, and forget it; when one is missing all lines are shown. */
void ear_expect(struct ear *ear, const char *part);
/* Assert that nothing else was said. */
void ear_expect_silence(const struct ear *ear);

/* One run of the loader program. */
struct run {
	int status;		/* exit status; -1: killed */
	int snapshot, keylist;	/* -1 where none came */
	guint keys;
	gint64 cpu_us;		/* user and system: what a busy machine does not change */
};

void run_loader(struct run *run, struct ear *ear, const char *config, const char *kernel_ciphers);
void run_clear(struct run *run);

#define KERNEL_CIPHERS "AES-128-GCM,AES-256-GCM,CHACHA20-POLY1305,AES-128-CCM"

#endif
