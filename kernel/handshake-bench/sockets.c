// SPDX-License-Identifier: GPL-2.0-or-later
/* Sockets with a file, connected ones in particular. */
#include <linux/file.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/net.h>
#include <linux/tcp.h>
#include <net/sock.h>

#include "sockets.h"

#define BACKLOG		4096
#define STRANGERS_MAX	64	/* connections of others at our listener, in a row */

static int address_size(const struct sockaddr_storage *address)
{
	return address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) :
						sizeof(struct sockaddr_in);
}

/* The agent gets a descriptor of this file. On failure the socket is gone. */
static int give_file(struct socket **sock)
{
	struct file *file = sock_alloc_file(*sock, O_NONBLOCK, NULL);

	if (!IS_ERR(file))
		return 0;
	*sock = NULL;
	return PTR_ERR(file);
}

/*
 * Not sock_create_kern(): its sockets do not hold their network namespace.
 * That would be right for a socket that only its consumer has, but an agent
 * may keep this one after the consumer has given it up, and the namespace
 * would go under it. Accepted sockets have this from their listener.
 */
int sockets_create(struct net *net, int family, int type,
		   struct socket **result)
{
	int ret = __sock_create(net, family, type, 0, result, 0);

	return ret ?: give_file(result);
}

int sockets_listen(struct net *net, struct sockaddr_storage *address,
		   struct socket **result)
{
	struct socket *sock;
	int ret = sockets_create(net, address->ss_family, SOCK_STREAM, &sock);

	if (ret)
		return ret;
	sock_set_reuseaddr(sock->sk);
	/* The type of addresses is another one in newer kernels: hence void. */
	ret = kernel_bind(sock, (void *)address, address_size(address));
	if (!ret)
		ret = kernel_listen(sock, BACKLOG);
	if (!ret)
		ret = kernel_getsockname(sock, (struct sockaddr *)address);
	if (ret < 0) {
		sockets_put(sock);
		return ret;
	}
	*result = sock;
	return 0;
}

int sockets_connect(struct socket *sock, const struct sockaddr_storage *address)
{
	struct sockaddr_storage copy = *address;

	sock->sk->sk_sndtimeo = msecs_to_jiffies(SOCKETS_CONNECT_MS);
	if (sock->type == SOCK_STREAM)
		tcp_sock_set_nodelay(sock->sk);
	return kernel_connect(sock, (void *)&copy, address_size(&copy), 0);
}

int sockets_accept(struct socket *listener, struct socket **result)
{
	int ret = kernel_accept(listener, result, 0);

	if (ret < 0)
		return ret;
	ret = give_file(result);
	if (!ret)
		tcp_sock_set_nodelay((*result)->sk);
	return ret;
}

static bool is_other_end(const struct socket *a, const struct socket *b)
{
	return a->sk->sk_num == ntohs(b->sk->sk_dport) &&
	       b->sk->sk_num == ntohs(a->sk->sk_dport);
}

int sockets_accept_from(struct socket *listener, const struct socket *peer,
			struct socket **result)
{
	int strangers, ret;

	listener->sk->sk_rcvtimeo = msecs_to_jiffies(SOCKETS_CONNECT_MS);
	for (strangers = 0; strangers < STRANGERS_MAX; strangers++) {
		ret = sockets_accept(listener, result);
		if (ret || is_other_end(peer, *result))
			return ret;
		sockets_put(*result);
		*result = NULL;
	}
	return -EADDRINUSE;
}

int sockets_udp_peer(struct net *net, const struct sockaddr_storage *address,
		     struct socket *peer, struct socket **result)
{
	struct sockaddr_storage own = *address;
	struct socket *sock;
	int ret;

	ret = sockets_create(net, own.ss_family, SOCK_DGRAM, &sock);
	if (ret)
		return ret;
	ret = kernel_bind(sock, (void *)&own, address_size(&own));
	if (!ret)
		ret = kernel_getsockname(sock, (struct sockaddr *)&own);
	if (ret >= 0)
		ret = sockets_connect(peer, &own);
	if (!ret)
		ret = kernel_getsockname(peer, (struct sockaddr *)&own);
	if (ret >= 0)
		ret = sockets_connect(sock, &own);
	if (ret) {
		sockets_put(sock);
		return ret;
	}
	*result = sock;
	return 0;
}

void sockets_end(struct socket *sock)
{
	kernel_sock_shutdown(sock, SHUT_RDWR);
}

/* The last reference on the file closes the socket; it need not be ours. */
void sockets_put(struct socket *sock)
{
	if (sock)
		fput(sock->file);
}
