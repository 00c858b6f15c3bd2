/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A slow peer: the plain end of a connection whose other end waits for a handshake. */
#ifndef PEER_H
#define PEER_H

#include <linux/net.h>
#include <linux/workqueue.h>

#include "options.h"

struct slow_peer {
	const struct options	*options;
	struct workqueue_struct	*wq;
	struct socket		*sock;
	unsigned int		sent;
	struct delayed_work	drip;
	struct delayed_work	leave;
};

/**
 * slow_peer_start - from now on it is silent, or drips
 * @p: lives until slow_peer_stop() has returned
 * @sock: a plain, connected TCP socket
 * @options: which peer, how slow, and when it leaves
 */
void slow_peer_start(struct slow_peer *p, struct socket *sock,
		     const struct options *options,
		     struct workqueue_struct *wq);

/* slow_peer_stop - nothing of it runs afterwards; also for one not started */
void slow_peer_stop(struct slow_peer *p);

#endif
