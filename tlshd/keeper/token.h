/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private keys behind URLs: in a PKCS#11 token, or elsewhere where the TLS library knows the way (a TPM).
 *
 * Modules are code of the tokens' vendors. They are loaded here and in no other process, after root was given up.
 */
#ifndef TLSHD_KEEPER_TOKEN_H
#define TLSHD_KEEPER_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "key.h"
#include "keyurl.h"
#include "pin.h"

/**
 * token_start - prepare the library, before the first token_load()
 * @system: load all modules that the system has configured (p11-kit), for URLs without module-path
 *
 * Returns 0 or -EIO with the reason in @why.
 */
int token_start(bool system, char *why, size_t room);

/**
 * token_load - the key behind a URL
 * @pin: outlives the key; the token may ask for it again while the key is in use
 * @out: the key; free with key_free()
 * @why: after an error: what is wrong and what mends it, the rest of a sentence that begins with the URL's name
 *
 * Returns 0, -ENOTSUP for a URL that this library has no way to, -ELIBACC for a module that cannot be loaded, -ENODEV
 * for no such token, -ENOKEY for no such key in it, -EACCES for the PIN, -EIO for anything else of the token, or an
 * error of key_adopt().
 */
int token_load(const struct keyurl *url, struct pin *pin, struct key **out, char *why, size_t room);

#endif
