// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a worker.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

#include "channel.h"
#include "log.h"
#include "process.h"
#include "working.h"

#define WORKER_PATH CHILDDIR "/worker"
#define START_TIMEOUT_MS 30000	/* a machine that boots is busy */
#define END_GRACE_MS 2000
#define NOTICES_PER_SECOND 20	/* a worker that was taken over must not fill the log */

struct working {
	uint32_t number;
	uint32_t call_limit_ms;
	struct channel *channel;
	struct channel *psk_channel;
	struct process *process;
	struct deadline *start;
	const struct working_events *events;
	void *user;
	unsigned int jobs;
	uint64_t last_job;	/* the one that it was given last */
	bool ready;
	bool behind;
	bool condemned;		/* killed, but not gone yet: nothing that it sends counts any more */
	int64_t notice_second;
	unsigned int notices;
};

uint32_t working_number(const struct working *working)
{
	return working->number;
}

uint32_t working_call_limit_ms(const struct working *working)
{
	return working->call_limit_ms;
}

bool working_is_ready(const struct working *working)
{
	return working->ready && working->process && !working->condemned;
}

unsigned int working_jobs(const struct working *working)
{
	return working->jobs;
}

uint64_t working_last_job(const struct working *working)
{
	return working->last_job;
}

bool working_has_room(const struct working *working)
{
	return !working->behind && working->jobs < WORKING_JOBS_MAX;
}

void working_kill(struct working *working, const char *reason)
{
	if (!working->process || working->condemned)
		return;
	working->condemned = true;
	log_line(LOG_ERR, "worker %u (process %d) %s", working->number, (int)process_pid(working->process), reason);
	process_kill(working->process);
}

static void notice(struct working *working, const struct proto_notice *text)
{
	int64_t second = proto_now_ms() / 1000;

	if (second != working->notice_second) {
		working->notice_second = second;
		working->notices = 0;
	}
	if (++working->notices < NOTICES_PER_SECOND)
		log_line(text->priority, "worker %u: %s", working->number, text->text);
	else if (working->notices == NOTICES_PER_SECOND)
		log_line(LOG_WARNING, "worker %u says more than %d lines in a second: the rest is left out",
			 working->number, NOTICES_PER_SECOND);
}

static void received(void *user, const union proto_message *message, int *fds)
{
	struct working *working = user;

	(void)fds;
	if (working->condemned)
		return;
	working->behind = false;
	switch (message->header.type) {
	case PROTO_NOTICE:
		notice(working, &message->notice);
		return;
	case PROTO_WORKER_READY:
		if (working->ready)
			break;
		working->ready = true;
		deadline_clear(working->start);
		working->events->ready(working->user, working);
		return;
	case PROTO_RESULT:
		if (!working->ready)
			break;
		working->events->result(working->user, working, &message->result);
		return;
	}
	working_kill(working, "broke the message contract and is ended");
}

static void asked(void *user, const union proto_message *message, int *fds)
{
	struct working *working = user;

	(void)fds;
	if (working->condemned)
		return;
	if (message->header.type == PROTO_PSK && working->ready)
		working->events->psk(working->user, working, &message->psk);
	else
		working_kill(working, "broke the message contract and is ended");
}

static void broken(void *user, int error)
{
	struct working *working = user;

	/* The end of the process follows, and is what is reported. */
	if (!working->process)
		return;
	if (error == -EPIPE)
		process_kill(working->process);
	else
		working_kill(working, "broke the message contract and is ended");
}

static void ended(void *user, const char *how)
{
	struct working *working = user;

	working->process = NULL;
	channel_drain(working->channel);
	log_line(LOG_ERR, "worker %u ended: %s", working->number, how);
	working->events->lost(working->user, working);
}

static void too_late(void *user)
{
	working_kill(user, "was not ready in time and is ended");
}

/* A sign channel of its own for each worker: the keeper knows by it who asks. */
static int attach(struct keeping *keeping, uint32_t number, int *sign_fd)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	int ret = keeping_attach(keeping, number, pair[0]);
	close(pair[0]);
	if (ret < 0)
		close(pair[1]);
	else
		*sign_fd = pair[1];
	return ret;
}

int working_start(struct working **out, uint32_t number, struct deadlines *deadlines, const struct users *users,
		  int snapshot_fd, struct keeping *keeping, uint32_t call_limit_ms, const struct working_events *events,
		  void *user)
{
	g_autofree char *limit = g_strdup_printf("%u", call_limit_ms);
	char *argv[] = { "worker", (char *)users->worker.uid, (char *)users->worker.gid, limit, NULL };
	struct working *working = g_new0(struct working, 1);
	int theirs = -1, sign_fd = -1, psk_fd = -1;

	working->number = number;
	working->call_limit_ms = call_limit_ms;
	working->events = events;
	working->user = user;
	working->start = deadline_new(deadlines, too_late, working);
	int ret = keeping ? attach(keeping, number, &sign_fd) : 0;
	if (ret == 0)
		ret = channel_pair(&working->channel, &theirs, 0, received, broken, working);
	if (ret == 0)
		ret = channel_pair(&working->psk_channel, &psk_fd, 0, asked, broken, working);
	if (ret == 0)
		ret = process_spawn(&working->process, WORKER_PATH, argv, (int[]){ theirs, sign_fd, snapshot_fd, psk_fd },
				    ended, working);
	if (theirs >= 0)
		close(theirs);
	if (sign_fd >= 0)
		close(sign_fd);
	if (psk_fd >= 0)
		close(psk_fd);
	if (ret < 0) {
		log_line(LOG_ERR, "cannot start a worker (" WORKER_PATH "): %s; is the installation of one piece, and memory left?",
			 strerror(-ret));
		working_free(working);
		return ret;
	}
	deadline_set(working->start, proto_now_ms() + START_TIMEOUT_MS);
	*out = working;
	return 0;
}

void working_free(struct working *working)
{
	if (!working)
		return;
	channel_free(working->channel);
	channel_free(working->psk_channel);
	if (working->process)
		process_abandon(working->process, END_GRACE_MS);
	deadline_free(working->start);
	g_free(working);
}

int working_give(struct working *working, const union proto_message *message, const int *fds, unsigned int nfds)
{
	int ret = channel_try(working->channel, message, fds, nfds);

	if (ret == 0)
		working->last_job = message->job.job;
	if (ret == 0)
		working->jobs++;
	else if (ret == -EAGAIN && working->jobs > 0)
		working->behind = true;	/* until its next message */
	else if (ret == -EAGAIN)
		working_kill(working, "answers jobs without reading its channel, and is ended");
	return ret;
}

void working_answer(struct working *working, const union proto_message *message)
{
	int ret = channel_try(working->psk_channel, message, NULL, 0);

	/* One call at a time: the answer always fits for a worker that waits for it. */
	if (ret < 0 && ret != -EPIPE)
		working_kill(working, "does not take the key that it asked for, and is ended");
}

void working_finished(struct working *working)
{
	working->jobs--;
}

void working_cancel(struct working *working, uint64_t job)
{
	union proto_message message;

	proto_init(&message, PROTO_CANCEL);
	message.cancel.job = job;
	if (channel_post(working->channel, &message) == -EOVERFLOW)
		working_kill(working, "does not read its channel and is ended");
}
