/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The private keys of one generation, in the order of its key list.
 */
#ifndef TLSHD_KEEPER_KEYS_H
#define TLSHD_KEEPER_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "key.h"
#include "snapshot.h"

struct keys;

/**
 * keys_open - open the files of all keys, and of all PINs, and judge owner and mode, as root; nothing is read
 * @list: where the keys are; not needed any more after the call
 * @channel: to the supervisor, for warnings and reasons
 * @out: the keys; free with keys_free()
 *
 * Every file is looked at, so that all that has to be mended is said at once.
 * Returns 0 or the first error, negative errno, already reported.
 */
int keys_open(const struct keylist *list, int channel, struct keys **out);

/**
 * keys_load - read, parse and try all keys, those in tokens with their vendors' modules; no longer as root
 *
 * Returns 0 or the first error, negative errno, already reported.
 */
int keys_load(struct keys *keys, int channel);

/** keys_announce - send PROTO_KEY for each key, then PROTO_KEEPER_READY; returns 0 or a negative errno */
int keys_announce(const struct keys *keys, int channel);

/** keys_in_tokens - is one of them behind a URL? */
bool keys_in_tokens(const struct keys *keys);

/** keys_count - how many there are */
uint32_t keys_count(const struct keys *keys);

/** keys_get - key @index, below keys_count() */
const struct key *keys_get(const struct keys *keys, uint32_t index);

/** keys_name - "private key /etc/tlshd/key.pem (/etc/tlshd/config:12)", for messages; of a URL what is not secret */
const char *keys_name(const struct keys *keys, uint32_t index);

/** keys_free - wipe and free; NULL is fine */
void keys_free(struct keys *keys);

#endif
