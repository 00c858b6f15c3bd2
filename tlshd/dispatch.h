/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From request to answer: takes requests off the kernel's queue, gives each to a worker, and sees to it that each
 * accepted one gets exactly one DONE, whatever happens to worker, keeper or peer.
 */
#ifndef TLSHD_DISPATCH_H
#define TLSHD_DISPATCH_H

#include "generation.h"
#include "upcall.h"

struct dispatch;

/**
 * dispatch_new - nothing is accepted before dispatch_use()
 * @upcall: stays the caller's
 */
struct dispatch *dispatch_new(struct upcall *upcall, struct deadlines *deadlines);
void dispatch_free(struct dispatch *dispatch);

/**
 * dispatch_use - give new jobs to this generation from now on
 *
 * It has to live as long as another one is not in use, also when its keeper is gone: requests that need a private
 * key wait then, within their deadlines.
 */
void dispatch_use(struct dispatch *dispatch, struct generation *generation);

/** dispatch_wakeup - the kernel has announced a request: ACCEPT until the queue is empty or the limit is reached */
void dispatch_wakeup(struct dispatch *dispatch);

/** dispatch_capacity - a worker of the generation in use may take jobs */
void dispatch_capacity(struct dispatch *dispatch);

/** dispatch_result - a worker has sent a RESULT */
void dispatch_result(struct dispatch *dispatch, struct working *working, const struct proto_result *result);

/** dispatch_key_loaded - the keeper has read the private key that a request names, or could not */
void dispatch_key_loaded(struct dispatch *dispatch, const struct proto_key_loaded *answer);

/** dispatch_psk - a worker asks for a pre-shared key for one of its jobs; only a server's may, or the worker is ended */
void dispatch_psk(struct dispatch *dispatch, struct working *working, const struct proto_psk *call);

/** dispatch_worker_lost - a worker is gone: its jobs are answered at once */
void dispatch_worker_lost(struct dispatch *dispatch, struct working *working);

/** dispatch_open - requests that have no answer yet */
unsigned int dispatch_open(const struct dispatch *dispatch);

/**
 * dispatch_stop - no more ACCEPT
 * @on_idle: called once no request is open, perhaps at once
 */
void dispatch_stop(struct dispatch *dispatch, void (*on_idle)(void *user), void *user);

/** dispatch_cancel - ask the workers to end what is in flight: the peers hear of it, and the answers follow */
void dispatch_cancel(struct dispatch *dispatch);

/** dispatch_abort - answer what is still open with ETIMEDOUT, because the service ends */
void dispatch_abort(struct dispatch *dispatch);

#endif
