/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Handshakes with clients that fail, or that nobody knows, from one address: after so many lines in a minute the rest is
 * counted and said in one.
 */
#ifndef TLSHD_REFUSALS_H
#define TLSHD_REFUSALS_H

#include <stdbool.h>

#include "deadline.h"

#define REFUSALS_WINDOW_MS 60000
#define REFUSALS_LINES 60		/* for one address in one window */
#define REFUSALS_ADDRESSES 1024		/* remembered at a time; those beyond share one count */

struct refusals;

struct refusals *refusals_new(struct deadlines *deadlines);

/** refusals_free - what was counted and not said yet is said now */
void refusals_free(struct refusals *refusals);

/**
 * refusals_admit - a handshake with a client failed, or the client is unknown: does it get a line of its own?
 * @peer: address and port, as from socket_peer(); IPv6 addresses of one /64 network count as one
 *
 * Where it does not, it is counted, and the count is logged when the address's window ends.
 */
bool refusals_admit(struct refusals *refusals, const char *peer);

#endif
