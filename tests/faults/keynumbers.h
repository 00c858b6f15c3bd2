/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The secret numbers of a private key. */
#ifndef TESTS_FAULTS_KEYNUMBERS_H
#define TESTS_FAULTS_KEYNUMBERS_H

#include <gnutls/gnutls.h>

#define KEYNUMBERS_MAX 8

struct keynumber {
	const char *name;	/* "d", "p", "q", "scalar", "seed" */
	gnutls_datum_t value;	/* big-endian, without leading zeros */
};

/**
 * keynumbers_read - take a key file apart
 * @path: PEM
 * @numbers: filled in; values live as long as the process
 *
 * Returns how many there are, or a negative GnuTLS error.
 */
int keynumbers_read(const char *path, struct keynumber numbers[KEYNUMBERS_MAX]);

#endif
