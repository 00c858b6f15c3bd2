/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trust: the anchors that peers are verified with, as DER.
 */
#ifndef TLSHD_LOADER_TRUST_H
#define TLSHD_LOADER_TRUST_H

#include <glib.h>

#include "loader/problems.h"

struct trust;

/**
 * trust_new - the anchors of a configured file
 * @pem: the file's contents
 * @path: its path
 * @place: where the configuration names it
 *
 * A file that is empty or broken is an error: falling back on other anchors would trust peers that nobody meant to
 * trust. Free with trust_free().
 */
struct trust *trust_new(GBytes *pem, const char *path, const struct place *place, struct problems *problems);

/**
 * trust_new_url - the anchors of a PKCS#11 token
 * @url: "pkcs11:..."
 *
 * Only what a module vouches for as a source of trust (p11-kit's "trust-policy") counts, and in it only authorities that
 * are marked as trusted. A token without any is an error. Not as root: the module's code runs here.
 */
struct trust *trust_new_url(const char *url, const struct place *place, struct problems *problems);

/**
 * trust_new_system - the anchors of the system, also where they lie behind a PKCS#11 URL
 * @place: the configuration, for messages
 *
 * May load token modules. A store that is not there is a warning, and empty: then no peer is trusted.
 */
struct trust *trust_new_system(const struct place *place, struct problems *problems);

void trust_free(struct trust *trust);

guint32 trust_count(const struct trust *trust);
GBytes *trust_anchor(const struct trust *trust, guint32 n);

#endif
