// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection. It is counted: one for each consumer that is started, and one for
 * link_open() itself; whoever gives back the last one finishes the link.
 */
#include <linux/kernel.h>
#include <linux/slab.h>

#include "link.h"
#include "run.h"
#include "sockets.h"

/*
 * From here on link_stop() finds the socket: what waits for it, connect() for
 * example, ends then. One that comes after link_stop() is not used.
 */
static int link_keep(struct link *l, enum consumer_side side,
		     struct socket *sock)
{
	int ret;

	mutex_lock(&l->run->lock);
	l->sock[side] = sock;
	ret = l->stop ? -ECANCELED : 0;
	mutex_unlock(&l->run->lock);
	return ret;
}

static int link_connect(struct link *l)
{
	struct run *run = l->run;
	bool udp = run->options.transport == TRANSPORT_UDP;
	struct socket *sock;
	int ret;

	ret = sockets_create(run->net[CONSUMER_CLIENT], run->address.ss_family,
			     udp ? SOCK_DGRAM : SOCK_STREAM, &sock);
	if (ret)
		return ret;
	ret = link_keep(l, CONSUMER_CLIENT, sock);
	if (ret)
		return ret;
	/* With UDP the server's end has no port before it exists. */
	if (udp && run->options.role == ROLE_BOTH)
		return 0;
	return sockets_connect(sock, &run->address);
}

static int link_answer(struct link *l)
{
	struct socket *client = l->sock[CONSUMER_CLIENT], *sock;
	struct run *run = l->run;
	int ret;

	if (run->options.transport == TRANSPORT_UDP)
		ret = sockets_udp_peer(run->net[CONSUMER_SERVER], &run->address,
				       client, &sock);
	else
		ret = sockets_accept_from(run->listener, client, &sock);
	return ret ?: link_keep(l, CONSUMER_SERVER, sock);
}

static int link_make_sockets(struct link *l)
{
	struct run *run = l->run;
	int ret;

	switch (run->options.role) {
	case ROLE_CLIENT:
		return link_connect(l);
	case ROLE_SERVER:
		return 0;	/* it came with one */
	default:
		/* The next that is accepted is the one that has connected. */
		mutex_lock(&run->accepting);
		ret = link_connect(l);
		if (!ret)
			ret = link_answer(l);
		mutex_unlock(&run->accepting);
		return ret;
	}
}

bool link_succeeded(const struct link *l)
{
	int side;

	if (l->error)
		return false;
	for (side = 0; side < CONSUMER_SIDES; side++) {
		if (l->submits[side] && !consumer_succeeded(&l->end[side]))
			return false;
		if (l->exchanged && l->sock[side] &&
		    (l->data[side].error || l->data[side].mismatches))
			return false;
	}
	return true;
}

/*
 * All is over. An end that has succeeded says close_notify and is just closed;
 * what it has sent still arrives. One that has failed was shut down already.
 */
static void link_finish(struct link *l)
{
	const struct options *o = &l->run->options;
	struct run *run = l->run;
	int side;

	slow_peer_stop(&l->peer);
	if (o->data && link_succeeded(l)) {
		payload_exchange(l->sock, o->data, o->corrupt, o->data_ms,
				 &l->stop, l->data);
		l->exchanged = true;
	}
	run_take(run, l);
	for (side = 0; side < CONSUMER_SIDES; side++) {
		if (l->sock[side] && l->submits[side] &&
		    consumer_succeeded(&l->end[side]))
			tls_handshake_close(l->sock[side]);
		else if (l->sock[side])
			sockets_end(l->sock[side]);
		sockets_put(l->sock[side]);
	}
	kfree(l);
	run_link_gone(run);
}

static void link_put(struct link *l)
{
	if (atomic_dec_and_test(&l->running))
		link_finish(l);
}

/* One end is over. The other one need not wait for its deadline to know. */
static void link_end_over(struct consumer *c)
{
	struct link *l = container_of(c, struct link, end[c->side]);

	if (!consumer_succeeded(c))
		sockets_end(c->sock);
	link_put(l);
}

static void link_open(struct work_struct *work)
{
	struct link *l = container_of(work, struct link, open);
	const struct options *o = &l->run->options;
	int side, ret;

	ret = link_make_sockets(l);
	if (ret) {
		l->error = -ret;
		link_put(l);
		return;
	}
	for (side = 0; side < CONSUMER_SIDES; side++) {
		if (!l->sock[side])
			continue;
		if (o->peer != PEER_HANDSHAKE && side != o->submits) {
			slow_peer_start(&l->peer, l->sock[side], o, l->run->wq);
			continue;
		}
		l->submits[side] = true;
	}
	/* The server first: its agent may then be there when the client speaks. */
	for (side = CONSUMER_SIDES - 1; side >= 0; side--) {
		if (l->submits[side]) {
			atomic_inc(&l->running);
			consumer_start(&l->end[side], l->sock[side]);
		}
	}
	link_put(l);
}

int link_start(struct run *run, struct socket *accepted)
{
	struct link *l = kzalloc(sizeof(*l), GFP_KERNEL);
	int side;

	if (!l)
		return -ENOMEM;
	l->run = run;
	atomic_set(&l->running, 1);
	INIT_WORK(&l->open, link_open);
	l->sock[CONSUMER_SERVER] = accepted;
	for (side = 0; side < CONSUMER_SIDES; side++)
		consumer_init(&l->end[side], &run->options.consumer, run->wq,
			      side, link_end_over);
	mutex_lock(&run->lock);
	list_add_tail(&l->list, &run->links);
	l->stop = run->stop;
	mutex_unlock(&run->lock);
	queue_work(run->wq, &l->open);
	return 0;
}

/* A consumer that was not started ends at once when it is. */
void link_stop(struct link *l)
{
	int side;

	lockdep_assert_held(&l->run->lock);
	WRITE_ONCE(l->stop, true);
	for (side = 0; side < CONSUMER_SIDES; side++) {
		consumer_cancel(&l->end[side]);
		if (l->sock[side])
			sockets_end(l->sock[side]);
	}
}
