/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Data through a connection whose handshake has succeeded: both ways at once, and compared. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include <linux/net.h>
#include <linux/types.h>

#include "consumer.h"

/* What became of the data at one end. */
struct payload_result {
	u64	received, mismatches;
	int	error;		/* 0, or a positive errno */
	bool	close_notify;	/* the peer has said that it ends */
	u8	alert;		/* another alert's description */
	u32	records[4];	/* reads by type of record: see payload_type() */
};

/* payload_type - the record type that belongs to an index of records[] */
int payload_type(unsigned int index);

/**
 * payload_exchange - send and receive at the ends that are ours, and wait
 * @sock: of the client's and of the server's end; NULL for one that is elsewhere
 * @bytes: in each direction
 * @corrupt: the client's first byte is a wrong one, so that the server has to
 *	see a mismatch
 * @timeout_ms: for all of it
 * @stop: becomes true when this is to end early
 * @result: for each end
 *
 * What is sent follows from both ports and the direction, so the other end may
 * be another run of this module, and data of another connection is noticed.
 * Afterwards each end has sent close_notify, and has waited for the peer's.
 */
void payload_exchange(struct socket *sock[CONSUMER_SIDES], u64 bytes,
		      bool corrupt, unsigned int timeout_ms, const bool *stop,
		      struct payload_result result[CONSUMER_SIDES]);

#endif
