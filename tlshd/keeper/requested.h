/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private keys that requests name: keys of the kernel, each for one job. All functions may be called from any thread.
 */
#ifndef TLSHD_KEEPER_REQUESTED_H
#define TLSHD_KEEPER_REQUESTED_H

#include <keyutils.h>
#include <stdbool.h>

#include "key.h"

struct requested;

struct requested *requested_new(void);

/**
 * requested_load - read and parse a kernel's key, for a job
 * @serial: in our possession until the return
 * @spki, @size: after 0: its public half; valid until requested_drop()
 * @why: after an error: what is wrong, the rest of a sentence
 * @room: bytes of @why
 *
 * Returns 0; -EEXIST where the job has one already; -EKEYREJECTED for what is no private key that TLS 1.3 or our limits
 * allow; -ENOKEY, -EKEYREVOKED or -EKEYEXPIRED; or another negative errno.
 */
int requested_load(struct requested *requested, uint64_t job, key_serial_t serial, const uint8_t **spki, size_t *size,
		   char *why, size_t room);

/** requested_take - the job's key; NULL where it has none. requested_put() has to follow. */
const struct key *requested_take(struct requested *requested, uint64_t job);
void requested_put(struct requested *requested, const struct key *key);

/** requested_drop - the job has ended; the key is wiped when nobody signs with it any more. Returns whether there was one. */
bool requested_drop(struct requested *requested, uint64_t job);

#endif
