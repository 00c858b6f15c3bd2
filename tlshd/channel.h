/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's end of a channel to a child, on the main loop. Nothing here ever waits: what the child does not take
 * now is either refused (messages with a descriptor) or queued within a bound.
 */
#ifndef TLSHD_CHANNEL_H
#define TLSHD_CHANNEL_H

#include "proto.h"

struct channel;

/*
 * A message that passed proto_check(). @fds holds @nfds descriptors or -1, now the callee's. The callee may free the
 * channel.
 */
typedef void (*channel_message_fn)(void *user, const union proto_message *message, int *fds);

/* The channel is of no more use: -EPIPE for its end, -EBADMSG for a broken contract, or another errno. Called once. */
typedef void (*channel_broken_fn)(void *user, int error);

/**
 * channel_pair - a new channel
 * @out: our end
 * @theirs: the child's end, to be closed by the caller once the child has it
 * @nfds: how many descriptors the child may send with a message; 0 gives it no room for any
 *
 * Returns 0 or a negative errno.
 */
int channel_pair(struct channel **out, int *theirs, unsigned int nfds, channel_message_fn on_message,
		 channel_broken_fn on_broken, void *user);

/**
 * channel_try - send now or not at all
 *
 * Returns 0, -EAGAIN where the child is behind (or something is queued), -ETOOMANYREFS, or another negative errno.
 */
int channel_try(struct channel *channel, const union proto_message *message, const int *fds, unsigned int nfds);

/**
 * channel_post - send now or queue
 *
 * Returns 0, 1 where it was queued, -EOVERFLOW when CHANNEL_QUEUE_MAX messages wait (the child is to be killed), or -EPIPE.
 */
int channel_post(struct channel *channel, const union proto_message *message);
#define CHANNEL_QUEUE_MAX 8192

/**
 * channel_drain - take all that has come, now
 *
 * For the moment when the child is known to have ended: what it said last is not lost. Callbacks come as ever.
 */
void channel_drain(struct channel *channel);

/** channel_free - close our end; no callback comes any more. NULL is fine. */
void channel_free(struct channel *channel);

#endif
