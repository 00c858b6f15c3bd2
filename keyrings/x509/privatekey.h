/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private keys in the form in which the kernel gets them: PKCS#8 in DER, without a passphrase. It
 * is the form that tlshd's keeper reads whatever kind the key is of.
 */
#ifndef KEYRINGS_PRIVATEKEY_H
#define KEYRINGS_PRIVATEKEY_H

#include <stddef.h>

#include <gnutls/pkcs12.h>
#include <gnutls/x509.h>

#include "secret.h"

/**
 * privatekey_read - read a private key
 * @data, @size: PEM or DER, of PKCS#8 or the traditional RSA or EC form; PEM may have other things
 * beside it
 * @name: where it comes from, for messages
 * @password: of an encrypted one; NULL where there is none
 * @key: secret_free() it
 *
 * Returns 0, or STATUS_INPUT with @error set.
 */
int privatekey_read(const void *data, size_t size, const char *name, const char *password,
		    struct secret **key, GError **error);

/** privatekey_export - PKCS#8 of a key that the library has; returns as privatekey_read() */
int privatekey_export(gnutls_x509_privkey_t private, const char *name, struct secret **key,
		      GError **error);

/**
 * privatekey_check - will tlshd sign with it?
 * @der: as the kernel has it
 * @name: where it comes from, for messages
 * @trial: make a signature with it, and verify that
 * @spki: its SubjectPublicKeyInfo, DER; g_bytes_unref() it
 *
 * The code is that of tlshd's own keeper. Returns 0, or STATUS_INPUT with @error set.
 */
int privatekey_check(struct secret *der, const char *name, gboolean trial, GBytes **spki,
		     GError **error);

#endif
