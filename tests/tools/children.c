// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A supervisor of one worker that does one job at a time.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "children.h"

#define WAIT_S 30
#define WORKER_NUMBER 1
#define JOB_MS 20000
#define PARKED_FD 20

static bool failed(const char *what, int error)
{
	fprintf(stderr, "finish: %s: %s\n", what, strerror(error));
	return false;
}

/* In the child: the three descriptors to their places; -1 leaves the place empty. */
static void become(char **argv, const int fds[3])
{
	int parked[3];

	for (int i = 0; i < 3; i++)
		parked[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, PARKED_FD);
	for (int i = 0; i < 3; i++) {
		close(PROTO_FD_SUPERVISOR + i);
		if (parked[i] >= 0)
			dup2(parked[i], PROTO_FD_SUPERVISOR + i);
	}
	execv(argv[0], argv);
	_exit(127);
}

/* Returns our end of the channel to it, or -1. */
static int start(const char *path, const char *user, char *third, char *fourth, int second_fd, int third_fd)
{
	char uid[16], gid[16];
	struct timeval limit = { .tv_sec = WAIT_S };
	const struct passwd *entry = getpwnam(user);
	int pair[2];

	if (!entry || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -1;
	snprintf(uid, sizeof(uid), "%u", entry->pw_uid);
	snprintf(gid, sizeof(gid), "%u", entry->pw_gid);
	char *argv[] = { (char *)path, uid, gid, third, fourth, NULL };
	pid_t pid = fork();
	if (pid == 0)
		become(argv, (const int[]){ pair[1], second_fd, third_fd });
	close(pair[1]);
	if (pid < 0 || setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0) {
		close(pair[0]);
		return -1;
	}
	return pair[0];
}

/* The next message that is no notice; these are printed. */
static int receive(int channel, union proto_message *message, int *fds, unsigned int nfds)
{
	for (;;) {
		int ret = proto_receive(channel, message, 0, fds, nfds);
		if (ret < 0 || message->header.type != PROTO_NOTICE)
			return ret;
		fprintf(stderr, "finish: %s\n", message->notice.text);
	}
}

static bool load(struct children *children, const char *config, const char *ciphers)
{
	union proto_message message;
	int fds[2];

	int channel = start(CHILDDIR "/loader", KEEPER_USER, (char *)config, (char *)ciphers, -1, -1);
	if (channel < 0)
		return failed("starting the loader", errno);
	int ret = receive(channel, &message, fds, 2);
	close(channel);
	if (ret < 0 || message.header.type != PROTO_LOADED || fds[1] < 0)
		return failed("loading the configuration", ret < 0 ? -ret : EPROTO);
	children->snapshot = fds[0];
	children->keys = fds[1];
	return true;
}

static bool start_keeper(struct children *children)
{
	union proto_message message;
	int ret;

	children->keeper = start(CHILDDIR "/keeper", KEEPER_USER, NULL, NULL, -1, children->keys);
	if (children->keeper < 0)
		return failed("starting the keeper", errno);
	do {
		ret = receive(children->keeper, &message, NULL, 0);
		if (ret < 0)
			return failed("waiting for the keeper", -ret);
	} while (message.header.type != PROTO_KEEPER_READY);
	return true;
}

static bool start_worker(struct children *children)
{
	union proto_message message;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return failed("making a sign channel", errno);
	proto_init(&message, PROTO_ATTACH);
	message.attach.worker = WORKER_NUMBER;
	int ret = proto_send(children->keeper, &message, &pair[0], 1);
	close(pair[0]);
	children->worker = start(CHILDDIR "/worker", WORKER_USER, NULL, NULL, pair[1], children->snapshot);
	close(pair[1]);
	if (ret < 0 || children->worker < 0)
		return failed("starting the worker", ret < 0 ? -ret : errno);
	ret = receive(children->worker, &message, NULL, 0);
	if (ret < 0 || message.header.type != PROTO_WORKER_READY)
		return failed("waiting for the worker", ret < 0 ? -ret : EPROTO);
	return true;
}

bool children_start(struct children *children, const char *config, const char *ciphers)
{
	return load(children, config, ciphers) && start_keeper(children) && start_worker(children);
}

bool children_job(struct children *children, uint64_t job, int fd)
{
	union proto_message message;

	proto_init(&message, PROTO_OPEN);
	message.open.job = job;
	message.open.worker = WORKER_NUMBER;
	message.open.keys = 1;
	int ret = proto_send(children->keeper, &message, NULL, 0);
	if (ret < 0)
		return failed("opening a job", -ret);
	proto_init(&message, PROTO_JOB);
	message.job.job = job;
	message.job.role = PROTO_ROLE_SERVER;
	message.job.auth = PROTO_AUTH_X509;
	message.job.deadline_ms = proto_now_ms() + JOB_MS;
	ret = proto_send(children->worker, &message, &fd, 1);
	return ret < 0 ? failed("giving a job", -ret) : true;
}

bool children_result(struct children *children, union proto_message *message)
{
	union proto_message end;

	int ret = receive(children->worker, message, NULL, 0);
	if (ret < 0 || message->header.type != PROTO_RESULT)
		return failed("waiting for a result", ret < 0 ? -ret : EPROTO);
	proto_init(&end, PROTO_CLOSE);
	end.close.job = message->result.job;
	ret = proto_send(children->keeper, &end, NULL, 0);
	return ret < 0 ? failed("closing a job", -ret) : true;
}
