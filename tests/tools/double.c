// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * double: stands in the place of the installed worker, and breaks its contracts.
 *
 * At its start it looks for the file "on" in DOUBLE_DIR. Without that, it becomes the real worker, which lies beside it as
 * worker.real. Else the file "start" there may say how it fails to start:
 *
 *	exit		ends before it is ready		mute		is never ready
 *	ready-twice	says ready two times		unasked		answers a job before there is any
 *
 * Else it says that it is ready and takes jobs; a file there that is named like its process number says what it does
 * then. Without one it answers that it is out of resources.
 *
 *	loop		loops for ever			silent		never says a word
 *	garbage		bytes that are no message	short, long	a result of the wrong length
 *	version, type	of another build; unknown	channel		asks the supervisor for a signature
 *	foreign		answers another job		twice		answers a job two times
 *	success		reports keys that are not there	status, reason	reports what may not be reported
 *	text		text without an end		fds		descriptors along with a result
 *	flood		notices without end		storm		foreign answers, as many as fit
 *	sign		asks for signatures that it may not have, says what came, and answers
 *	sign-garbage	bytes that are no call, to the keeper, and answers
 *	hold		takes the job and waits for the next one, which ends both
 *	deaf		answers this job and all that follow, and takes none of them out of the channel
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

#include "proto.h"

#define DOUBLE_DIR "/run/test/double"
#define REAL_WORKER CHILDDIR "/worker.real"
#define SCHEME_ECDSA 0x0403	/* with P-256 and SHA-256 */
#define DIGEST_SIZE 32
#define KEY_NOT_OPENED 5
#define STORM 64

static char mode[32];

static bool is(const char *name)
{
	return strcmp(mode, name) == 0;
}

/* Reads a mode out of a file of this name; none leaves it empty. */
static void read_mode(const char *name)
{
	char path[64];

	mode[0] = '\0';
	snprintf(path, sizeof(path), DOUBLE_DIR "/%s", name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	ssize_t got = read(fd, mode, sizeof(mode) - 1);
	close(fd);
	mode[got > 0 ? got : 0] = '\0';
	mode[strcspn(mode, "\n")] = '\0';
}

static void say(const char *text)
{
	proto_notice(PROTO_FD_SUPERVISOR, LOG_NOTICE, "double: %s", text);
}

static void send_ready(void)
{
	union proto_message message;

	proto_init(&message, PROTO_WORKER_READY);
	proto_send(PROTO_FD_SUPERVISOR, &message, NULL, 0);
}

/* A result that the supervisor would take. */
static void make_result(union proto_message *message, uint64_t job)
{
	proto_init(message, PROTO_RESULT);
	message->result.job = job;
	message->result.status = ETIMEDOUT;
	message->result.reason = REASON_RESOURCES;
	message->result.alert_sent = message->result.alert_received = PROTO_NO_ALERT;
}

static void send_result(uint64_t job)
{
	union proto_message message;

	make_result(&message, job);
	proto_send(PROTO_FD_SUPERVISOR, &message, NULL, 0);
}

static void send_bytes(int fd, const void *data, size_t size)
{
	if (send(fd, data, size, MSG_NOSIGNAL) < 0)
		exit(EXIT_FAILURE);
}

static void spoil(uint64_t job)
{
	union proto_message message;
	size_t size = sizeof(message.result);

	make_result(&message, job);
	if (is("short"))
		size--;
	else if (is("long"))
		size++;
	else if (is("version"))
		message.header.version++;
	else if (is("type"))
		message.header.type = PROTO_TYPES + 7;
	else if (is("foreign"))
		message.result.job += 1000;
	else if (is("success"))
		message.result.status = 0, message.result.reason = REASON_OK;
	else if (is("status"))
		message.result.status = EIO;
	else if (is("reason"))
		message.result.reason = REASON_CODES;
	else if (is("text"))
		memset(message.result.peer_subject, 'x', sizeof(message.result.peer_subject));
	send_bytes(PROTO_FD_SUPERVISOR, &message, size);
}

static void send_fds(uint64_t job)
{
	union proto_message message;
	int fds[2] = { STDERR_FILENO, STDERR_FILENO };

	make_result(&message, job);
	proto_send(PROTO_FD_SUPERVISOR, &message, fds, 2);
}

static void send_garbage(int fd)
{
	unsigned char garbage[333];

	memset(garbage, 0xa5, sizeof(garbage));
	send_bytes(fd, garbage, sizeof(garbage));
}

/* Returns the keeper's status, or 1 when no answer came. */
static int ask(const char *what, uint64_t job, uint32_t key, uint16_t scheme, uint16_t length)
{
	union proto_message message;
	int status = 1;

	proto_init(&message, PROTO_SIGN);
	message.sign.job = job;
	message.sign.key = key;
	message.sign.scheme = scheme;
	message.sign.length = length;
	memset(message.sign.input, 0x42, length);
	if (proto_send(PROTO_FD_SIGN, &message, NULL, 0) == 0 &&
	    proto_receive(PROTO_FD_SIGN, &message, 0, NULL, 0) == 0)
		status = message.signature.status;
	proto_notice(PROTO_FD_SUPERVISOR, LOG_NOTICE, "double: asked for %s: %s", what,
		     status == 0 ? "signed" : status == 1 ? "no answer" : "refused");
	return status;
}

static void ask_all(uint64_t job)
{
	struct timeval limit = { .tv_sec = 5 };

	setsockopt(PROTO_FD_SIGN, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	ask("the job before", job - 1, 0, SCHEME_ECDSA, DIGEST_SIZE);
	ask("the job after", job + 1, 0, SCHEME_ECDSA, DIGEST_SIZE);
	ask("a job of no one", job + 1000, 0, SCHEME_ECDSA, DIGEST_SIZE);
	ask("a key that is not open", job, KEY_NOT_OPENED, SCHEME_ECDSA, DIGEST_SIZE);
	ask("its own", job, 0, SCHEME_ECDSA, DIGEST_SIZE);
	ask("its own again", job, 0, SCHEME_ECDSA, DIGEST_SIZE);
}

static void send_sign(uint64_t job)
{
	union proto_message message;

	proto_init(&message, PROTO_SIGN);
	message.sign.job = job;
	message.sign.scheme = SCHEME_ECDSA;
	message.sign.length = DIGEST_SIZE;
	proto_send(PROTO_FD_SUPERVISOR, &message, NULL, 0);
}

/* What lies in the channel is looked at where it lies: the sockets that came with it stay there. */
static void answer_without_reading(uint64_t job)
{
	union proto_message message;
	int offset = 0;

	send_result(job);
	if (setsockopt(PROTO_FD_SUPERVISOR, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof(offset)) < 0)
		exit(EXIT_FAILURE);
	while (recv(PROTO_FD_SUPERVISOR, &message, sizeof(message), MSG_PEEK) > 0)
		if (message.header.type == PROTO_JOB)
			send_result(message.job.job);
	exit(EXIT_FAILURE);
}

static void misbehave(uint64_t job)
{
	if (is("loop")) {
		for (volatile unsigned int i = 0;; i++)
			;
	} else if (is("garbage")) {
		send_garbage(PROTO_FD_SUPERVISOR);
	} else if (is("fds")) {
		send_fds(job);
	} else if (is("channel")) {
		send_sign(job);
	} else if (is("twice")) {
		send_result(job);
		send_result(job);
	} else if (is("storm")) {
		for (int i = 1; i <= STORM; i++)
			send_result(job + 1000 + i);
	} else if (is("flood")) {
		for (;;)
			say("one of many");
	} else if (is("deaf")) {
		answer_without_reading(job);
	} else if (is("sign")) {
		ask_all(job);
		send_result(job);
	} else if (is("sign-garbage")) {
		send_garbage(PROTO_FD_SIGN);
		send_result(job);
	} else if (is("")) {
		send_result(job);
	} else if (!is("silent")) {
		spoil(job);
	}
}

/* What was taken stays taken: the sockets are closed by our end. */
static void serve(void)
{
	union proto_message message;
	uint64_t held = 0;
	char name[16];
	int fd;

	snprintf(name, sizeof(name), "%d", (int)getpid());
	for (;;) {
		int ret = proto_receive(PROTO_FD_SUPERVISOR, &message, 0, &fd, 1);
		if (ret < 0)
			exit(EXIT_FAILURE);
		if (message.header.type != PROTO_JOB)
			continue;
		read_mode(name);
		if (is("hold")) {
			held = message.job.job;
			continue;
		}
		misbehave(message.job.job);
		if (held)
			send_result(held);
		held = 0;
	}
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return EXIT_FAILURE;
	if (access(DOUBLE_DIR "/on", F_OK) < 0) {
		execv(REAL_WORKER, argv);
		return EXIT_FAILURE;
	}
	/* As the real worker does, so that one that loops ends with the test. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	read_mode("start");
	fcntl(PROTO_FD_SUPERVISOR, F_SETFL, fcntl(PROTO_FD_SUPERVISOR, F_GETFL) & ~O_NONBLOCK);
	if (is("exit"))
		return EXIT_FAILURE;
	if (is("mute")) {
		for (;;)
			pause();
	}
	send_ready();
	if (is("ready-twice"))
		send_ready();
	if (is("unasked"))
		send_result(1);
	serve();
	return EXIT_SUCCESS;
}
