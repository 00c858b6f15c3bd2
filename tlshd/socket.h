/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor wants to know of a consumer's socket, without reading a byte of it.
 */
#ifndef TLSHD_SOCKET_H
#define TLSHD_SOCKET_H

#include <stdbool.h>
#include <stddef.h>

#define SOCKET_ADDRESS_MAX 64

/** socket_is_tcp - a TCP socket, IPv4 or IPv6? */
bool socket_is_tcp(int fd);

/**
 * socket_peer - the peer's address for the log: "192.0.2.7:2049" or "[2001:db8::7]:2049"
 *
 * Empty where the connection is gone already. Never asks DNS.
 */
void socket_peer(int fd, char *text, size_t size);

/** socket_is_connected - is there a connection that the consumer can still read from? */
bool socket_is_connected(int fd);

/**
 * socket_has_keys - does the kernel hold TX and RX keys for this socket?
 *
 * Asked before success is reported: a consumer would send plain text on a socket that a worker only claims to be ready.
 */
bool socket_has_keys(int fd);

#endif
