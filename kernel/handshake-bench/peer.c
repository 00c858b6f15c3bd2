// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Peers that never get to the end of their first message. A deadline that
 * begins anew with each byte would wait for them for ever.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/string.h>

#include "peer.h"
#include "sockets.h"

#define RECORD_BYTES	16384	/* the largest that a record may be */

/*
 * The beginning of a handshake record of RECORD_BYTES with a ClientHello, or
 * a ServerHello, that fills it. What comes behind it is not looked at before
 * all of it is there.
 */
static const u8 client_head[] = { 22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0xfc, 3, 3 };
static const u8 server_head[] = { 22, 3, 3, 0x40, 0, 2, 0, 0x3f, 0xfc, 3, 3 };

static_assert(sizeof(client_head) == sizeof(server_head));

static u8 next_byte(const struct slow_peer *p)
{
	/* The end that asks for a handshake is not this one. */
	const u8 *head = p->options->submits == CONSUMER_SERVER ? client_head :
								  server_head;

	return p->sent < sizeof(client_head) ? head[p->sent] : 0x5a;
}

static void slow_peer_drip(struct work_struct *work)
{
	struct slow_peer *p = container_of(to_delayed_work(work),
					   struct slow_peer, drip);
	u8 byte = next_byte(p);
	struct kvec vec = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };

	/* Never the whole record; and not on when the other end is gone. */
	if (p->sent == RECORD_BYTES ||
	    kernel_sendmsg(p->sock, &msg, &vec, 1, 1) != 1)
		return;
	p->sent++;
	queue_delayed_work(p->wq, &p->drip,
			   msecs_to_jiffies(p->options->interval_ms));
}

static void slow_peer_leave(struct work_struct *work)
{
	struct slow_peer *p = container_of(to_delayed_work(work),
					   struct slow_peer, leave);

	sockets_end(p->sock);
}

void slow_peer_start(struct slow_peer *p, struct socket *sock,
		     const struct options *options, struct workqueue_struct *wq)
{
	p->options = options;
	p->wq = wq;
	p->sock = sock;
	p->sent = 0;
	INIT_DELAYED_WORK(&p->drip, slow_peer_drip);
	INIT_DELAYED_WORK(&p->leave, slow_peer_leave);
	if (options->peer == PEER_DRIP)
		queue_delayed_work(wq, &p->drip, 0);
	if (options->hold_ms)
		queue_delayed_work(wq, &p->leave,
				   msecs_to_jiffies(options->hold_ms));
}

void slow_peer_stop(struct slow_peer *p)
{
	if (!p->sock)
		return;
	cancel_delayed_work_sync(&p->drip);
	cancel_delayed_work_sync(&p->leave);
}
