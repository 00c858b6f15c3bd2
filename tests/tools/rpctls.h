/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of ONC RPC that comes before TLS: the AUTH_TLS probe of RFC 9289, 4.1, from both sides.
 */
#ifndef TESTS_TOOLS_RPCTLS_H
#define TESTS_TOOLS_RPCTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RPCTLS_MAX 64

/**
 * rpctls_call - a call of NFS version 4's procedure that does nothing, with its record mark
 * @out: room for RPCTLS_MAX bytes
 * @xid: comes back in the reply
 * @probe: with AUTH_TLS; else with AUTH_NONE, as an ordinary call
 *
 * Returns the length.
 */
size_t rpctls_call(uint8_t *out, uint32_t xid, bool probe);

/**
 * rpctls_stray - a good reply to a call that nobody has made, with its record mark
 * @out: room for RPCTLS_MAX bytes
 *
 * Returns the length.
 */
size_t rpctls_stray(uint8_t *out);

/**
 * rpctls_reply - look at what came back
 * @data, @size: received so far
 * @used: set to the length of the reply, with its record mark
 *
 * Returns 0 when more is needed, 1 for a good reply, 2 for one that agrees to STARTTLS, or -1.
 */
int rpctls_reply(const uint8_t *data, size_t size, size_t *used);

/**
 * rpctls_agree - a server's answer to a probe
 * @out: room for RPCTLS_MAX bytes
 * @data, @size: received so far
 *
 * Returns the length of the answer, 0 when more is needed, or -1 when this is no call.
 */
int rpctls_agree(uint8_t *out, const uint8_t *data, size_t size);

#endif
