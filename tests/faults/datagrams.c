// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A reader of log datagrams that reads only when it is told to, as a log service that hangs and comes back.
 *
 *	datagrams PATH
 *
 * Makes the socket PATH. SIGUSR1: read from now on, and print each datagram and a line "---" after it; SIGUSR2: stop
 * reading.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void die(const char *what)
{
	fprintf(stderr, "datagrams: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int listen_on(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(address.sun_path, path);
	unlink(path);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || chmod(path, 0666) < 0)
		die(path);
	return fd;
}

static int watch_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGUSR2);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

static void print_all(int fd)
{
	static char data[65536];
	ssize_t size;

	while ((size = recv(fd, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
		fwrite(data, 1, size, stdout);
		printf("%s---\n", size > 0 && data[size - 1] == '\n' ? "" : "\n");
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct signalfd_siginfo info;
	bool reading = false;

	if (argc != 2) {
		fprintf(stderr, "usage: datagrams PATH\n");
		return 2;
	}
	struct pollfd fds[2] = {
		{ .fd = watch_signals(), .events = POLLIN },
		{ .fd = listen_on(argv[1]), .events = POLLIN },
	};
	for (;;) {
		if (poll(fds, reading ? 2 : 1, -1) < 0)
			die("poll");
		if (fds[0].revents && read(fds[0].fd, &info, sizeof(info)) == sizeof(info))
			reading = info.ssi_signo == SIGUSR1;
		if (reading)
			print_all(fds[1].fd);
	}
}
