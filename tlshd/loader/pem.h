/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PEM: the certificates in a file, each with the line that it begins on.
 */
#ifndef TLSHD_LOADER_PEM_H
#define TLSHD_LOADER_PEM_H

#include <glib.h>
#include <gnutls/x509.h>
#include <stdbool.h>

#include "loader/problems.h"

/* One block of a file. */
struct pem_block {
	const char *start;	/* of the BEGIN line */
	size_t size;		/* to the end of the END line; 0: there is none */
	const char *label;
	size_t label_length;
	unsigned int line;	/* of the BEGIN line */
};

/* A walk through a file's blocks. */
struct pem_walk {
	const char *at, *end;
	unsigned int line;
};

/** pem_walk - begin a walk; the bytes outlive it */
struct pem_walk pem_walk(GBytes *bytes);

/** pem_next - the next block; false when there is no more */
bool pem_next(struct pem_walk *walk, struct pem_block *block);

/** pem_is - is it a block of this label? */
bool pem_is(const struct pem_block *block, const char *label);

/** pem_looks_like_der - does the file begin as DER does? */
bool pem_looks_like_der(GBytes *bytes);

struct pem_certificate {
	gnutls_x509_crt_t crt;
	unsigned int line;
};

/**
 * pem_certificates - parse all certificates of a file
 * @bytes: the file's contents
 * @path: its path, for messages
 * @place: where the configuration names it
 *
 * Blocks that are no certificates (a key, parameters) and text between blocks are passed over; a broken certificate is an
 * error with its line, and so is a file that holds no certificate. Returns struct pem_certificate, which the array owns;
 * what could be read is there even after an error.
 */
GArray *pem_certificates(GBytes *bytes, const char *path, const struct place *place, struct problems *problems);

#endif
