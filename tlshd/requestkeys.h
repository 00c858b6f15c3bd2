/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What one request may use of the kernel's keyrings: as client the pre-shared keys that it names, read at once, of which one
 * goes to the worker with the job; as server at most one key, for the identity that the peer offers and the worker asks for,
 * from the request's own keyring or one that the configuration names.
 */
#ifndef TLSHD_REQUESTKEYS_H
#define TLSHD_REQUESTKEYS_H

#include <glib.h>

#include "keyring.h"
#include "psk.h"
#include "upcall.h"

struct requestkeys {
	struct keyrings *keyrings;
	key_serial_t held;	/* the request's keyring, while the request is open; 0: it brought none */
	struct psk *psk;	/* client: what to offer, without the key once a worker has it; server: what was found; or NULL */
	GBytes *certificate;	/* client: the request's own certificate, DER; NULL: the configuration's is used */
	GBytes *spki;		/* of its private key, once the keeper has read it */
	unsigned int loading;	/* number of the generation whose keeper was asked to; 0: none */
	bool given;		/* the worker has it */
	unsigned int calls;
	char unknown[256];	/* server: the identity that was last not found, for the log */
	char left_out[256];	/* client: keys of the request that cannot be used, for the log */
};

/**
 * requestkeys_take - right after ACCEPT, while the process keyring still holds the request's
 * @keys: zeroed; ended with requestkeys_drop() in any case
 * @error: positive errno behind the reason
 *
 * Returns REASON_OK, also where the request names no keys; REASON_PSK_NO_KEY, REASON_PSK_HASH, REASON_REQUEST_CERTIFICATE,
 * or REASON_PSK_FAILED where it may be otherwise the next time.
 */
enum proto_reason requestkeys_take(struct requestkeys *keys, struct keyrings *keyrings, const struct snapshot *snapshot,
				   const struct handshake_request *request, int *error);

/** requestkeys_offer - a client's key into the message that gives its job; that holds a secret then */
void requestkeys_offer(const struct requestkeys *keys, struct proto_job_psk *job);

/** requestkeys_given - a worker has the job, and a client's key with it: wipes that, and keeps what is said of it */
void requestkeys_given(struct requestkeys *keys);

/**
 * requestkeys_answer - what a worker asked for; a client's job gets nothing
 * @call: of the worker that has the job
 * @answer: PROTO_PSK_KEY; holds a secret on success
 */
void requestkeys_answer(struct requestkeys *keys, const struct snapshot *snapshot,
			const struct handshake_request *request, const struct proto_psk *call,
			union proto_message *answer);

/**
 * requestkeys_image - certificate and SubjectPublicKeyInfo for the worker, one behind the other
 *
 * Returns a memfd, the caller's, or a negative errno.
 */
int requestkeys_image(const struct requestkeys *keys);

/** requestkeys_serial - the key that authenticates the peer; 0 where the worker was given none */
key_serial_t requestkeys_serial(const struct requestkeys *keys);

/** requestkeys_identity - the identity of that key, or the one that was not found; never NULL */
void requestkeys_identity(const struct requestkeys *keys, char *text, size_t size);

/** requestkeys_drop - wipe the key, let go of the keyring */
void requestkeys_drop(struct requestkeys *keys);

#endif
