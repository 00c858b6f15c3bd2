// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Push and pull functions for the TLS library.
 */
#include <config.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "transport.h"

#define DRAIN_READS 16
#define DRAIN_SIZE 16384

static bool would_block(int error)
{
	return error == EAGAIN || error == EWOULDBLOCK;
}

static void remember(struct transport *transport, const uint8_t *data, size_t size)
{
	size_t room = sizeof(transport->last);
	size_t count = size < room ? size : room;

	memmove(transport->last, transport->last + count, room - count);
	memcpy(transport->last + room - count, data + size - count, count);
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *data, size_t size)
{
	struct transport *transport = pointer;
	ssize_t got;

	if (transport->reads_left == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (transport->received >= transport->limit) {
		transport->over_limit = true;
		errno = EMSGSIZE;
		return -1;
	}
	transport->reads_left--;
	do {
		got = recv(transport->fd, data, size, MSG_DONTWAIT);
	} while (got < 0 && errno == EINTR);
	if (got > 0) {
		transport->received += got;
		remember(transport, data, got);
	} else if (got == 0) {
		transport->peer_closed = true;
	} else if (!would_block(errno)) {
		transport->read_error = errno;
	}
	return got;
}

/*
 * A write that fails for good is remembered and told as done: the library then goes on to read, and finds the alert by
 * which the peer said why it closed. Whoever finishes a handshake has to look at write_error.
 */
static ssize_t push(gnutls_transport_ptr_t pointer, const giovec_t *iov, int count)
{
	struct transport *transport = pointer;
	struct msghdr message = { .msg_iov = (struct iovec *)iov, .msg_iovlen = count };
	ssize_t all = 0, sent = -1;

	for (int i = 0; i < count; i++)
		all += iov[i].iov_len;
	if (transport->write_error)
		return all;
	do {
		sent = sendmsg(transport->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL | MSG_MORE);
	} while (sent < 0 && errno == EINTR);
	transport->held = transport->held || sent > 0;
	if (sent < 0 && !would_block(errno)) {
		transport->write_error = errno;
		return all;
	}
	return sent;
}

/* The library asks this only where it would wait by itself; we never let it. */
static int pull_timeout(gnutls_transport_ptr_t pointer, unsigned int timeout_ms)
{
	(void)pointer, (void)timeout_ms;
	return 1;
}

void transport_init(struct transport *transport, int fd, uint64_t limit)
{
	socklen_t size = sizeof(transport->nodelay);

	*transport = (struct transport){ .fd = fd, .limit = limit };
	if (getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &transport->nodelay, &size) < 0 || transport->nodelay)
		transport->nodelay = -1;
	transport_turn(transport);
}

/* Turning it on sends all that waits, on again as well (tcp(7)). */
void transport_flush(struct transport *transport)
{
	static const int on = 1;

	if (transport->held)
		setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	transport->held = false;
}

void transport_restore(struct transport *transport)
{
	transport_flush(transport);
	if (transport->nodelay >= 0)
		setsockopt(transport->fd, IPPROTO_TCP, TCP_NODELAY, &transport->nodelay,
			   sizeof(transport->nodelay));
	transport->nodelay = -1;
}

void transport_attach(struct transport *transport, gnutls_session_t session)
{
	gnutls_transport_set_ptr(session, transport);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_transport_set_vec_push_function(session, push);
	gnutls_transport_set_pull_timeout_function(session, pull_timeout);
}

int transport_plain_alert(const struct transport *transport)
{
	/* Content type alert, legacy version, length 2; then level and number. */
	static const uint8_t head[] = { 21, 3, 3, 0, 2 };
	const uint8_t *last = transport->last;

	return transport->received >= sizeof(transport->last) && memcmp(last, head, sizeof(head)) == 0 ? last[6] : -1;
}

void transport_turn(struct transport *transport)
{
	transport->reads_left = TRANSPORT_READS_PER_TURN;
}

void transport_drain(struct transport *transport)
{
	char scrap[DRAIN_SIZE];

	for (int i = 0; i < DRAIN_READS; i++)
		if (recv(transport->fd, scrap, sizeof(scrap), MSG_DONTWAIT) <= 0)
			break;
}
