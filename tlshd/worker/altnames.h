/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A certificate's subjectAltName, read in one pass and with a limit.
 *
 * Reading the names one by one, or very many of them, takes the library time that grows with the square of their
 * number, and a peer chooses that number before it has proved anything.
 */
#ifndef TLSHD_WORKER_ALTNAMES_H
#define TLSHD_WORKER_ALTNAMES_H

#include <gnutls/x509.h>
#include <gnutls/x509-ext.h>

#define ALTNAMES_MAX 16384	/* bytes of the extension */

/**
 * altnames_read - read all names
 * @certificate: any certificate
 * @names: free with gnutls_subject_alt_names_deinit()
 *
 * Returns 0, -ENOENT where there are none, -E2BIG over ALTNAMES_MAX, -ENOMEM, or -EBADMSG.
 */
int altnames_read(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t *names);

#endif
