// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Deadlines from a request's time-out and the settings.
 */
#include <config.h>

#include <glib.h>

#include "timing.h"

#define JOB_PERCENT 90
#define ANSWER_PERCENT 97

struct timing timing_of(const struct handshake_request *request, const struct snapshot_settings *settings,
			int64_t accepted_ms)
{
	bool server = request->role == PROTO_ROLE_SERVER;
	int64_t given_ms = request->timeout_ms;
	int64_t job_ms = server ? settings->server_timeout_ms : settings->client_timeout_ms;
	int64_t answer_ms = job_ms + TIMING_WORKER_GRACE_MS;

	if (given_ms > 0) {
		job_ms = given_ms * JOB_PERCENT / 100;
		answer_ms = MIN(job_ms + TIMING_WORKER_GRACE_MS, given_ms * ANSWER_PERCENT / 100);
	}
	return (struct timing){
		.job_deadline_ms = accepted_ms + job_ms,
		.answer_deadline_ms = accepted_ms + answer_ms,
		.hello_deadline_ms = server && settings->hello_timeout_ms > 0 ?
				     accepted_ms + MIN((int64_t)settings->hello_timeout_ms, job_ms) : 0,
	};
}
