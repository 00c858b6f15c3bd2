/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes that nobody else may see: bounded, locked in memory, left out of core dumps and of
 * children, and wiped at the end. Nothing here prints them.
 */
#ifndef KEYRINGS_SECRET_H
#define KEYRINGS_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include <glib.h>

#define SECRET_MAX (1024 * 1024) /* bytes of one; the largest is a PKCS#12 file with its chain */

struct secret;

/**
 * secret_new - room for a secret, all zero
 * @room: bytes, 1 to SECRET_MAX
 *
 * Memory that cannot be locked (RLIMIT_MEMLOCK) is used all the same: the alternative is no key.
 * Never fails: without memory the program ends. Free with secret_free().
 */
struct secret *secret_new(size_t room);

/** secret_copy - a secret of these bytes, at least one; wiping @data is the caller's */
struct secret *secret_copy(const void *data, size_t length);

/** secret_free - wipe and free; NULL is fine */
void secret_free(struct secret *secret);

/**
 * secret_data - the bytes, as many as there is room for; behind the last one a zero always follows
 */
uint8_t *secret_data(struct secret *secret);

/** secret_length - how many bytes count; secret_set_length - say so: at most the room */
size_t secret_length(const struct secret *secret);
void secret_set_length(struct secret *secret, size_t length);

/** secret_room - how many bytes there is room for */
size_t secret_room(const struct secret *secret);

/**
 * secret_equal - do both have the same bytes? In constant time, as far as their lengths are the
 * same.
 */
gboolean secret_equal(const struct secret *one, const struct secret *other);

/*
 * secret_text - the bytes as a C string: they have none behind a zero. A view into the secret, not
 * a copy.
 */
const char *secret_text(struct secret *secret);

#endif
