/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a handshake ended, in one line for the person who has to mend it, and in journal fields.
 */
#ifndef TLSHD_REPORT_H
#define TLSHD_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "snapshot.h"
#include "upcall.h"

struct report {
	const struct handshake_request *request;
	const char *peer;		/* address and port; empty where it is not known */
	const struct proto_result *result;
	const struct snapshot_settings *settings; /* for the limits that a reason names */
	const char *identity;		/* of a pre-shared key; may be empty, and the peer may have chosen every byte */
	const char *left_out;		/* keys of the request that were not usable; may be empty */
	int64_t duration_ms;		/* since ACCEPT */
	bool ended;			/* the connection was over before the answer: the consumer gave up, or the peer went */
};

/** report_is_client - are we the client, and the peer the server? */
bool report_is_client(const struct report *report);

/** report_log - write the line */
void report_log(const struct report *report);

/**
 * report_line - the line alone (for tests)
 *
 * What the peer has chosen is quoted, and its control characters are escaped when it is written to the log.
 */
void report_line(const struct report *report, char *line, size_t size);

#endif
