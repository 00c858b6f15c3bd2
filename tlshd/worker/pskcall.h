/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's end of the PSK channel: pre-shared keys that the supervisor reads from the kernel's keyrings, for the
 * identities that are offered to servers.
 *
 * The TLS library asks for a key inside a callback that must not return "again", so a call blocks this worker, for at
 * most the call limit. The supervisor never blocks, so that is a matter of microseconds.
 */
#ifndef TLSHD_WORKER_PSKCALL_H
#define TLSHD_WORKER_PSKCALL_H

#include <stdint.h>

#include "proto.h"

struct pskcall;

/**
 * pskcall_new - prepare the channel
 * @fd: SOCK_SEQPACKET to the supervisor, or -1 where there is none: each call fails with -EPIPE then
 * @timeout_ms: call limit
 *
 * Sets socket options that the sandbox forbids later. Returns 0 or a negative errno.
 */
int pskcall_new(int fd, uint32_t timeout_ms, struct pskcall **out);
void pskcall_free(struct pskcall *psk);

/**
 * pskcall_ask - the pre-shared key for a server's job
 * @identity, @length: what the peer offers
 * @answer: filled in on success; it holds a secret: pskcall_forget() it
 *
 * Returns 0; -ENOKEY where there is no such key; -ETIMEDOUT or -EPIPE where no answer came; or the supervisor's errno.
 */
int pskcall_ask(struct pskcall *psk, uint64_t job, const uint8_t *identity, size_t length, const struct proto_psk_key **answer);

/** pskcall_forget - wipe the last answer */
void pskcall_forget(struct pskcall *psk);

#endif
