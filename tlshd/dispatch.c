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
#include "deadline.h"
#include "dispatch.h"
#include "intake.h"
#include "log.h"
#include "refusals.h"
#include "report.h"
#include "socket.h"
#include "timing.h"

#define RETRY_MS 10		/* until a job that no worker could take is offered again */
#define DONE_ATTEMPTS 3

struct job {
	struct dispatch *dispatch;
	uint64_t number;
	struct handshake_request request;
	char peer[SOCKET_ADDRESS_MAX];
	int64_t accepted_ms;
	struct timing timing;
	bool answered;			/* DONE was sent; the socket is closed */
	struct working *working;	/* owes a RESULT; NULL: waiting, or done with */
	struct generation *generation;	/* of that worker */
	bool opened;			/* the keeper knows the job */
	struct deadline *deadline;	/* for the answer; then for the worker to let go */
};

struct dispatch {
	struct upcall *upcall;
	struct intake *intake;
	struct deadlines *deadlines;
	struct generation *generation;
	struct refusals *refusals;
	GHashTable *jobs;		/* number -> struct job */
	GQueue waiting;			/* of struct job, accepted and without a worker, oldest first */
	uint64_t next_number;
	guint retry;
	void (*on_idle)(void *user);
	void *user;
};

static void take_on(void *user, const struct handshake_request *request, bool understood);

struct dispatch *dispatch_new(struct upcall *upcall, struct deadlines *deadlines)
{
	struct dispatch *dispatch = g_new0(struct dispatch, 1);

	dispatch->upcall = upcall;
	dispatch->intake = intake_new(upcall, take_on, dispatch);
	dispatch->deadlines = deadlines;
	dispatch->refusals = refusals_new(deadlines);
	dispatch->jobs = g_hash_table_new(g_int64_hash, g_int64_equal);
	g_queue_init(&dispatch->waiting);
	return dispatch;
}

static void job_free(struct job *job)
{
	g_hash_table_remove(job->dispatch->jobs, &job->number);
	deadline_free(job->deadline);
	g_free(job);
}

void dispatch_free(struct dispatch *dispatch)
{
	g_autoptr(GList) jobs = g_hash_table_get_values(dispatch->jobs);

	g_clear_handle_id(&dispatch->retry, g_source_remove);
	g_queue_clear(&dispatch->waiting);
	for (GList *entry = jobs; entry; entry = entry->next)
		job_free(entry->data);
	g_hash_table_destroy(dispatch->jobs);
	refusals_free(dispatch->refusals);
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
	bool anonymous = job->request.role == PROTO_ROLE_SERVER && (result->status != 0 || !result->peer_authenticated);

	if (anonymous && !refusals_admit(job->dispatch->refusals, job->peer))
		return;
	report_log(&(struct report){
		.request = &job->request,
		.peer = job->peer,
		.result = result,
		.settings = settings(job->dispatch),
		.duration_ms = proto_now_ms() - job->accepted_ms,
		.ended = ended,
	});
}

/* Send DONE at once, then close: after DONE the socket is the consumer's. The log comes last. */
static void answer(struct job *job, const struct proto_result *result)
{
	struct dispatch *dispatch = job->dispatch;
	bool by_certificate = result->status == 0 && result->peer_authenticated &&
			      job->request.auth == PROTO_AUTH_X509 && job->request.role == PROTO_ROLE_SERVER;
	bool ended = !socket_is_connected(job->request.fd);
	int ret = -EAGAIN;

	/* Memory may be short for a moment; the kernel takes an answer once, so that to repeat it is safe. */
	for (int attempt = 0; attempt < DONE_ATTEMPTS && ret < 0; attempt++)
		ret = upcall_done(dispatch->upcall, job->request.fd, result->status,
				  by_certificate ? UPCALL_AUTH_CERTIFICATE : 0);

	close(job->request.fd);
	job->request.fd = -1;
	job->answered = true;
	log_line(LOG_DEBUG, "request %" PRIu64 ": answered with status %u", job->number, result->status);
	if (ret < 0)
		log_line(LOG_ERR, "the kernel did not take the answer to a handshake with %s: %s", job->peer, strerror(-ret));
	write_report(job, result, ended);
	intake_answered(dispatch->intake);
	if (dispatch_open(dispatch) == 0 && dispatch->on_idle) {
		void (*on_idle)(void *user) = dispatch->on_idle;
		dispatch->on_idle = NULL;
		on_idle(dispatch->user);
	}
}

static void answer_self(struct job *job, uint32_t status, enum proto_reason reason)
{
	union proto_message message;

	proto_init(&message, PROTO_RESULT);
	message.result.status = status;
	message.result.reason = reason;
	message.result.alert_sent = message.result.alert_received = PROTO_NO_ALERT;
	answer(job, &message.result);
}

/* An accepted request without a worker: nobody has spoken to the peer, so we may say in the clear that it is our fault. */
static void give_up_waiting(struct job *job, enum proto_reason reason)
{
	g_queue_remove(&job->dispatch->waiting, job);
	alert_internal_error(job->request.fd);
	answer_self(job, ETIMEDOUT, reason);
	job_free(job);
}

static void release_keeper(struct job *job)
{
	struct keeping *keeping = job->generation ? generation_keeping(job->generation) : NULL;

	if (job->opened && keeping)
		keeping_close(keeping, job->number);
	job->opened = false;
}

static uint32_t call_limit_ms(const struct job *job)
{
	return generation_snapshot(job->generation)->settings.sign_timeout_ms;
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
	deadline_set(job->deadline, proto_now_ms() + call_limit_ms(job) + TIMING_WORKER_GRACE_MS);
	answer_self(job, ETIMEDOUT, REASON_DEADLINE);
}

/* Private keys that the worker may have used in this job, as bits. */
static uint32_t keys_for(const struct job *job, const struct snapshot *snapshot)
{
	const struct snapshot_profile *profile = snapshot_profile(snapshot, job->request.role);
	uint32_t keys = 0;

	if (job->request.role == PROTO_ROLE_CLIENT && job->request.auth != PROTO_AUTH_X509)
		return 0;
	for (uint32_t i = 0; profile && i < profile->identity_count; i++)
		keys |= UINT32_C(1) << profile->identities[i].key;
	return keys;
}

/* Returns 0, or a negative errno when no worker takes the job now. */
static int place(struct dispatch *dispatch, struct job *job)
{
	struct generation *generation = dispatch->generation;
	struct working *working = generation ? generation_pick(generation) : NULL;
	union proto_message message;

	if (!working)
		return -EAGAIN;
	const struct snapshot *snapshot = generation_snapshot(generation);
	struct keeping *keeping = generation_keeping(generation);
	uint32_t keys = keys_for(job, snapshot);
	if (keys && !keeping)
		return -EAGAIN;		/* a new generation is on its way */
	if (keys) {
		int ret = keeping_open(keeping, job->number, working_number(working), keys);
		if (ret < 0)
			return ret;
	}
	proto_init(&message, PROTO_JOB);
	message.job.job = job->number;
	message.job.role = job->request.role;
	message.job.auth = job->request.auth;
	message.job.deadline_ms = job->timing.job_deadline_ms;
	message.job.hello_deadline_ms = job->timing.hello_deadline_ms;
	memcpy(message.job.peername, job->request.peername, sizeof(message.job.peername));
	int ret = working_give(working, &message, job->request.fd);
	if (ret < 0) {
		if (keys)
			keeping_close(keeping, job->number);
		return ret;
	}
	job->working = working;
	job->generation = generation;
	job->opened = keys != 0;
	return 0;
}

static gboolean try_again(gpointer user_data)
{
	struct dispatch *dispatch = user_data;

	dispatch->retry = 0;
	dispatch_capacity(dispatch);
	return G_SOURCE_REMOVE;
}

/*
 * Offer the waiting jobs, the oldest first. Where a worker takes none that needs a private key, because the keeper is gone,
 * those that need none still go; behind one that was not taken, others of its kind are not tried.
 */
void dispatch_capacity(struct dispatch *dispatch)
{
	bool stuck[2] = { false, false };

	if (!dispatch->generation)
		return;
	const struct snapshot *snapshot = generation_snapshot(dispatch->generation);
	for (GList *entry = dispatch->waiting.head, *next; entry && !(stuck[0] && stuck[1]); entry = next) {
		struct job *job = entry->data;
		bool *kind = &stuck[keys_for(job, snapshot) != 0];
		next = entry->next;
		if (!*kind && place(dispatch, job) == 0)
			g_queue_delete_link(&dispatch->waiting, entry);
		else
			*kind = true;
	}
	/* Workers that start or finish call again; a full channel or too many descriptors in flight do not. */
	if (!g_queue_is_empty(&dispatch->waiting) && !dispatch->retry)
		dispatch->retry = g_timeout_add(RETRY_MS, try_again, dispatch);
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
		answer_self(job, understood ? EOPNOTSUPP : EACCES, understood ? REASON_NOT_TCP : REASON_REQUEST);
		job_free(job);
		return;
	}
	job->timing = timing_of(request, settings(dispatch), job->accepted_ms);
	deadline_set(job->deadline, job->timing.answer_deadline_ms);
	g_queue_push_tail(&dispatch->waiting, job);
	dispatch_capacity(dispatch);
}

void dispatch_wakeup(struct dispatch *dispatch)
{
	intake_wakeup(dispatch->intake);
}

void dispatch_use(struct dispatch *dispatch, struct generation *generation)
{
	dispatch->generation = generation;
	dispatch_capacity(dispatch);
	intake_use(dispatch->intake, generation);
}

/* What a worker may report: no other status has a meaning for the consumers of x509 handshakes. */
static bool status_allowed(uint32_t status)
{
	return status == 0 || status == EACCES || status == ETIMEDOUT;
}

void dispatch_result(struct dispatch *dispatch, struct working *working, const struct proto_result *result)
{
	struct job *job = g_hash_table_lookup(dispatch->jobs, &result->job);

	if (!job || job->working != working || !status_allowed(result->status)) {
		working_kill(working, "answered a job that is not its own, or with a status that it may not give, and is "
			     "ended");
		return;
	}
	if (result->status == 0 && !job->answered && !socket_has_keys(job->request.fd)) {
		working_kill(working, "reported success without keys in the kernel, and is ended");
		return;		/* the job is answered when the worker is gone */
	}
	struct keeping *keeping = generation_keeping(job->generation);
	if (job->opened && keeping && keeping_report(keeping, working_number(working), result))
		working_kill(working, "has no answer from a keeper that answers others, and is replaced");
	release_keeper(job);
	job->working = NULL;
	working_finished(working);
	if (!job->answered)
		answer(job, result);
	job_free(job);
	dispatch_capacity(dispatch);
}

void dispatch_worker_lost(struct dispatch *dispatch, struct working *working)
{
	g_autoptr(GList) jobs = g_hash_table_get_values(dispatch->jobs);

	for (GList *entry = jobs; entry; entry = entry->next) {
		struct job *job = entry->data;
		if (job->working != working)
			continue;
		release_keeper(job);
		job->working = NULL;
		if (!job->answered)
			answer_self(job, ETIMEDOUT, REASON_WORKER_LOST);
		job_free(job);
	}
}

void dispatch_stop(struct dispatch *dispatch, void (*on_idle)(void *user), void *user)
{
	intake_stop(dispatch->intake);
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
			answer_self(job, ETIMEDOUT, REASON_SHUTDOWN);
		else if (!job->answered)
			give_up_waiting(job, REASON_SHUTDOWN);
	}
}
