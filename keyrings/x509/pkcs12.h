/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PKCS#12 files (RFC 7292): one private key, its certificate, and those above it.
 */
#ifndef KEYRINGS_PKCS12_H
#define KEYRINGS_PKCS12_H

#include <stddef.h>

#include "secret.h"

/**
 * pkcs12_open - take such a file apart
 * @data, @size: the file, DER or PEM
 * @name: of the file, for messages
 * @password: NULL where there is none
 * @certificates: GBytes, DER, the one of the key first where the file says which that is;
 * g_ptr_array_unref() it
 * @key: PKCS#8, DER; secret_free() it
 *
 * Returns 0, or STATUS_INPUT with @error set and nothing handed out. The file's MAC is checked
 * where it has one.
 */
int pkcs12_open(const void *data, size_t size, const char *name, const char *password,
		GPtrArray **certificates, struct secret **key, GError **error);

#endif
