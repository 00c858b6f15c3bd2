/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that the commands for certificates share, and how most of them begin and end.
 */
#ifndef KEYRINGS_X509OPTIONS_H
#define KEYRINGS_X509OPTIONS_H

#include <glib.h>

#include "identity.h"
#include "x509store.h"

struct x509options {
	char *certificate, *key, *pkcs12, *password;
	char *keyring;
	char *name;
	gboolean force;
	gboolean replace;
	gboolean mount_options;
	gboolean json;
};

#define X509OPTIONS_SOURCE(o) \
	{ "cert", 'c', 0, G_OPTION_ARG_FILENAME, &(o)->certificate, \
	  "certificate, PEM or DER; PEM may hold its chain, too", "FILE" }, \
	{ "key", 'K', 0, G_OPTION_ARG_FILENAME, &(o)->key, \
	  "private key, PEM or DER (default: in the certificate's file)", "FILE" }, \
	{ "pkcs12", 'p', 0, G_OPTION_ARG_FILENAME, &(o)->pkcs12, "both in one PKCS#12 file", \
	  "FILE" }, \
	{ "password-file", 'P', 0, G_OPTION_ARG_FILENAME, &(o)->password, \
	  "where the password of an encrypted key or PKCS#12 file is; \"-\" for standard input", \
	  "FILE" }, \
	{ "force", 'f', 0, G_OPTION_ARG_NONE, &(o)->force, "also what servers will refuse", NULL }
#define X509OPTIONS_KEYRING(o) \
	{ "keyring", 'k', 0, G_OPTION_ARG_FILENAME, &(o)->keyring, \
	  "keyring, by name or serial number (default: .nfs)", "KEYRING" }
#define X509OPTIONS_NAME(o) \
	{ "name", 'n', 0, G_OPTION_ARG_FILENAME, &(o)->name, \
	  "what to call it (default: the certificate's first DNS name, else its common name)", \
	  "NAME" }
#define X509OPTIONS_MOUNT_OPTIONS(o) \
	{ "mount-options", 'm', 0, G_OPTION_ARG_NONE, &(o)->mount_options, \
	  "print cert_serial=...,privkey_serial=... only", NULL }
#define X509OPTIONS_REPLACE(o, text) \
	{ "replace", 0, 0, G_OPTION_ARG_NONE, &(o)->replace, text, NULL }
#define X509OPTIONS_JSON(o) \
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &(o)->json, "print JSON", NULL }

/** x509options_keyring - the keyring's name */
const char *x509options_keyring(const struct x509options *options);

/** x509options_source - where the identity comes from; valid as long as @options */
struct identity_source x509options_source(const struct x509options *options);

/** x509options_has_source - was any option of a source given? */
gboolean x509options_has_source(const struct x509options *options);

/**
 * x509options_open - a store, and the keyring in it
 * @store: store_free() it, whatever is returned
 */
int x509options_open(const struct x509options *options, struct store **store, key_serial_t *keyring, GError **error);

/**
 * x509options_put - read the identity, check it, and put it into the keyring for good
 * @name: NULL: @options' name, or what the certificate says
 *
 * Prints what import and rotate print. Nothing is changed where it fails.
 */
int x509options_put(const struct x509options *options, const char *name, enum x509_place place, GError **error);

void x509options_clear(struct x509options *options);

#endif
