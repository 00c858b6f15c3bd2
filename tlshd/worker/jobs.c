// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The worker's loop.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "alert.h"
#include "jobs.h"
#include "outcome.h"
#include "proto.h"
#include "timers.h"

#define MESSAGES_PER_TURN 16
#define TIMERS_PER_TURN 16
#define EVENTS_PER_TURN 4
#define EVENTS_MAX 128	/* that are looked at to choose these */
#define TURN_MS 10

struct job {
	struct timer timer;		/* first: a timer's address is its job's */
	uint64_t number;
	int fd;
	uint32_t events;		/* what epoll watches for */
	bool begun;			/* something was computed for it already */
	uint64_t stepped;		/* when it had its last step, in steps; 0: never */
	int64_t deadline_ms;
	int64_t hello_deadline_ms;	/* 0: none, or no more */
	struct handshake *handshake;
};

struct jobs {
	int channel;
	int epoll;
	const struct handshake_context *context;
	struct timers timers;		/* one for each job: the table of jobs, too */
	uint64_t steps;			/* so far */
	union proto_message message;	/* large, and there is one at a time */
};

int jobs_new(int channel, const struct handshake_context *context, struct jobs **out)
{
	struct epoll_event event = { .events = EPOLLIN };
	int ret;

	struct jobs *jobs = calloc(1, sizeof(*jobs));
	if (!jobs)
		return -ENOMEM;
	jobs->channel = channel;
	jobs->context = context;
	jobs->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (jobs->epoll < 0 || epoll_ctl(jobs->epoll, EPOLL_CTL_ADD, channel, &event) < 0) {
		ret = -errno;
		if (jobs->epoll >= 0)
			close(jobs->epoll);
		free(jobs);
		return ret;
	}
	*out = jobs;
	return 0;
}

/*
 * Out of epoll by our own hand: the kernel's consumer keeps the socket's file alive, and epoll would go on to report it
 * after our close.
 */
static void free_job(struct jobs *jobs, struct job *job)
{
	timers_remove(&jobs->timers, &job->timer);
	epoll_ctl(jobs->epoll, EPOLL_CTL_DEL, job->fd, NULL);
	handshake_free(job->handshake);
	close(job->fd);
	free(job);
}

void jobs_free(struct jobs *jobs)
{
	struct timer *timer;

	if (!jobs)
		return;
	while ((timer = timers_first(&jobs->timers)))
		free_job(jobs, (struct job *)timer);
	timers_free(&jobs->timers);
	close(jobs->epoll);
	free(jobs);
}

/* The socket is closed before the supervisor hears of it: from then on it is the kernel's alone. */
static int end_job(struct jobs *jobs, struct job *job)
{
	handshake_result(job->handshake, &jobs->message);
	free_job(jobs, job);
	return proto_send(jobs->channel, &jobs->message, NULL, 0);
}

/*
 * A job that never became one, for want of memory: nothing was sent on the socket yet, so a plain fatal alert
 * internal_error tells the peer to come again (RFC 8446, 6.2).
 */
static int refuse_job(struct jobs *jobs, uint64_t number, int fd, enum proto_reason reason, int error)
{
	struct outcome outcome = outcome_of(reason, error);

	if (fd >= 0) {
		alert_plain(fd, ALERT_INTERNAL_ERROR);
		close(fd);
	}
	proto_init(&jobs->message, PROTO_RESULT);
	jobs->message.result.job = number;
	jobs->message.result.reason = outcome.reason;
	jobs->message.result.status = outcome.status;
	jobs->message.result.error = outcome.error;
	jobs->message.result.alert_sent = PROTO_NO_ALERT;
	jobs->message.result.alert_received = PROTO_NO_ALERT;
	return proto_send(jobs->channel, &jobs->message, NULL, 0);
}

static int64_t next_due(const struct job *job)
{
	if (job->hello_deadline_ms && job->hello_deadline_ms < job->deadline_ms)
		return job->hello_deadline_ms;
	return job->deadline_ms;
}

static int watch_job(struct jobs *jobs, struct job *job, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = job };

	if (events == job->events)
		return 0;
	if (epoll_ctl(jobs->epoll, job->events ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, job->fd, &event) < 0) {
		handshake_abandon(job->handshake, REASON_RESOURCES);
		return end_job(jobs, job);
	}
	job->events = events;
	return 0;
}

static int step_job(struct jobs *jobs, struct job *job)
{
	enum handshake_state state = handshake_step(job->handshake);

	if (state == HANDSHAKE_OVER)
		return end_job(jobs, job);
	job->stepped = ++jobs->steps;
	job->begun = job->begun || handshake_heard(job->handshake);
	if (job->hello_deadline_ms && handshake_heard(job->handshake)) {
		job->hello_deadline_ms = 0;
		timers_move(&jobs->timers, &job->timer, next_due(job));
	}
	return watch_job(jobs, job, state == HANDSHAKE_WRITES ? EPOLLOUT : EPOLLIN);
}

static int begin_job(struct jobs *jobs, int fd, int certificate_fd)
{
	const struct proto_job message = jobs->message.job;	/* without a key that may be behind it */

	if (fd < 0)
		return refuse_job(jobs, message.job, -1, REASON_RESOURCES, EMFILE);
	struct job *job = calloc(1, sizeof(*job));
	if (!job)
		return refuse_job(jobs, message.job, fd, REASON_RESOURCES, ENOMEM);
	job->number = message.job;
	job->fd = fd;
	job->deadline_ms = message.deadline_ms;
	job->hello_deadline_ms = message.role == PROTO_ROLE_SERVER ? message.hello_deadline_ms : 0;
	if (handshake_new(jobs->context, &jobs->message.job, fd, certificate_fd, &job->handshake) < 0 ||
	    timers_add(&jobs->timers, &job->timer, next_due(job)) < 0) {
		handshake_free(job->handshake);
		free(job);
		return refuse_job(jobs, message.job, fd, REASON_RESOURCES, ENOMEM);
	}
	job->begun = message.role == PROTO_ROLE_CLIENT;
	if (job->begun)
		return step_job(jobs, job);
	/* Its first step may already have to wait for the keeper; other messages, a CANCEL perhaps, are read before. */
	if (handshake_begin(job->handshake) == HANDSHAKE_OVER)
		return end_job(jobs, job);
	return watch_job(jobs, job, EPOLLIN);
}

/* A job that is not there has ended while the message was under way. */
static int cancel_job(struct jobs *jobs, uint64_t number)
{
	for (size_t i = 0; i < jobs->timers.count; i++) {
		struct job *job = (struct job *)jobs->timers.heap[i];

		if (job->number == number) {
			handshake_abandon(job->handshake, REASON_CANCELLED);
			return end_job(jobs, job);
		}
	}
	return 0;
}

static void close_all(const int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
}

static int receive_message(struct jobs *jobs, int fds[2])
{
	const struct proto_header *header = &jobs->message.header;

	memset(&jobs->message.header, 0, sizeof(jobs->message.header));
	int ret = proto_receive(jobs->channel, &jobs->message, MSG_DONTWAIT, fds, 2);
	/* A descriptor that we have no room for is lost on the way; the job is not. */
	if (ret == -EBADMSG && (header->type == PROTO_JOB || header->type == PROTO_JOB_PSK) &&
	    proto_check(&jobs->message, proto_size(header->type)) == 0)
		ret = 0;
	return ret;
}

static int act_on_message(struct jobs *jobs, const int fds[2])
{
	int ret;

	switch (jobs->message.header.type) {
	case PROTO_JOB:
	case PROTO_JOB_PSK:
		if ((jobs->message.job.certificate_length > 0) != (fds[1] >= 0) && fds[0] >= 0)
			break;
		ret = begin_job(jobs, fds[0], fds[1]);
		if (fds[1] >= 0)
			close(fds[1]);
		return ret;
	case PROTO_CANCEL:
		if (fds[0] >= 0)
			break;
		return cancel_job(jobs, jobs->message.cancel.job);
	}
	close_all(fds);
	return -EBADMSG;
}

/* What was read may hold a key, of which the handshake has its own copy. */
static int take_message(struct jobs *jobs)
{
	int fds[2];

	int ret = receive_message(jobs, fds);
	if (ret == -EAGAIN)
		return ret;
	if (ret == 0)
		ret = act_on_message(jobs, fds);
	explicit_bzero(&jobs->message, sizeof(jobs->message));
	return ret;
}

static int take_messages(struct jobs *jobs)
{
	for (int i = 0; i < MESSAGES_PER_TURN; i++) {
		int ret = take_message(jobs);

		if (ret < 0)
			return ret == -EAGAIN ? 0 : ret;
	}
	return 0;
}

/*
 * A deadline of this job has passed. The socket is read first: bytes that wait unread have arrived in time, it was we
 * who were busy.
 */
static int expire_job(struct jobs *jobs, struct job *job)
{
	enum handshake_state state = handshake_step(job->handshake);

	if (state != HANDSHAKE_OVER && proto_now_ms() < job->deadline_ms && handshake_heard(job->handshake))
		return step_job(jobs, job);
	if (state != HANDSHAKE_OVER)
		handshake_abandon(job->handshake, handshake_heard(job->handshake) || !job->hello_deadline_ms ?
				  REASON_DEADLINE : REASON_HELLO_TIMEOUT);
	return end_job(jobs, job);
}

/* Here, too, the first step that had to wait ends the turn. */
static int run_timers(struct jobs *jobs)
{
	int64_t began_ms = proto_now_ms();

	for (int i = 0; i < TIMERS_PER_TURN; i++) {
		struct timer *timer = timers_first(&jobs->timers);
		int64_t now_ms = proto_now_ms();

		if (!timer || timer->due_ms > now_ms || now_ms - began_ms >= TURN_MS)
			break;
		int ret = expire_job(jobs, (struct job *)timer);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static int wait_ms(const struct jobs *jobs)
{
	const struct timer *timer = timers_first(&jobs->timers);

	if (!timer)
		return -1;
	int64_t left = timer->due_ms - proto_now_ms();
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : left;
}

/* Those that had their last step longest ago, in this order; of those that had none the first ones. */
static void insert(struct job **list, int *count, struct job *job)
{
	int place = *count;

	while (place > 0 && list[place - 1]->stepped > job->stepped)
		place--;
	if (place == EVENTS_PER_TURN)
		return;
	if (*count < EVENTS_PER_TURN)
		(*count)++;
	memmove(&list[place + 1], &list[place], (*count - place - 1) * sizeof(*list));
	list[place] = job;
}

/*
 * Of those that are ready, the ones that a turn takes: those that have begun come first, so that where there is more to do than
 * can be done in time, some come to their end instead of all of them to their deadlines. But one in each turn is new, and who
 * has waited longest comes first, lest peers that always have something to read keep all others out: epoll itself goes round
 * only where more are ready than are looked at. Returns how many.
 */
static int choose(const struct epoll_event *events, int ready, struct job **chosen)
{
	struct job *fresh[EVENTS_PER_TURN];
	int count = 0, fresh_count = 0;

	for (int i = 0; i < ready; i++) {
		struct job *job = events[i].data.ptr;

		if (job && job->begun)
			insert(chosen, &count, job);
		else if (job)
			insert(fresh, &fresh_count, job);
	}
	if (fresh_count > 0 && count == EVENTS_PER_TURN)
		count--;
	for (int i = 0; i < fresh_count && count < EVENTS_PER_TURN; i++)
		chosen[count++] = fresh[i];
	return count;
}

/*
 * A few events: the others stay ready. A step ends no job but its own, so each pointer is
 * good when its turn comes; the supervisor's messages, which may end any, are read last. A step that had to wait for the
 * keeper ends the turn: the supervisor counts on it that not more than one such wait lies before its CANCEL is read.
 */
static int wait_and_step(struct jobs *jobs)
{
	struct epoll_event events[EVENTS_MAX];
	struct job *chosen[EVENTS_PER_TURN];
	bool messages = false, slow = false;
	int ret = 0;

	int ready = epoll_wait(jobs->epoll, events, EVENTS_MAX, wait_ms(jobs));
	if (ready < 0)
		return errno == EINTR ? 0 : -errno;
	int64_t began_ms = proto_now_ms();
	for (int i = 0; i < ready; i++)
		messages = messages || !events[i].data.ptr;
	int count = choose(events, ready, chosen);
	for (int i = 0; i < count && ret == 0 && !slow; i++) {
		ret = step_job(jobs, chosen[i]);
		slow = proto_now_ms() - began_ms >= TURN_MS;
	}
	return ret == 0 && (messages || slow) ? take_messages(jobs) : ret;
}

int jobs_run(struct jobs *jobs)
{
	int ret;

	do {
		ret = run_timers(jobs);
		if (ret == 0)
			ret = wait_and_step(jobs);
	} while (ret == 0);
	if (ret == -EPIPE)
		return 0;
	proto_notice(jobs->channel, LOG_ERR, ret == -EBADMSG || ret == -EPROTONOSUPPORT ?
		     "worker: the supervisor sent a message that this build does not know (%s); is the installation of "
		     "tlshd half upgraded? Restart the service" :
		     "worker: the main loop failed: %s", strerror(-ret));
	return ret;
}
