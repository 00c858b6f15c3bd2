// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking at a consumer's socket.
 */
#include <config.h>

#include <arpa/inet.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "socket.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

bool socket_is_tcp(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP &&
	       getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       (domain == AF_INET || domain == AF_INET6);
}

void socket_peer(int fd, char *text, size_t size)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t length = sizeof(address);
	char host[INET6_ADDRSTRLEN];

	text[0] = '\0';
	if (getpeername(fd, &address.any, &length) < 0)
		return;
	if (address.any.sa_family == AF_INET) {
		inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(address.v4.sin_port));
	} else if (address.any.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr)) {
		inet_ntop(AF_INET, &address.v6.sin6_addr.s6_addr[12], host, sizeof(host));
		snprintf(text, size, "%s:%u", host, ntohs(address.v6.sin6_port));
	} else if (address.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof(host));
		snprintf(text, size, "[%s]:%u", host, ntohs(address.v6.sin6_port));
	}
}

bool socket_is_connected(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	/* A peer that has sent its data and its FIN behind the handshake is still to be read. */
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	       (info.tcpi_state == TCP_ESTABLISHED || info.tcpi_state == TCP_CLOSE_WAIT);
}

/* With room for the head only, the kernel names version and cipher and keeps the key to itself. */
static bool has_key(int fd, int direction)
{
	struct tls_crypto_info info = { 0 };
	socklen_t size = sizeof(info);

	return getsockopt(fd, SOL_TLS, direction, &info, &size) == 0 && info.version == TLS_1_3_VERSION &&
	       info.cipher_type != 0;
}

bool socket_has_keys(int fd)
{
	return has_key(fd, TLS_TX) && has_key(fd, TLS_RX);
}
