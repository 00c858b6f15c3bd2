/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Keys: the private keys of one generation, by place. The loader never opens them; the keeper does.
 */
#ifndef TLSHD_LOADER_KEYS_H
#define TLSHD_LOADER_KEYS_H

#include <glib.h>

struct keys;

struct keys *keys_new(void);
void keys_free(struct keys *keys);

/**
 * keys_add - the number of the key in @source, which is added unless it is already there
 * @source: absolute path
 * @origin: where the configuration names it, "/etc/tlshd/config:12"
 */
guint32 keys_add(struct keys *keys, const char *source, const char *origin);

guint32 keys_count(const struct keys *keys);
const char *keys_source(const struct keys *keys, guint32 key);
const char *keys_origin(const struct keys *keys, guint32 key);

#endif
