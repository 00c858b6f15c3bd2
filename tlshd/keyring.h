/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's keyrings as far as the supervisor possesses them: those of requests, each held as long as a request needs
 * it, and those that the configuration names. All of them hang in our session keyring.
 */
#ifndef TLSHD_KEYRING_H
#define TLSHD_KEYRING_H

#include <keyutils.h>

#include "snapshot.h"

struct keyrings;

struct keyrings *keyrings_new(void);
void keyrings_free(struct keyrings *keyrings);

/**
 * keyrings_requested - the keyring that the last ACCEPT has linked into our process keyring
 *
 * To be asked before the process keyring is emptied again. Linux 6.12 does not name it in the request.
 * Returns its serial, 0 where there is none, -EBUSY where there is more than one, or another negative errno.
 */
key_serial_t keyrings_requested(void);

/**
 * keyrings_hold, keyrings_release - possess a request's keyring for a time
 *
 * Counted by serial: many requests come with the same keyring, and one that ends must not take it away from the others.
 * Returns 0 or a negative errno.
 */
int keyrings_hold(struct keyrings *keyrings, key_serial_t serial);
void keyrings_release(struct keyrings *keyrings, key_serial_t serial);

/**
 * keyrings_named - the keyrings that are there now of those with a name: .nvme, .nfs, .nfsd, and the configuration's
 * @snapshot: whose list counts
 * @serials: room for KEYRINGS_NAMED_MAX; the configuration's come first, in its order
 * @configured: how many of them are the configuration's
 *
 * A keyring appears when its module is loaded, so one that was not there is looked for again, but not more often than
 * once in a second. By its name only root's is found: any user can make one that is called like it. Returns how many were
 * written.
 */
unsigned int keyrings_named(struct keyrings *keyrings, const struct snapshot *snapshot, key_serial_t *serials,
			    unsigned int *configured);
#define KEYRINGS_NAMED_MAX (SNAPSHOT_KEYRINGS_MAX + 3)

/** keyrings_shortage - -EDQUOT or -ENOMEM where that keeps a keyring with a name from being used; else 0 */
int keyrings_shortage(const struct keyrings *keyrings);

#endif
