/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A load: from the configuration to what the two images hold, in two halves with the end of root in between.
 */
#ifndef TLSHD_LOADER_LOAD_H
#define TLSHD_LOADER_LOAD_H

#include <glib.h>
#include <time.h>

#include "loader/problems.h"

struct load;

/**
 * load_read - first half, as root: read the configuration and the files that it names
 * @config: the configuration's path
 * @problems: where problems go
 *
 * Of the files only bytes are taken; private keys are not opened. Returns NULL when the configuration cannot be read or
 * understood. Free with load_free().
 */
struct load *load_read(const char *config, struct problems *problems);

/**
 * load_understand - second half, without root: parse certificates, the system's trust store and its policy
 * @kernel_ciphers: the library's names of the ciphers that kernel TLS takes, with commas in between
 * @now: the time that certificates are judged by
 *
 * problems_failed() tells whether the images may be built.
 */
void load_understand(struct load *load, const char *kernel_ciphers, time_t now);

/** load_snapshot, load_keylist - the images, for g_byte_array_unref() */
GByteArray *load_snapshot(const struct load *load);
GByteArray *load_keylist(const struct load *load);

/** load_keys - how many private keys there are */
guint32 load_keys(const struct load *load);

void load_free(struct load *load);

#endif
