// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlshd: TLS handshakes for sockets that the kernel owns. This is the supervisor, which takes requests from the kernel,
 * hands them to workers, and answers; main() is its steps in the order of the privileges that they need.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <glib-unix.h>
#include <gnutls/gnutls.h>

#include "agent.h"
#include "check.h"
#include "commandline.h"
#include "ktlsprobe.h"
#include "log.h"
#include "notify.h"
#include "privilege.h"
#include "service.h"
#include "upcall.h"
#include "users.h"
#include "watch.h"

#define EXIT_OTHER_AGENT 3	/* systemd: RestartPreventExitStatus */

struct program {
	GMainLoop *loop;
	struct service *service;
	bool ended;
	int status;
};

static void service_ended(void *user, int status)
{
	struct program *program = user;

	program->status = status;
	program->ended = true;		/* perhaps before the loop runs */
	g_main_loop_quit(program->loop);
}

static gboolean signal_arrived(gint fd, GIOCondition condition, gpointer user_data)
{
	struct program *program = user_data;
	struct signalfd_siginfo info;

	(void)condition;
	while (read(fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGHUP || info.ssi_signo == SIGUSR1)
			service_reload(program->service);
		else if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			service_end(program->service);
	}
	return G_SOURCE_CONTINUE;
}

/* Signals arrive as events: GLib's own signal sources would start a thread, and threads have credentials of their own. */
static int watch_signals(struct program *program)
{
	sigset_t signals;

	/* Whoever started us may have ignored it: then children would vanish without their status. */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&signals);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
		return -errno;
	/* Standard error may be a pipe whose reader goes away: the service goes on without it. */
	signal(SIGPIPE, SIG_IGN);
	int fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	watch_fd(fd, G_IO_IN, signal_arrived, program);
	return 0;
}

static int open_upcall(struct upcall **upcall)
{
	int ret = upcall_open(upcall);

	if (ret == -ENOENT)
		log_line(LOG_ERR, "this kernel has no handshake service: it needs CONFIG_NET_HANDSHAKE (Linux 6.4 or later)");
	else if (ret < 0)
		log_line(LOG_ERR, "cannot use the kernel's handshake service: %s", strerror(-ret));
	return ret;
}

/* Returns 0 or the exit status. */
static int become_agent(const struct upcall *upcall, const struct notify *notify)
{
	char other[80];
	int ret = agent_claim(upcall_group(upcall), notify_inode(notify), other, sizeof(other));

	if (ret == -EEXIST) {
		log_line(LOG_ERR, "another agent serves this network namespace already: %s; two would take each other's "
			 "requests: stop it first", other);
		return EXIT_OTHER_AGENT;
	}
	if (ret < 0) {
		log_line(LOG_ERR, "cannot make sure that this is the only agent: %s", strerror(-ret));
		return EXIT_FAILURE;
	}
	return 0;
}

static int probe_ktls(char *names, size_t size)
{
	int ret = ktlsprobe_run(names, size);

	if (ret < 0)
		log_line(LOG_ERR, "this kernel cannot encrypt records (kTLS): %s%s", strerror(-ret),
			 ret == -ENOENT ? "; it needs the module tls (CONFIG_TLS)" : "");
	return ret;
}

static int give_up_privileges(void)
{
	int ret = privilege_join_keyrings();

	if (ret < 0) {
		log_line(LOG_ERR, "cannot make keyrings of our own: %s", strerror(-ret));
		return ret;
	}
	ret = privilege_drop();
	if (ret < 0)
		log_line(LOG_ERR, "cannot give up privileges: %s", strerror(-ret));
	return ret;
}

static int serve(const char *config, const struct users *users, struct notify *notify)
{
	struct program program = { .status = EXIT_FAILURE };
	struct upcall *upcall = NULL;
	char ktls[KTLSPROBE_NAMES_MAX];

	if (open_upcall(&upcall) < 0)
		goto out;
	int status = become_agent(upcall, notify);
	if (status != 0) {
		program.status = status;
		goto out;
	}
	if (probe_ktls(ktls, sizeof(ktls)) < 0)
		goto out;
	tzset();	/* what dates need is read now: later the file may lie on storage that waits for us */
	privilege_raise_limits();
	if (watch_signals(&program) < 0 || give_up_privileges() < 0)
		goto out;
	privilege_lock_memory();
	program.loop = g_main_loop_new(NULL, FALSE);
	program.service = service_new(&(struct service_options){
		.config = config,
		.ktls = ktls,
		.users = users,
		.upcall = upcall,
		.notify = notify,
	}, service_ended, &program);
	if (!program.ended)
		g_main_loop_run(program.loop);
	service_free(program.service);
	g_main_loop_unref(program.loop);
out:
	upcall_free(upcall);
	return program.status;
}

/* Without -c. Those who still have the old file shall hear of it once, at the start. */
static const char *usual_config(void)
{
	char *notice;
	const char *config = commandline_config(SYSCONFDIR "/tlshd.conf", SYSCONFDIR "/tlshd/config", &notice);

	if (notice)
		log_line(LOG_NOTICE, "%s", notice);
	g_free(notice);
	return config;
}

/* What used to have an effect, or seems to have one. */
static void mention_environment(void)
{
	const char *fips = getenv("GNUTLS_FORCE_FIPS_MODE");

	if (getenv("SSLKEYLOGFILE"))
		log_line(LOG_WARNING, "SSLKEYLOGFILE is set and has no effect: no environment makes tlshd give session keys "
			 "away; unset it");
	if (fips && strcmp(fips, "1") == 0 && !gnutls_fips140_mode_enabled())
		log_line(LOG_WARNING, "GNUTLS_FORCE_FIPS_MODE is set, but the TLS library of this system has no FIPS 140 mode: "
			 "unset it, or install a library that has one");
}

int main(int argc, char **argv)
{
	struct commandline commandline;
	struct users users;
	int status = commandline_parse(argc, argv, &commandline);

	if (status >= 0)
		return status;
	log_open(commandline.check ? LOG_TARGET_STDERR :
		 commandline.to_stderr ? LOG_TARGET_SYSTEM_AND_STDERR : LOG_TARGET_SYSTEM);
	if (users_find(&users) < 0)
		return EXIT_FAILURE;
	if (!commandline.check && geteuid() != 0) {
		log_line(LOG_ERR, "tlshd has to be started as root: it answers the kernel, and its children change users");
		return EXIT_FAILURE;
	}
	mention_environment();
	const char *config = commandline.config ? commandline.config : usual_config();
	if (commandline.check)
		return check_config(&users, config);
	struct notify *notify = notify_inherit();
	status = serve(config, &users, notify);
	notify_close(notify);
	return status;
}
