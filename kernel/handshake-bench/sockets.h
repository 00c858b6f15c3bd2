/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sockets as a consumer needs them. All have a struct file and are given back
 * with sockets_put(); each function returns 0 or a negative errno.
 */
#ifndef SOCKETS_H
#define SOCKETS_H

#include <linux/net.h>
#include <linux/socket.h>
#include <net/net_namespace.h>

/* For a connect() or an accept() that does not come to an end. */
#define SOCKETS_CONNECT_MS	10000

int sockets_create(struct net *net, int family, int type,
		   struct socket **result);

/* sockets_listen - @address gets the port where it has none */
int sockets_listen(struct net *net, struct sockaddr_storage *address,
		   struct socket **result);

int sockets_connect(struct socket *sock, const struct sockaddr_storage *address);

/* sockets_accept - the next one that comes to @listener */
int sockets_accept(struct socket *listener, struct socket **result);

/* sockets_accept_from - the one whose other end is @peer; others are dropped */
int sockets_accept_from(struct socket *listener, const struct socket *peer,
			struct socket **result);

/* sockets_udp_peer - a UDP socket connected to @peer, and @peer to it */
int sockets_udp_peer(struct net *net, const struct sockaddr_storage *address,
		     struct socket *peer, struct socket **result);

/* sockets_end - the connection ends now, whoever else has its file */
void sockets_end(struct socket *sock);

void sockets_put(struct socket *sock);

#endif
