/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One connection of a run: its sockets, and a consumer at each end that asks for a handshake. */
#ifndef LINK_H
#define LINK_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/net.h>
#include <linux/workqueue.h>

#include "consumer.h"
#include "payload.h"
#include "peer.h"

struct run;

struct link {
	struct run		*run;
	struct list_head	list;		/* of run->links */
	struct work_struct	open;
	struct socket		*sock[CONSUMER_SIDES];	/* under run->lock */
	bool			submits[CONSUMER_SIDES];
	struct consumer		end[CONSUMER_SIDES];
	atomic_t		running;	/* ends, and link_open() */
	struct slow_peer	peer;
	bool			stop;
	int			error;		/* no connection: a positive errno */
	bool			exchanged;	/* data: see what follows */
	struct payload_result	data[CONSUMER_SIDES];
};

/**
 * link_start - make the connection, shake hands, exchange data, and end
 * @run: has room for one more link; run_link_gone() gives it back
 * @accepted: the server's end, where the client is elsewhere; else NULL
 *
 * Return: 0, or -ENOMEM and nothing has happened
 */
int link_start(struct run *run, struct socket *accepted);

/* link_stop - with run->lock held: end soon */
void link_stop(struct link *l);

/* link_succeeded - handshakes of all our ends, and data where there was any */
bool link_succeeded(const struct link *l);

#endif
