/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Takes requests off the kernel's queue: no more at a time than there are descriptors for, because a request in the
 * queue is safe, and one whose ACCEPT fails for want of a descriptor is an I/O error for its consumer.
 */
#ifndef TLSHD_INTAKE_H
#define TLSHD_INTAKE_H

#include <stdbool.h>

#include "generation.h"
#include "upcall.h"

struct intake;

/**
 * intake_new - nothing is accepted before intake_use()
 * @upcall: stays the caller's
 * @take: called with each request, whose socket becomes the callee's; not @understood: it makes no sense and only wants
 *	its answer. For each one intake_answered() is owed, perhaps within the call.
 */
struct intake *intake_new(struct upcall *upcall,
			  void (*take)(void *user, const struct handshake_request *request, bool understood),
			  void *user);
void intake_free(struct intake *intake);

/** intake_use - how many requests may be open follows from this generation's settings; accepts what waits */
void intake_use(struct intake *intake, const struct generation *generation);

/** intake_wakeup - the kernel has announced a request: ACCEPT until the queue is empty or the limit is reached */
void intake_wakeup(struct intake *intake);

/** intake_answered - a request is over, and its socket closed; where requests had to wait for that, accepts more */
void intake_answered(struct intake *intake);

/** intake_open - requests that are not answered yet */
unsigned int intake_open(const struct intake *intake);

/** intake_stop - no more ACCEPT */
void intake_stop(struct intake *intake);

#endif
