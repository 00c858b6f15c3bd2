/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of one handshake on the kernel's socket.
 *
 * The socket's file is the kernel's, too, so O_NONBLOCK is never set: each call says MSG_DONTWAIT. How much a peer can
 * make us read, in one turn and in all, is bounded here, below the TLS library.
 */
#ifndef TLSHD_WORKER_TRANSPORT_H
#define TLSHD_WORKER_TRANSPORT_H

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <stdint.h>

#define TRANSPORT_ALERT_RECORD 7	/* bytes of an alert in the clear, with its record's header */
#define TRANSPORT_READS_PER_TURN 64	/* system calls, two for each record */

struct transport {
	int fd;
	uint64_t received;	/* bytes so far */
	uint64_t limit;		/* of them; reading more fails */
	unsigned int reads_left; /* in this turn */
	bool over_limit;
	bool peer_closed;	/* read the end of the stream */
	int read_error;		/* positive errno of a read that failed for good */
	int write_error;	/* the same for a write */
	uint8_t last[TRANSPORT_ALERT_RECORD]; /* bytes received */
	bool held;		/* bytes may lie in the kernel until transport_flush() */
	int nodelay;		/* what TCP_NODELAY was; -1: on, or unknown */
};

/**
 * transport_init - take a socket for the handshake
 * @fd: the socket; stays the caller's
 * @limit: bytes that may be received in all
 */
void transport_init(struct transport *transport, int fd, uint64_t limit);

/**
 * transport_flush - let go what was written
 *
 * The library writes a flight in pieces, ServerHello and ChangeCipherSpec alone, and each would be a segment that wakes the
 * peer for nothing. So the kernel keeps them (MSG_MORE), for 200 ms at most, until the library waits for the peer.
 */
void transport_flush(struct transport *transport);

/** transport_restore - let go what was written, and set TCP_NODELAY as it was */
void transport_restore(struct transport *transport);

/** transport_attach - make a session use it; @transport outlives the session's last call */
void transport_attach(struct transport *transport, gnutls_session_t session);

/**
 * transport_plain_alert - was the last record an alert in the clear?
 *
 * The TLS library decrypts whatever comes once it has keys. But a client that refuses our certificate may have switched to
 * keys of its own only after its ChangeCipherSpec, which it then never sends (OpenSSL's do; RFC 8446, 6, asks for alerts
 * under the current keys, and for them these still are none).
 *
 * Returns the alert's number, or -1.
 */
int transport_plain_alert(const struct transport *transport);

/** transport_turn - a new turn begins: reads are allowed again */
void transport_turn(struct transport *transport);

/**
 * transport_drain - read and drop what has arrived
 *
 * For a socket whose handshake has failed: closing it with unread bytes would send a reset, and the reset takes the
 * alert away from a peer that has not read it yet. Bounded.
 */
void transport_drain(struct transport *transport);

#endif
