// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests, jobs and answers. A request is open from ACCEPT to DONE; a job is owed by a worker from JOB to RESULT. The
 * two may end in either order: a deadline answers the request while the worker still has to let go of the socket.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "alert.h"
#include "answers.h"
#include "deadline.h"
#include "dispatch.h"
#include "intake.h"
#include "job.h"
#include "log.h"
#include "placing.h"
#include "refusals.h"
#include "report.h"
#include "socket.h"

struct dispatch {
	struct upcall *upcall;
	struct intake *intake;
	struct answers *answers;
	struct keyrings *keyrings;
	struct deadlines *deadlines;
	struct placing *placing;
	struct generation *generation;
	struct refusals *refusals;
	GHashTable *jobs;		/* number -> struct job */
	uint64_t next_number;
	void (*on_idle)(void *user);
	void *user;
};

static void take_on(void *user, const struct handshake_request *request, bool understood);
static void request_over(void *user);
static void key_refused(struct job *job, int error);

struct dispatch *dispatch_new(struct upcall *upcall, struct deadlines *deadlines)
{
	struct dispatch *dispatch = g_new0(struct dispatch, 1);

	dispatch->upcall = upcall;
	dispatch->intake = intake_new(upcall, take_on, dispatch);
	dispatch->answers = answers_new(upcall, deadlines, request_over, dispatch);
	dispatch->deadlines = deadlines;
	dispatch->keyrings = keyrings_new();
	dispatch->refusals = refusals_new(deadlines);
	dispatch->jobs = g_hash_table_new(g_int64_hash, g_int64_equal);
	dispatch->placing = placing_new(key_refused);
	return dispatch;
}

static void job_free(struct job *job)
{
	g_hash_table_remove(job->dispatch->jobs, &job->number);
	deadline_free(job->deadline);
	requestkeys_drop(&job->keys);
	g_free(job);
}

void dispatch_free(struct dispatch *dispatch)
{
	g_autoptr(GList) jobs = g_hash_table_get_values(dispatch->jobs);

	placing_free(dispatch->placing);
	for (GList *entry = jobs; entry; entry = entry->next)
		job_free(entry->data);
	g_hash_table_destroy(dispatch->jobs);
	refusals_free(dispatch->refusals);
	keyrings_free(dispatch->keyrings);
	answers_free(dispatch->answers);
	intake_free(dispatch->intake);
	g_free(dispatch);
}

unsigned int dispatch_open(const struct dispatch *dispatch)
{
	return intake_open(dispatch->intake);
}

static const struct snapshot_settings *settings(const struct dispatch *dispatch)
{
	return &generation_snapshot(dispatch->generation)->settings;
}

/* One line for each handshake; but a client that fails, or that nobody knows, does not get to fill the log. */
static void write_report(const struct job *job, const struct proto_result *result, bool ended)
{
	char identity[PROTO_PSK_IDENTITY_MAX + 1];
	bool anonymous = job->request.role == PROTO_ROLE_SERVER && (result->status != 0 || !result->peer_authenticated);

	if (anonymous && !refusals_admit(job->dispatch->refusals, job->peer))
		return;
	requestkeys_identity(&job->keys, identity, sizeof(identity));
	report_log(&(struct report){
		.request = &job->request,
		.peer = job->peer,
		.result = result,
		.settings = settings(job->dispatch),
		.identity = identity,
		.left_out = job->keys.left_out,
		.duration_ms = proto_now_ms() - job->accepted_ms,
		.ended = ended,
	});
}

/* What authenticated the peer: from our own record, never from a worker's. */
static uint32_t remote_auth(const struct job *job, const struct proto_result *result)
{
	if (job->request.auth == PROTO_AUTH_PSK)
		return requestkeys_serial(&job->keys);
	return job->request.auth == PROTO_AUTH_X509 && job->request.role == PROTO_ROLE_SERVER && result->peer_authenticated ?
	       UPCALL_AUTH_CERTIFICATE : 0;
}

/* After DONE and the log: there is room for another request, or nothing more to wait for. */
static void request_over(void *user)
{
	struct dispatch *dispatch = user;

	intake_answered(dispatch->intake);
	if (dispatch_open(dispatch) == 0 && dispatch->on_idle) {
		void (*on_idle)(void *user_data) = dispatch->on_idle;
		dispatch->on_idle = NULL;
		on_idle(dispatch->user);
	}
}

/* The kernel hears first, then the log. */
static void answer(struct job *job, const struct proto_result *result)
{
	struct dispatch *dispatch = job->dispatch;
	bool ended = !socket_is_connected(job->request.fd);
	struct answer answer = {
		.fd = job->request.fd,
		.number = job->number,
		.status = result->status,
		.remote_auth = result->status == 0 ? remote_auth(job, result) : 0,
	};

	g_strlcpy(answer.peer, job->peer, sizeof(answer.peer));
	bool sent = answers_send(dispatch->answers, &answer, settings(dispatch)->delay_done * 1000);
	job->request.fd = -1;
	job->answered = true;
	write_report(job, result, ended);
	if (sent)
		request_over(dispatch);
}

static void answer_self(struct job *job, uint32_t status, enum proto_reason reason, int error)
{
	union proto_message message;

	proto_init(&message, PROTO_RESULT);
	message.result.status = status;
	message.result.reason = reason;
	message.result.error = error;
	message.result.alert_sent = message.result.alert_received = PROTO_NO_ALERT;
	answer(job, &message.result);
}

/* An accepted request without a worker: nobody has spoken to the peer, so we may say in the clear that it is our fault. */
static void give_up_waiting(struct job *job, enum proto_reason reason)
{
	placing_remove(job->dispatch->placing, job);
	alert_plain(job->request.fd, ALERT_INTERNAL_ERROR);
	answer_self(job, ETIMEDOUT, reason, 0);
	job_free(job);
}

/* First the answer is due, then the worker's acknowledgement. */
static void job_due(void *user)
{
	struct job *job = user;

	if (!job->working) {
		give_up_waiting(job, REASON_NO_WORKER);
		return;
	}
	if (job->answered) {
		working_kill(job->working, "does not let go of a handshake that is over, and is ended");
		return;
	}
	working_cancel(job->working, job->number);
	deadline_set(job->deadline, proto_now_ms() + working_call_limit_ms(job->working) + TIMING_WORKER_GRACE_MS);
	answer_self(job, ETIMEDOUT, REASON_DEADLINE, 0);
}

/* May it be otherwise the next time? A key that is none, or that we may not read, stays so. */
static bool may_pass(enum proto_reason reason, int error)
{
	if (reason == REASON_PSK_FAILED)
		return !psk_lasting(-error);
	return (reason == REASON_REQUEST_CERTIFICATE || reason == REASON_REQUEST_PRIVATE_KEY) &&
	       (error == ENOMEM || error == EDQUOT || error == EAGAIN || error == EBUSY);
}

/* ENOKEY only where pre-shared keys certainly do not exist: the NVMe host gives its controller up on it. */
static void refuse(struct job *job, enum proto_reason reason, int error)
{
	bool passes = may_pass(reason, error);

	alert_plain(job->request.fd, passes ? ALERT_INTERNAL_ERROR : ALERT_HANDSHAKE_FAILURE);
	answer_self(job, passes ? ETIMEDOUT : reason == REASON_PSK_NO_KEY ? ENOKEY : EACCES, reason, error);
}

static void key_refused(struct job *job, int error)
{
	refuse(job, REASON_REQUEST_PRIVATE_KEY, -error);
	job_free(job);
}

static bool take_keys(struct job *job)
{
	struct dispatch *dispatch = job->dispatch;
	int error;
	enum proto_reason reason = requestkeys_take(&job->keys, dispatch->keyrings,
						    generation_snapshot(dispatch->generation), &job->request, &error);

	if (reason != REASON_OK)
		refuse(job, reason, error);
	return reason == REASON_OK;
}

static void take_on(void *user, const struct handshake_request *request, bool understood)
{
	struct dispatch *dispatch = user;
	struct job *job = g_new0(struct job, 1);

	job->dispatch = dispatch;
	job->number = ++dispatch->next_number;
	job->request = *request;
	job->accepted_ms = proto_now_ms();
	job->deadline = deadline_new(dispatch->deadlines, job_due, job);
	socket_peer(request->fd, job->peer, sizeof(job->peer));
	g_hash_table_insert(dispatch->jobs, &job->number, job);
	log_line(LOG_DEBUG, "request %" PRIu64 ": role %u, auth %u, name \"%s\", time-out %u ms, peer %s", job->number,
		 request->role, request->auth, request->peername, request->timeout_ms, job->peer);
	if (!understood || !socket_is_tcp(request->fd)) {
		answer_self(job, understood ? EOPNOTSUPP : EACCES, understood ? REASON_NOT_TCP : REASON_REQUEST, 0);
		job_free(job);
		return;
	}
	if (!take_keys(job)) {
		job_free(job);
		return;
	}
	job->timing = timing_of(request, settings(dispatch), job->accepted_ms);
	deadline_set(job->deadline, job->timing.answer_deadline_ms);
	placing_add(dispatch->placing, job);
}

void dispatch_capacity(struct dispatch *dispatch)
{
	placing_offer(dispatch->placing);
}

void dispatch_wakeup(struct dispatch *dispatch)
{
	intake_wakeup(dispatch->intake);
}

void dispatch_use(struct dispatch *dispatch, struct generation *generation)
{
	dispatch->generation = generation;
	placing_use(dispatch->placing, generation);
	intake_use(dispatch->intake, generation);
}

/* What a worker may report; EKEYREJECTED has a meaning for a host with a pre-shared key alone. */
static bool status_allowed(const struct job *job, uint32_t status)
{
	bool host = job->request.auth == PROTO_AUTH_PSK && job->request.role == PROTO_ROLE_CLIENT;

	return status == 0 || status == EACCES || status == ETIMEDOUT || (status == EKEYREJECTED && host);
}

/* Success needs keys in the kernel, and where a pre-shared key was asked for, one that was given. */
static bool may_succeed(const struct job *job)
{
	return socket_has_keys(job->request.fd) &&
	       (job->request.auth != PROTO_AUTH_PSK || requestkeys_serial(&job->keys) != 0);
}

void dispatch_result(struct dispatch *dispatch, struct working *working, const struct proto_result *result)
{
	struct job *job = g_hash_table_lookup(dispatch->jobs, &result->job);

	if (!job || job->working != working || !status_allowed(job, result->status)) {
		working_kill(working, "answered a job that is not its own, or with a status that it may not give, and is "
			     "ended");
		return;
	}
	if (result->status == 0 && !job->answered && !may_succeed(job)) {
		working_kill(working, "reported success without keys in the kernel, and is ended");
		return;		/* the job is answered when the worker is gone */
	}
	struct keeping *keeping = generation_keeping(job->generation);
	if (job->opened && keeping && keeping_report(keeping, working_number(working), result))
		working_kill(working, "has no answer from a keeper that answers others, and is replaced");
	placing_release(job);
	job->working = NULL;
	working_finished(working);
	if (!job->answered)
		answer(job, result);
	job_free(job);
	placing_offer(dispatch->placing);
}

void dispatch_key_loaded(struct dispatch *dispatch, const struct proto_key_loaded *answer)
{
	struct job *job = g_hash_table_lookup(dispatch->jobs, &answer->job);

	if (!job || job->working || !job->keys.certificate)
		return;		/* answered meanwhile */
	if (answer->status == 0) {
		job->keys.spki = g_bytes_new(answer->spki, answer->spki_length);
		placing_offer(dispatch->placing);
		return;
	}
	job->opened = false;	/* the keeper has nothing of it */
	placing_remove(dispatch->placing, job);
	key_refused(job, answer->status);
}

void dispatch_psk(struct dispatch *dispatch, struct working *working, const struct proto_psk *call)
{
	struct job *job = g_hash_table_lookup(dispatch->jobs, &call->job);
	union proto_message answer;

	/* A client's key goes with its job. */
	if (!job || job->working != working || job->request.auth != PROTO_AUTH_PSK ||
	    job->request.role != PROTO_ROLE_SERVER) {
		working_kill(working, "asked for a key for a job that is not its own or has no use for it, and is ended");
		return;
	}
	requestkeys_answer(&job->keys, generation_snapshot(job->generation), &job->request, call, &answer);
	working_answer(working, &answer);
	explicit_bzero(&answer, sizeof(answer));
}

void dispatch_worker_lost(struct dispatch *dispatch, struct working *working)
{
	g_autoptr(GPtrArray) owed = g_ptr_array_new();
	GHashTableIter iter;
	void *value;

	/* An answer may bring in other requests and end jobs that wait, but none that a worker has. */
	g_hash_table_iter_init(&iter, dispatch->jobs);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		if (((struct job *)value)->working == working)
			g_ptr_array_add(owed, value);
	}
	for (guint i = 0; i < owed->len; i++) {
		struct job *job = owed->pdata[i];
		placing_release(job);
		job->working = NULL;
		if (!job->answered)
			answer_self(job, ETIMEDOUT, REASON_WORKER_LOST, 0);
		job_free(job);
	}
}

void dispatch_stop(struct dispatch *dispatch, void (*on_idle)(void *user), void *user)
{
	intake_stop(dispatch->intake);
	answers_flush(dispatch->answers);
	if (dispatch_open(dispatch) == 0) {
		on_idle(user);
		return;
	}
	dispatch->on_idle = on_idle;
	dispatch->user = user;
}

void dispatch_cancel(struct dispatch *dispatch)
{
	g_autoptr(GList) jobs = g_hash_table_get_values(dispatch->jobs);

	for (GList *entry = jobs; entry; entry = entry->next) {
		struct job *job = entry->data;
		if (!job->answered && job->working)
			working_cancel(job->working, job->number);
	}
}

void dispatch_abort(struct dispatch *dispatch)
{
	g_autoptr(GList) jobs = g_hash_table_get_values(dispatch->jobs);

	for (GList *entry = jobs; entry; entry = entry->next) {
		struct job *job = entry->data;
		if (!job->answered && job->working)
			answer_self(job, ETIMEDOUT, REASON_SHUTDOWN, 0);
		else if (!job->answered)
			give_up_waiting(job, REASON_SHUTDOWN);
	}
}
