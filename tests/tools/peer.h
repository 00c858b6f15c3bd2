/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A peer for the kernel's NFS server, or for its client, that need not behave.
 */
#ifndef TESTS_TOOLS_PEER_H
#define TESTS_TOOLS_PEER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <gnutls/gnutls.h>

#include "bytes.h"

/* Places on the way of a connection at which a peer may leave. */
enum step {
	STEP_NONE,
	STEP_CONNECTED,
	STEP_PROBED,	/* client: the probe is sent; server: it has arrived */
	STEP_AGREED,	/* the answer to the probe is there, or sent */
	STEP_HALF,	/* half of what is to be said is sent */
	STEP_SAID,
	STEP_ANSWERED,	/* the other side's first byte of TLS is there */
};

/* What to do; the same for all connections of a run. */
struct mode {
	bool server;
	bool tls;		/* client: a whole handshake and a call */
	bool speaks;		/* @say is said, by a server when the client has spoken */
	struct bytes say;
	struct bytes again;	/* then this, over and over, if it is not empty */
	int64_t drip_ms;	/* between two bytes of @say, or two times @again; 0: at once */
	enum step leave_at;
	bool reset;		/* leave with RST */
	bool retry;		/* client: begin again when refused without a word of TLS */
	bool keep;		/* client: begin again whatever the end */
	struct sockaddr_storage address;
	socklen_t address_size;
};

/* mode_parse - understand a mode's name; returns false for an unknown one */
bool mode_parse(struct mode *mode, const char *name);

struct connection;

/* connection_connect, connection_accepted - a new one, of a client or of a server */
struct connection *connection_connect(const struct mode *mode, unsigned int number);
struct connection *connection_accepted(const struct mode *mode, unsigned int number, int fd);

/* connection_watch - what to wait for; returns when to call connection_step() whatever happens, or INT64_MAX */
int64_t connection_watch(const struct connection *connection, struct pollfd *watch);

/* connection_step - go on after an event or at its time; returns false when it is over and its line is printed */
bool connection_step(struct connection *connection, short events);

/* connection_on_its_way - is it before the answer to its probe? */
bool connection_on_its_way(const struct connection *connection);

/* connection_waits, connection_again - it was refused; begin again when it is time */
bool connection_waits(const struct connection *connection);
void connection_again(struct connection *connection);

/* connection_abandon - the time is over: print the line of a connection that is open still */
void connection_abandon(struct connection *connection);

/* secure.c: the TLS side of the mode "full" */
struct secure;

enum secure_state {
	SECURE_READS,
	SECURE_WRITES,
	SECURE_SERVED,	/* a call went out and its reply came in, both encrypted */
	SECURE_FAILED,
};

struct secure *secure_new(int fd);
enum secure_state secure_step(struct secure *secure);
int secure_alert(const struct secure *secure);	/* received, or -1 */
const char *secure_error(const struct secure *secure);
void secure_free(struct secure *secure);

#endif
