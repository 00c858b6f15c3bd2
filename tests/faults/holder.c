// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Does for a test what systemd's descriptor store does for a service: keeps the notify socket, a member of the
 * multicast group "tlshd", over the lives of several tlshd processes, and hands it to each of them.
 *
 *	holder [-n | -p] COMMAND [ARGUMENT...]
 *
 * SIGUSR1 starts the command if it does not run; SIGHUP ends a running one with SIGTERM and starts the next as soon as
 * it is gone; SIGTERM ends it and then the holder. With -n there is no socket: the control of a test. With -p it needs no
 * rights, and takes what any user can: a place in the group, and the name by which agents know each other. Each event is
 * a line on standard output.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>

#define PASSED_FD 3		/* SD_LISTEN_FDS_START */
#define AGENT_NAME "tlshd.agent"
#define RECEIVE_BUFFER (1024 * 1024)

struct holder {
	int notify_fd;		/* -1: nothing is passed */
	char **command;
	pid_t child;		/* 0: none */
	bool again;		/* start the next when this one is gone */
	bool ending;
};

static void die(const char *what)
{
	fprintf(stderr, "holder: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int find_group(void)
{
	struct nl_sock *socket = nl_socket_alloc();
	int group = -1;

	if (socket && genl_connect(socket) == 0)
		group = genl_ctrl_resolve_grp(socket, "handshake", "tlshd");
	nl_socket_free(socket);
	return group;
}

static void take_name(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path + 1, AGENT_NAME, strlen(AGENT_NAME));
	if (fd < 0 || bind(fd, (struct sockaddr *)&address,
			   offsetof(struct sockaddr_un, sun_path) + 1 + strlen(AGENT_NAME)) < 0)
		die("the name " AGENT_NAME);
}

/* The large buffer first: from the moment of joining an announcement that does not fit is a refusal. */
static int join_group(bool pretender)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int size = RECEIVE_BUFFER, group = find_group();

	if (group < 0)
		die("the kernel has no handshake family");
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die("generic-netlink socket");
	if (!pretender && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		die("SO_RCVBUFFORCE");
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		die("NETLINK_ADD_MEMBERSHIP");
	return fd;
}

static void become_command(const struct holder *holder)
{
	char pid[16];
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (holder->notify_fd >= 0) {
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_FDS", "1", 1);
		setenv("LISTEN_FDNAMES", "notify", 1);
		setenv("LISTEN_PID", pid, 1);
		/* dup2 onto itself would keep the close-on-exec flag. */
		int parked = fcntl(holder->notify_fd, F_DUPFD, PASSED_FD + 1);
		if (parked < 0 || dup2(parked, PASSED_FD) < 0)
			die("dup2");
		close(parked);
	}
	execvp(holder->command[0], holder->command);
	die(holder->command[0]);
}

static void start(struct holder *holder)
{
	if (holder->child)
		return;
	holder->child = fork();
	if (holder->child < 0)
		die("fork");
	if (holder->child == 0)
		become_command(holder);
	printf("started %d\n", (int)holder->child);
}

static void reap(struct holder *holder)
{
	int status;

	if (!holder->child || waitpid(holder->child, &status, WNOHANG) != holder->child)
		return;
	holder->child = 0;
	if (WIFEXITED(status))
		printf("ended status %d\n", WEXITSTATUS(status));
	else
		printf("ended signal %d\n", WTERMSIG(status));
	if (holder->again && !holder->ending) {
		holder->again = false;
		start(holder);
	}
}

static void end_child(struct holder *holder)
{
	if (holder->child)
		kill(holder->child, SIGTERM);
}

static void signal_arrived(struct holder *holder, uint32_t number)
{
	switch (number) {
	case SIGCHLD:
		reap(holder);
		break;
	case SIGUSR1:
		start(holder);
		break;
	case SIGHUP:
		holder->again = true;
		end_child(holder);
		break;
	case SIGTERM:
	case SIGINT:
		holder->ending = true;
		end_child(holder);
		break;
	}
}

static int watch_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return signalfd(-1, &signals, SFD_CLOEXEC);
}

int main(int argc, char **argv)
{
	struct holder holder = { .notify_fd = -1 };
	struct signalfd_siginfo info;
	bool without = argc > 1 && strcmp(argv[1], "-n") == 0;
	bool pretender = argc > 1 && strcmp(argv[1], "-p") == 0;

	if (argc < 2 + without + pretender) {
		fprintf(stderr, "usage: holder [-n | -p] COMMAND [ARGUMENT...]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	holder.command = argv + 1 + (without || pretender);
	int signals = watch_signals();
	if (signals < 0)
		die("signalfd");
	if (!without)
		holder.notify_fd = join_group(pretender);
	if (pretender)
		take_name();
	printf("ready %d\n", (int)getpid());
	while (!holder.ending || holder.child) {
		if (read(signals, &info, sizeof(info)) != sizeof(info))
			die("signalfd");
		signal_arrived(&holder, info.ssi_signo);
	}
	return 0;
}
