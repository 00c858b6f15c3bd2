/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of keyrings that the configuration names.
 */
#ifndef TLSHD_LOADER_KEYRINGLIST_H
#define TLSHD_LOADER_KEYRINGLIST_H

#include <glib.h>

#include "loader/problems.h"
#include "snapshot.h"

/**
 * keyringlist_parse - read a list of keyrings
 * @names: names and serial numbers (decimal, or hexadecimal with 0x), NULL-terminated
 * @place: where the configuration has the list
 * @problems: where problems go
 *
 * Empty parts, repetitions and the keyrings that are always served are passed over. Returns struct snapshot_keyring,
 * at most SNAPSHOT_KEYRINGS_MAX, whose names the array owns.
 */
GArray *keyringlist_parse(const char *const *names, const struct place *place, struct problems *problems);

#endif
