/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the TLS library answered, for a person.
 */
#ifndef KEYRINGS_PKI_TLSFAULT_H
#define KEYRINGS_PKI_TLSFAULT_H

#include <glib.h>

/**
 * tlsfault_set - set an error for a call of GnuTLS that failed
 * @code: the library's, negative
 * @format: what could not be done; the library's reason is put behind it
 *
 * For what neither the command line nor a file is to blame for: returns STATUS_FAILURE.
 */
int tlsfault_set(GError **error, int code, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
