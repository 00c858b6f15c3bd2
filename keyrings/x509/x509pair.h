/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How certificates and private keys in a keyring are recognised and belong together; x509store.h
 * says what a pair is, and has the functions that find them.
 */
#ifndef KEYRINGS_X509PAIR_H
#define KEYRINGS_X509PAIR_H

#include <glib.h>

#define X509PAIR_CERTIFICATE "crt"
#define X509PAIR_KEY "key"
#define X509PAIR_GENERATION_MAX 999999

/** x509pair_description - of one of the two keys of a name; g_free() it */
char *x509pair_description(const char *name, unsigned int generation, const char *half);

/**
 * x509pair_parse - take a description apart
 * @name: g_free() it
 * @half: X509PAIR_CERTIFICATE or X509PAIR_KEY
 *
 * Returns FALSE for one that is not tlskey's.
 */
gboolean x509pair_parse(const char *description, char **name, unsigned int *generation,
			const char **half);

#endif
