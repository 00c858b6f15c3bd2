// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the supervisor's main loop is made of: deadlines, restart delays, channels and child processes.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include <glib.h>

#include "backoff.h"
#include "channel.h"
#include "deadline.h"
#include "process.h"
#include "timing.h"

static void backoff(void)
{
	struct backoff calm = { 0 }, storm = { 0 };
	int64_t now_ms = 1000000;

	for (int i = 0; i < 100; i++)
		g_assert_cmpuint(backoff_death(&calm, now_ms + i * 2501), ==, 0);	/* five take over 10 s */
	for (int i = 0; i < 4; i++)
		g_assert_cmpuint(backoff_death(&storm, now_ms + i), ==, 0);
	static const uint32_t delays[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000 };
	for (size_t i = 0; i < G_N_ELEMENTS(delays); i++) {
		g_assert_cmpuint(backoff_death(&storm, now_ms + 4), ==, delays[i]);
		/* Others that die meanwhile are waited for no longer. */
		g_assert_cmpuint(backoff_death(&storm, now_ms + 104), ==, delays[i] - 100);
		now_ms += delays[i];
	}
	/* Ten quiet seconds after the last delay: from the beginning. */
	g_assert_cmpuint(backoff_death(&storm, now_ms + 30000 + 10005), ==, 0);
}

/* A consumer that says how long it waits has its answer before; the others by their role. */
static void deadlines_of_requests(void)
{
	struct snapshot_settings settings = { .client_timeout_ms = 9000, .server_timeout_ms = 4000,
					      .hello_timeout_ms = 2000 };
	struct handshake_request request = { .role = PROTO_ROLE_CLIENT };
	struct timing timing = timing_of(&request, &settings, 1000);

	g_assert_cmpint(timing.job_deadline_ms, ==, 10000);
	g_assert_cmpint(timing.answer_deadline_ms, ==, 10200);
	g_assert_cmpint(timing.hello_deadline_ms, ==, 0);
	request.timeout_ms = 10000;
	timing = timing_of(&request, &settings, 1000);
	g_assert_cmpint(timing.job_deadline_ms, ==, 10000);
	g_assert_cmpint(timing.answer_deadline_ms, ==, 10200);
	request.timeout_ms = 1000;		/* 97 % comes before 200 ms more */
	timing = timing_of(&request, &settings, 1000);
	g_assert_cmpint(timing.job_deadline_ms, ==, 1900);
	g_assert_cmpint(timing.answer_deadline_ms, ==, 1970);
	request.timeout_ms = UINT32_MAX;
	timing = timing_of(&request, &settings, 1000);
	g_assert_cmpint(timing.job_deadline_ms, ==, 1000 + INT64_C(4294967295) * 90 / 100);

	request = (struct handshake_request){ .role = PROTO_ROLE_SERVER };
	timing = timing_of(&request, &settings, 1000);
	g_assert_cmpint(timing.job_deadline_ms, ==, 5000);
	g_assert_cmpint(timing.answer_deadline_ms, ==, 5200);
	g_assert_cmpint(timing.hello_deadline_ms, ==, 3000);
	request.timeout_ms = 1000;		/* never later than the whole */
	g_assert_cmpint(timing_of(&request, &settings, 1000).hello_deadline_ms, ==, 1900);
	settings.hello_timeout_ms = 0;
	g_assert_cmpint(timing_of(&request, &settings, 1000).hello_deadline_ms, ==, 0);
}

struct order {
	GMainLoop *loop;
	GString *seen;
	char name;
	struct deadline *other;
};

static void due(void *user)
{
	struct order *order = user;

	g_string_append_c(order->seen, order->name);
	if (order->other)
		deadline_clear(order->other);
	if (order->name == 'z')
		g_main_loop_quit(order->loop);
}

static void deadlines_in_order(void)
{
	struct deadlines *deadlines = deadlines_new();
	g_autoptr(GString) seen = g_string_new(NULL);
	GMainLoop *loop = g_main_loop_new(NULL, FALSE);
	struct order orders[4];
	struct deadline *entries[4];
	int64_t now_ms = proto_now_ms();

	for (int i = 0; i < 4; i++) {
		orders[i] = (struct order){ .loop = loop, .seen = seen, .name = "abcz"[i] };
		entries[i] = deadline_new(deadlines, due, &orders[i]);
	}
	orders[0].other = entries[1];			/* a cancels b, which is due at the same moment */
	deadline_set(entries[3], now_ms + 40);
	deadline_set(entries[2], now_ms + 30);
	deadline_set(entries[0], now_ms + 900000);
	deadline_set(entries[0], now_ms + 10);		/* the last one counts */
	deadline_set(entries[1], now_ms + 10);
	g_main_loop_run(loop);
	g_assert_cmpstr(seen->str, ==, "acz");
	g_assert_cmpint(proto_now_ms(), >=, now_ms + 40);
	for (int i = 0; i < 4; i++)
		deadline_free(entries[i]);
	deadlines_free(deadlines);
	g_main_loop_unref(loop);
}

struct end {
	struct channel *channel;
	unsigned int messages;
	int error;
	bool free_on_message;
};

static void on_message(void *user, const union proto_message *message, int *fds)
{
	struct end *end = user;

	(void)message;
	(void)fds;
	end->messages++;
	if (end->free_on_message)
		g_clear_pointer(&end->channel, channel_free);
}

static void on_broken(void *user, int error)
{
	struct end *end = user;

	g_assert_cmpint(end->error, ==, 0);	/* once */
	end->error = error;
}

static void turn(void)
{
	while (g_main_context_iteration(NULL, FALSE))
		;
}

static void channel_contract(void)
{
	struct end end = { 0 };
	union proto_message message;
	int theirs;

	g_assert_cmpint(channel_pair(&end.channel, &theirs, 0, on_message, on_broken, &end), ==, 0);
	proto_notice(theirs, LOG_INFO, "hello");
	proto_notice(theirs, LOG_INFO, "again");
	turn();
	g_assert_cmpuint(end.messages, ==, 2);
	proto_init(&message, PROTO_WORKER_READY);
	g_assert_cmpint(proto_send(theirs, &message, (int[]){ 0 }, 1), ==, 0);	/* a descriptor that nobody wants */
	turn();
	g_assert_cmpint(end.error, ==, -EBADMSG);
	g_assert_cmpint(channel_try(end.channel, &message, NULL, 0), ==, -EPIPE);
	channel_free(end.channel);
	close(theirs);
}

/* What the child does not take waits in order, within a bound; messages with a descriptor do not wait. */
static void channel_queue(void)
{
	struct end end = { 0 };
	union proto_message message;
	uint64_t sent = 0, received = 0;
	int theirs, ret;

	g_assert_cmpint(channel_pair(&end.channel, &theirs, 0, on_message, on_broken, &end), ==, 0);
	proto_init(&message, PROTO_CLOSE);
	do {
		message.close.job = sent + 1;
		ret = channel_post(end.channel, &message);
		sent += ret >= 0;
	} while (ret >= 0);
	g_assert_cmpint(ret, ==, -EOVERFLOW);
	g_assert_cmpuint(sent, >, CHANNEL_QUEUE_MAX);
	g_assert_cmpint(channel_try(end.channel, &message, (int[]){ 0 }, 1), ==, -EAGAIN);
	while (received < sent) {
		ret = proto_receive(theirs, &message, MSG_DONTWAIT, NULL, 0);
		if (ret == -EAGAIN) {
			turn();
			continue;
		}
		g_assert_cmpint(ret, ==, 0);
		g_assert_cmpuint(message.close.job, ==, ++received);
	}
	g_assert_cmpint(channel_try(end.channel, &message, NULL, 0), ==, 0);
	channel_free(end.channel);
	close(theirs);
}

/* What a child said before it ended is not lost, and a callback may free the channel. */
static void channel_end(void)
{
	struct end end = { 0 }, freed = { .free_on_message = true };
	int theirs;

	g_assert_cmpint(channel_pair(&end.channel, &theirs, 0, on_message, on_broken, &end), ==, 0);
	for (int i = 0; i < 20; i++)
		proto_notice(theirs, LOG_INFO, "last words %d", i);
	close(theirs);
	channel_drain(end.channel);
	g_assert_cmpuint(end.messages, ==, 20);
	g_assert_cmpint(end.error, ==, -EPIPE);
	channel_free(end.channel);

	g_assert_cmpint(channel_pair(&freed.channel, &theirs, 0, on_message, on_broken, &freed), ==, 0);
	proto_notice(theirs, LOG_INFO, "one");
	proto_notice(theirs, LOG_INFO, "two");
	turn();
	g_assert_cmpuint(freed.messages, ==, 1);
	close(theirs);
}

struct child {
	GMainLoop *loop;
	char *how;
};

static void child_ended(void *user, const char *how)
{
	struct child *child = user;

	child->how = g_strdup(how);
	g_main_loop_quit(child->loop);
}

static char *run(const char *path, char *const argv[], const int fds[PROCESS_FDS])
{
	struct child child = { .loop = g_main_loop_new(NULL, FALSE) };
	struct process *process;

	g_assert_cmpint(process_spawn(&process, path, argv, fds, child_ended, &child), ==, 0);
	g_main_loop_run(child.loop);
	g_main_loop_unref(child.loop);
	return child.how;
}

static void process_environment(void)
{
	static const char script[] =
		"[ -z \"$NOTIFY_SOCKET$LISTEN_FDS$SSLKEYLOGFILE\" ] || exit 11\n"
		"[ \"$KEPT\" = yes ] || exit 12\n"
		"[ \"$(cat <&4)\" = payload ] || exit 13\n"
		"for fd in 3 5 6 7 8 9 10 11 12; do [ ! -e /proc/$$/fd/$fd ] || exit 14; done\n"
		"grep -q 'NoNewPrivs:.*1' /proc/self/status || exit 15\n"
		"grep -q 'SigBlk:.*0000000000000000' /proc/self/status || exit 16\n"
		"exit 42\n";
	int pipe_fds[2];

	g_setenv("NOTIFY_SOCKET", "/x", TRUE);
	g_setenv("LISTEN_FDS", "1", TRUE);
	g_setenv("SSLKEYLOGFILE", "/x", TRUE);
	g_setenv("KEPT", "yes", TRUE);
	g_assert_cmpint(pipe(pipe_fds), ==, 0);
	g_assert_cmpint(write(pipe_fds[1], "payload", 7), ==, 7);
	close(pipe_fds[1]);
	g_autofree char *how = run("/bin/sh", (char *[]){ "sh", "-c", (char *)script, NULL }, (int[]){ -1, pipe_fds[0], -1, -1 });
	close(pipe_fds[0]);
	g_assert_cmpstr(how, ==, "exit status 42");
}

static void process_failures(void)
{
	g_autofree char *missing = run("/nonexistent/program", (char *[]){ "x", NULL }, (int[]){ -1, -1, -1, -1 });
	g_autofree char *killed = run("/bin/sh", (char *[]){ "sh", "-c", "kill -9 $$", NULL }, (int[]){ -1, -1, -1, -1 });

	g_assert_cmpstr(missing, ==, "it could not be executed (exit status 127)");
	g_assert_cmpstr(killed, ==, "signal 9 (Killed)");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/backoff", backoff);
	g_test_add_func("/timing", deadlines_of_requests);
	g_test_add_func("/deadline/order", deadlines_in_order);
	g_test_add_func("/channel/contract", channel_contract);
	g_test_add_func("/channel/queue", channel_queue);
	g_test_add_func("/channel/end", channel_end);
	g_test_add_func("/process/environment", process_environment);
	g_test_add_func("/process/failures", process_failures);
	return g_test_run();
}
