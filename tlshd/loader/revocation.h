/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Revocation lists of one role, as DER.
 */
#ifndef TLSHD_LOADER_REVOCATION_H
#define TLSHD_LOADER_REVOCATION_H

#include <glib.h>
#include <time.h>

#include "loader/problems.h"
#include "loader/trust.h"

struct revocation;

/**
 * revocation_new - read the revocation lists of a configured file
 * @bytes: the file's contents: PEM with one or more lists, or one list as DER
 * @path: its path
 * @trust: the anchors that the lists are verified with
 * @now: the time that they are judged by
 * @place: where the configuration names the file
 *
 * A file without a list, a list that cannot be read and one whose signature is wrong are errors. A list that is out of
 * date or cannot be verified is warned of and used: it can only refuse more peers than no list would. Free with
 * revocation_free().
 */
struct revocation *revocation_new(GBytes *bytes, const char *path, const struct trust *trust, time_t now,
				  const struct place *place, struct problems *problems);
void revocation_free(struct revocation *revocation);

/** revocation_count, revocation_list - how many, and the @n-th list; 0 for NULL */
guint32 revocation_count(const struct revocation *revocation);
GBytes *revocation_list(const struct revocation *revocation, guint32 n);

#endif
