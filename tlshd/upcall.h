/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's side: generic-netlink family `handshake` (net/handshake, Documentation/netlink/specs/handshake.yaml).
 * ACCEPT takes a request off the queue of our network namespace, DONE answers it. Both need CAP_NET_ADMIN in the initial
 * user namespace, and both work on the caller's descriptor table.
 */
#ifndef TLSHD_UPCALL_H
#define TLSHD_UPCALL_H

#include <stdint.h>
#include <sys/socket.h>

#include "proto.h"

#define UPCALL_PEERS_MAX 8	/* keys of one request that are looked at; consumers send one */

struct nlmsghdr;
struct upcall;

/* What the kernel asks for. */
struct handshake_request {
	int fd;				/* the consumer's socket, in our table; -1: none */
	uint32_t role;			/* enum proto_role */
	uint32_t auth;			/* enum proto_auth */
	uint32_t timeout_ms;		/* the consumer gives up after this; 0: it did not say */
	char peername[PROTO_NAME_MAX];	/* client role: what to verify; may be empty */
	int32_t keyring;		/* serial, 0: none named */
	int32_t certificate;		/* serials of keys of type user, in DER; 0: none named */
	int32_t private_key;
	unsigned int peer_count;
	int32_t peers[UPCALL_PEERS_MAX];	/* serials of pre-shared keys, in the order of preference */
};

/**
 * upcall_open - open the command socket and find the family
 *
 * Returns 0, -ENOENT where the kernel has no such family (CONFIG_NET_HANDSHAKE), or another negative errno.
 */
int upcall_open(struct upcall **out);
void upcall_free(struct upcall *upcall);

/** upcall_group - number of the multicast group `tlshd` in which READY is announced */
int upcall_group(const struct upcall *upcall);

/**
 * upcall_accept - take the next request off the queue
 *
 * Returns 0; -EAGAIN when the queue is empty; -EBADMSG for a request that makes no sense (@request->fd may be valid
 * and then wants a DONE); another negative errno when the kernel has failed the request itself, which is used up: go
 * on with the next one. The caller owns @request->fd and closes it after upcall_done().
 */
int upcall_accept(struct upcall *upcall, struct handshake_request *request);

/**
 * upcall_done - answer a request
 * @fd: as in the request
 * @status: 0, or the positive errno for the consumer
 * @remote_auth: what authenticated the peer: a key's serial, or UPCALL_AUTH_CERTIFICATE; 0: nothing
 *
 * Returns 0 (also when the consumer has cancelled: it cannot be told apart), or a negative errno.
 */
int upcall_done(struct upcall *upcall, int fd, uint32_t status, uint32_t remote_auth);

/* A verified certificate has no serial; consumers test for "not 0" (TLS_NO_PEERID, net/handshake.h). */
#define UPCALL_AUTH_CERTIFICATE UINT32_MAX

/**
 * upcall_parse - read an ACCEPT answer
 *
 * For upcall_accept(), tests and fuzzers. @request is filled as far as the message goes; see upcall_accept().
 */
int upcall_parse(struct nlmsghdr *header, struct handshake_request *request);

#endif
