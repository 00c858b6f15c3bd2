/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One TLS handshake as a state machine: each step does what can be done now and says what it waits for.
 *
 * From the kernel's socket as it came, over TLS 1.3 and the verdict on the peer, to keys in the kernel. The socket is
 * ready to be handed back when the handshake is over; closing it, and the deadlines, are the caller's.
 */
#ifndef TLSHD_WORKER_HANDSHAKE_H
#define TLSHD_WORKER_HANDSHAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "credentials.h"
#include "knownpeers.h"
#include "preshared.h"
#include "proto.h"
#include "sign.h"
#include "snapshot.h"

struct handshake;

/* All pointers outlive the handshake. */
struct handshake_context {
	const struct snapshot_settings *settings;
	const struct credentials *client;
	const struct credentials *server;
	struct sign *sign;
	struct preshared_context *preshared;
	struct knownpeers *known;
};

enum handshake_state {
	HANDSHAKE_READS,	/* waits for bytes from the peer */
	HANDSHAKE_WRITES,	/* waits for room to send */
	HANDSHAKE_OVER,		/* handshake_result() has how it ended */
};

/**
 * handshake_new - a handshake that has not begun
 * @job: the beginning of a struct proto_job_psk where its header says so; not needed after the call
 * @fd: the kernel's socket; stays the caller's
 * @certificate_fd: what came with the job beside it, or -1; not needed after the call
 *
 * Returns 0 or -ENOMEM.
 */
int handshake_new(const struct handshake_context *context, const struct proto_job *job, int fd, int certificate_fd,
		  struct handshake **out);
void handshake_free(struct handshake *handshake);

/**
 * handshake_begin - do what needs no byte of the peer's; optional before handshake_step()
 *
 * Never waits, for a signature either. For a server only: a client has to write.
 */
enum handshake_state handshake_begin(struct handshake *handshake);

/** handshake_step - go on as far as possible without waiting (but for signatures), in bounded time */
enum handshake_state handshake_step(struct handshake *handshake);

/** handshake_heard - has the peer sent anything yet? */
bool handshake_heard(const struct handshake *handshake);

/** handshake_abandon - end it for a reason of the caller's (deadline, cancelled), telling the peer */
void handshake_abandon(struct handshake *handshake, enum proto_reason reason);

/** handshake_result - make the message that says how it ended; only when it is over */
void handshake_result(const struct handshake *handshake, union proto_message *message);

/** handshake_retrieve - the certificate callback for credentials_new() */
gnutls_certificate_retrieve_function3 handshake_retrieve;

/** handshake_offer_psk, handshake_find_psk - the callbacks for preshared_new() */
gnutls_psk_client_credentials_function2 handshake_offer_psk;
gnutls_psk_server_credentials_function2 handshake_find_psk;

#endif
