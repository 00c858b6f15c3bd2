// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Child processes. fork and exec, never a fork that goes on: the child's address space has held nothing of ours.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

#include "process.h"
#include "watch.h"

#define FIRST_FD 3
#define PARKED_FD 10	/* above the places that the child's descriptors get */

struct process {
	pid_t pid;
	int pidfd;
	guint watch;
	guint grace;
	process_exit_fn on_exit;
	void *user;
};

extern char **environ;

/* What is ours alone is not handed on: readiness, the passed sockets, and a key log that only configuration may ask for. */
static char **child_environment(void)
{
	static const char *const ours[] = { "NOTIFY_SOCKET=", "LISTEN_PID=", "LISTEN_FDS=", "LISTEN_FDNAMES=",
					    "SSLKEYLOGFILE=" };
	g_autoptr(GPtrArray) kept = g_ptr_array_new();

	for (char **entry = environ; *entry; entry++) {
		bool keep = true;
		for (size_t i = 0; i < G_N_ELEMENTS(ours); i++)
			keep = keep && !g_str_has_prefix(*entry, ours[i]);
		if (keep)
			g_ptr_array_add(kept, *entry);
	}
	g_ptr_array_add(kept, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&kept), FALSE);
}

/* In the child: only async-signal-safe calls. Ends in exec or with status 127. */
static G_NORETURN void become(const char *path, char *const argv[], char *const envp[], const int fds[PROCESS_FDS],
				int nowhere)
{
	int parked[PROCESS_FDS];
	sigset_t none;

	for (int i = 0; i < PROCESS_FDS; i++)
		parked[i] = fds[i] < 0 ? -1 : fcntl(fds[i], F_DUPFD_CLOEXEC, PARKED_FD);
	for (int i = 0; i < PROCESS_FDS; i++) {
		if (parked[i] >= 0)
			dup2(parked[i], FIRST_FD + i);
		else
			close(FIRST_FD + i);
	}
	/* Children speak through their channel; what a worker writes elsewhere nobody would escape or count. */
	for (int fd = 0; nowhere >= 0 && fd < FIRST_FD; fd++)
		dup2(nowhere, fd);
	if (close_range(FIRST_FD + PROCESS_FDS, ~0U, 0) < 0)
		_exit(127);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		_exit(127);
	for (int signal_number = 1; signal_number < NSIG; signal_number++)
		signal(signal_number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(path, argv, envp);
	_exit(127);
}

/* A sanitizer's report goes to standard error, so such a build keeps it. */
static int open_nowhere(void)
{
#ifdef WITH_SANITIZERS
	return -1;
#else
	return open("/dev/null", O_RDWR | O_CLOEXEC);
#endif
}

static void process_free(struct process *process)
{
	if (process->watch)
		g_source_remove(process->watch);
	if (process->grace)
		g_source_remove(process->grace);
	close(process->pidfd);
	g_free(process);
}

static void describe(const siginfo_t *info, char *how, size_t size)
{
	if (info->si_code == CLD_EXITED && info->si_status == 127)
		snprintf(how, size, "it could not be executed (exit status 127)");
	else if (info->si_code == CLD_EXITED)
		snprintf(how, size, "exit status %d", info->si_status);
	else
		snprintf(how, size, "signal %d (%s)", info->si_status, strsignal(info->si_status));
}

static gboolean ended(gint fd, GIOCondition condition, gpointer user_data)
{
	struct process *process = user_data;
	siginfo_t info = { 0 };
	char how[80];

	(void)condition;
	int ret = waitid(P_PIDFD, fd, &info, WEXITED | WNOHANG);
	if (ret == 0 && info.si_pid == 0)
		return G_SOURCE_CONTINUE;
	if (ret < 0)
		snprintf(how, sizeof(how), "its end cannot be asked for: %s", strerror(errno));
	else
		describe(&info, how, sizeof(how));
	process->watch = 0;
	process_exit_fn on_exit = process->on_exit;
	void *user = process->user;
	process_free(process);
	if (on_exit)
		on_exit(user, how);
	return G_SOURCE_REMOVE;
}

int process_spawn(struct process **out, const char *path, char *const argv[], const int fds[PROCESS_FDS],
		  process_exit_fn on_exit, void *user)
{
	g_autofree char **envp = child_environment();
	int nowhere = open_nowhere();
	pid_t pid = fork();
	int error = errno;

	if (pid == 0)
		become(path, argv, envp, fds, nowhere);
	if (nowhere >= 0)
		close(nowhere);
	if (pid < 0)
		return -error;

	int pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		error = errno;
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
		return -error;
	}
	struct process *process = g_new0(struct process, 1);
	process->pid = pid;
	process->pidfd = pidfd;
	process->on_exit = on_exit;
	process->user = user;
	process->watch = watch_fd(pidfd, G_IO_IN, ended, process);
	*out = process;
	return 0;
}

void process_kill(struct process *process)
{
	pidfd_send_signal(process->pidfd, SIGKILL, NULL, 0);
}

static gboolean grace_over(gpointer user_data)
{
	struct process *process = user_data;

	process->grace = 0;
	process_kill(process);
	return G_SOURCE_REMOVE;
}

void process_abandon(struct process *process, unsigned int grace_ms)
{
	process->on_exit = NULL;
	if (grace_ms == 0)
		process_kill(process);
	else
		process->grace = g_timeout_add(grace_ms, grace_over, process);
}

bool process_has_ended(const struct process *process)
{
	struct pollfd pollfd = { .fd = process->pidfd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

pid_t process_pid(const struct process *process)
{
	return process->pid;
}
