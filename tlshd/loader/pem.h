/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PEM: the certificates in a file, each with the line that it begins on.
 */
#ifndef TLSHD_LOADER_PEM_H
#define TLSHD_LOADER_PEM_H

#include <glib.h>
#include <gnutls/x509.h>

#include "loader/problems.h"

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
