/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An identity of ours: the certificate chain that we show, in order, as DER.
 */
#ifndef TLSHD_LOADER_IDENTITY_H
#define TLSHD_LOADER_IDENTITY_H

#include <glib.h>
#include <time.h>

#include "loader/problems.h"
#include "proto.h"

struct identity;

/**
 * identity_new - read a certificate chain
 * @pem: the file's contents
 * @path: its path
 * @role: what it is for; a certificate that does not fit the role is warned of
 * @now: the time that validity is judged by
 * @place: where the configuration names the file
 * @problems: where problems go
 *
 * The file may hold the chain in any order (out of order is a warning): the end entity is the certificate that issued no
 * other. Returns NULL after an error that leaves no usable chain. Free with identity_free().
 */
struct identity *identity_new(GBytes *pem, const char *path, enum proto_role role, time_t now, const struct place *place,
			      struct problems *problems);

/**
 * identity_new_pq - the same for the certificate of a post-quantum key, which has another one beside it
 *
 * A key that cannot be used here is a warning, because peers then get the other certificate.
 */
struct identity *identity_new_pq(GBytes *pem, const char *path, enum proto_role role, time_t now,
				 const struct place *place, struct problems *problems);
void identity_free(struct identity *identity);

guint32 identity_length(const struct identity *identity);
GBytes *identity_certificate(const struct identity *identity, guint32 n);	/* DER, 0 is the end entity */
GBytes *identity_spki(const struct identity *identity);				/* DER */
const char *identity_label(const struct identity *identity);

#endif
