// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * peer: connections to the kernel's NFS server, or a server for its client, that agree to TLS (RFC 9289) and then
 * misbehave as they are told. For each connection it prints when and how it ended.
 *
 *	peer client|server ADDRESS PORT MODE [count=N] [seconds=N] [together=N] [gauge=FILE] [retry] [keep]
 *
 * MODE: silent, drip (a byte of a hello each half second), drip-ccs (a hello, then a ChangeCipherSpec each half second),
 * garbage, long-hello, endless, old-hello (a server chooses TLS 1.2), alert-N, full (a handshake and a call), or close-STEP
 * and reset-STEP with connect, probe, agreed, half, hello or answer as the step.
 *
 * At most so many of a client's connections are on their way to a handshake at a time (together, 8 by default). That is
 * until the answer to their probe, or with the folder /proc/PID/fd as the gauge, until this process holds one more
 * descriptor for each: the kernel lets few requests wait, and of those that it refuses it forgets silent ones for minutes
 * without closing them. retry begins again what was refused without a word of TLS; keep begins again always. After the
 * given time, or at SIGTERM, what is still open is reported as open.
 */
#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "peer.h"
#include "proto.h"

#define COUNT_MAX 4096
#define TOGETHER 8
#define ROOM_MS 10

struct run {
	struct mode mode;
	unsigned int count, together, begun, open;
	int64_t until_ms;
	const char *gauge;	/* whose size counts the handshakes that were taken */
	long gauge_base;
	int listener;		/* -1: client, or all have come */
	int signals;
	struct connection *connections[COUNT_MAX];
	struct pollfd watches[COUNT_MAX + 2];
};

static int usage(void)
{
	fputs("usage: peer client|server ADDRESS PORT MODE [count=N] [seconds=N] [together=N] [gauge=FILE] [retry] [keep]\n", stderr);
	return EXIT_FAILURE;
}

static bool parse_address(struct run *run, const char *address, const char *port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		return false;
	memcpy(&run->mode.address, found->ai_addr, found->ai_addrlen);
	run->mode.address_size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool parse(struct run *run, int argc, char **argv)
{
	unsigned int seconds = 30;

	run->count = 1;
	run->together = TOGETHER;
	if (argc < 5 || !parse_address(run, argv[2], argv[3]))
		return false;
	run->mode.server = strcmp(argv[1], "server") == 0;
	if ((!run->mode.server && strcmp(argv[1], "client") != 0) || !mode_parse(&run->mode, argv[4]) ||
	    (run->mode.server && run->mode.tls))
		return false;
	for (int i = 5; i < argc; i++) {
		if (strcmp(argv[i], "retry") == 0)
			run->mode.retry = true;
		else if (strcmp(argv[i], "keep") == 0)
			run->mode.keep = true;
		else if (strncmp(argv[i], "gauge=", 6) == 0)
			run->gauge = argv[i] + 6;
		else if (sscanf(argv[i], "count=%u", &run->count) != 1 && sscanf(argv[i], "seconds=%u", &seconds) != 1 &&
			 sscanf(argv[i], "together=%u", &run->together) != 1)
			return false;
	}
	run->until_ms = proto_now_ms() + (int64_t)seconds * 1000;
	return run->count > 0 && run->count <= COUNT_MAX;
}

static bool start_listening(struct run *run)
{
	static const int on = 1;

	run->listener = socket(run->mode.address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	return run->listener >= 0 && setsockopt(run->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       bind(run->listener, (struct sockaddr *)&run->mode.address, run->mode.address_size) == 0 &&
	       listen(run->listener, 16) == 0;
}

static int watch_signals(void)
{
	sigset_t end;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &end, NULL);
	return signalfd(-1, &end, SFD_CLOEXEC);
}

static void take_in(struct run *run)
{
	int fd = accept4(run->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	run->connections[run->open++] = connection_accepted(&run->mode, run->begun++, fd);
	if (run->begun == run->count) {
		close(run->listener);
		run->listener = -1;
	}
}

/* What the process with the sockets holds of them: more than at the beginning. */
static long taken(struct run *run)
{
	struct stat status;

	return stat(run->gauge, &status) < 0 ? 0 : status.st_size - run->gauge_base;
}

/* How many connections are on their way to a handshake. */
static long on_their_way(struct run *run)
{
	long count = 0, waiting = 0;

	for (unsigned int i = 0; i < run->open; i++) {
		count += connection_on_its_way(run->connections[i]);
		waiting += connection_waits(run->connections[i]);
	}
	if (!run->gauge)
		return count;
	long untaken = (long)run->open - count - waiting - taken(run);
	return count + (untaken > 0 ? untaken : 0);
}

/* Begin, or begin again, as many as may be on their way at a time. */
static void begin_more(struct run *run)
{
	long room = run->mode.server ? 0 : run->together - on_their_way(run);

	for (unsigned int i = 0; i < run->open && room > 0; i++) {
		if (connection_waits(run->connections[i])) {
			connection_again(run->connections[i]);
			room--;
		}
	}
	for (; run->begun < run->count && room > 0; room--)
		run->connections[run->open++] = connection_connect(&run->mode, run->begun++);
}

/* Returns how long to wait. */
static int set_watches(struct run *run, int64_t now_ms)
{
	int64_t due_ms = run->until_ms;

	/* Nothing wakes us when there is room for more. */
	if (!run->mode.server && on_their_way(run) >= (long)run->together)
		due_ms = now_ms + ROOM_MS;

	for (unsigned int i = 0; i < run->open; i++) {
		int64_t at_ms = connection_watch(run->connections[i], &run->watches[i]);
		if (at_ms < due_ms)
			due_ms = at_ms;
	}
	run->watches[run->open] = (struct pollfd){ .fd = run->listener, .events = POLLIN };
	run->watches[run->open + 1] = (struct pollfd){ .fd = run->signals, .events = POLLIN };
	return due_ms > now_ms ? (int)(due_ms - now_ms) : 0;
}

static void turn(struct run *run)
{
	unsigned int open = run->open, kept = 0;
	bool comes = run->watches[open].revents & POLLIN;

	for (unsigned int i = 0; i < open; i++) {
		struct connection *connection = run->connections[i];
		if (connection_step(connection, run->watches[i].revents))
			run->connections[kept++] = connection;
	}
	run->open = kept;
	if (comes)
		take_in(run);
}

static void loop(struct run *run)
{
	for (;;) {
		int64_t now_ms = proto_now_ms();
		begin_more(run);
		if (run->open == 0 && run->listener < 0)
			break;
		if (now_ms >= run->until_ms)
			break;
		int timeout_ms = set_watches(run, now_ms);
		if (poll(run->watches, run->open + 2, timeout_ms) < 0 && errno != EINTR)
			abort();
		if (run->watches[run->open + 1].revents)
			break;
		turn(run);
	}
	for (unsigned int i = 0; i < run->open; i++)
		connection_abandon(run->connections[i]);
}

int main(int argc, char **argv)
{
	static struct run run;

	run.listener = -1;
	if (!parse(&run, argc, argv))
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	run.signals = watch_signals();
	if (run.mode.server && !start_listening(&run)) {
		perror("peer: listening");
		return EXIT_FAILURE;
	}
	if (run.mode.server)
		puts("listening");
	run.gauge_base = run.gauge ? taken(&run) : 0;
	loop(&run);
	return EXIT_SUCCESS;
}
