/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How large a record the peer takes. The TLS library knows it but does not tell; the kernel, which will make the
 * records, has to be told (RFC 8449, 4; RFC 6066, 4).
 */
#ifndef TLSHD_WORKER_RECORDLIMIT_H
#define TLSHD_WORKER_RECORDLIMIT_H

#include <gnutls/gnutls.h>
#include <stdbool.h>

#define RECORDLIMIT_NONE 16384	/* bytes of content in a record where nothing smaller is asked for (RFC 8446, 5.1) */

/**
 * recordlimit_read - bytes of content that a record to this peer may have
 * @message: body of a ClientHello or of EncryptedExtensions
 *
 * A malformed message gives RECORDLIMIT_NONE: the library refuses it by itself.
 */
unsigned int recordlimit_read(const gnutls_datum_t *message, bool client_hello);

#endif
