/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Signers: one blocking thread for each worker's sign channel, so that no worker waits for another one's signature.
 */
#ifndef TLSHD_KEEPER_SIGNER_H
#define TLSHD_KEEPER_SIGNER_H

#include <stdint.h>

#include "keys.h"
#include "oracle.h"
#include "requested.h"

#define SIGNERS_MAX 1024	/* at one time, in one keeper */

/* What all signers of a keeper share; outlives them. */
struct signer_shared {
	const struct keys *keys;
	struct oracle *oracle;
	struct requested *requested;
	int supervisor;		/* for notices */
	unsigned int running;	/* signers, atomic */
	/*
	 * Both read what the supervisor has sent so far, from a signer's thread: grants() before each call is judged,
	 * catch_up() when its job is unknown all the same.
	 */
	void (*grants)(void *context);
	void (*catch_up)(void *context);
	void *context;
};

/**
 * signer_start - serve a worker's sign channel
 * @shared: outlives the channel
 * @worker: the only worker whose jobs are served here
 * @fd: the keeper's end of the channel; this function owns it from the call on, also after an error
 *
 * The thread ends, and closes @fd, when the worker's end is closed or the worker breaks the contract: a message that is
 * not a well-formed PROTO_SIGN, or one with descriptors. A call that is refused is answered and changes nothing else.
 *
 * Returns 0, -EMFILE with SIGNERS_MAX signers, or another negative errno when no thread can be had.
 */
int signer_start(struct signer_shared *shared, uint32_t worker, int fd);

#endif
