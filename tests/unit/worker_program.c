// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The program itself, with its real sandbox: started as the supervisor starts it, on a snapshot by the real loader.
 *
 * WORKER_STUBBED is the same program but for the options by which the kernel takes TLS keys, so that it can bring a
 * handshake to its end on a kernel without TLS.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"

#define CIPHERS "AES-128-GCM,AES-256-GCM,CHACHA20-POLY1305,AES-128-CCM"

static const struct issued *ca, *host;
static char *folder, *keylog;
static const char *user = "65534";

struct program {
	struct scene scene;	/* for its keeper */
	pid_t pid;
	int channel;
	GString *notices;
};

/* Put three descriptors (-1: none) in their places and become the program. */
static pid_t start(const char *path, const char *const *argv, int supervisor, int sign, int snapshot)
{
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid > 0)
		return pid;
	int fds[] = { fcntl(supervisor, F_DUPFD, 20), fcntl(sign, F_DUPFD, 20), fcntl(snapshot, F_DUPFD, 20) };
	for (int i = 0; i < 3; i++) {
		close(PROTO_FD_SUPERVISOR + i);
		if (fds[i] >= 0)
			dup2(fds[i], PROTO_FD_SUPERVISOR + i);
	}
	close(PROTO_FD_PSK);
	setenv("SSLKEYLOGFILE", keylog, 1);
	execv(path, (char **)argv);
	_exit(127);
}

/* The next message that is no line for the log. */
static int next(int channel, GString *notices, union proto_message *message, int *fds, unsigned int nfds)
{
	for (;;) {
		int ret = proto_receive(channel, message, 0, fds, nfds);

		if (ret < 0 || message->header.type != PROTO_NOTICE)
			return ret;
		g_test_message("notice: %s", message->notice.text);
		g_string_append_printf(notices, "%s\n", message->notice.text);
	}
}

static void write_pem(const char *name, const gnutls_datum_t *pem)
{
	char *path = g_build_filename(folder, name, NULL);

	g_assert_true(g_file_set_contents(path, (char *)pem->data, pem->size, NULL));
	OK(chmod(path, 0600));
	g_free(path);
}

static void make_folder(void)
{
	gnutls_datum_t pem;

	folder = g_dir_make_tmp("tlshd-worker-XXXXXX", NULL);
	g_assert_nonnull(folder);
	OK(chmod(folder, 0777));
	keylog = g_build_filename(folder, "keylog", NULL);
	OK(gnutls_x509_crt_export2(ca->crt, GNUTLS_X509_FMT_PEM, &pem));
	write_pem("ca.pem", &pem);
	gnutls_free(pem.data);
	OK(gnutls_x509_crt_export2(host->crt, GNUTLS_X509_FMT_PEM, &pem));
	write_pem("host.pem", &pem);
	gnutls_free(pem.data);
	OK(gnutls_x509_privkey_export2(host->key, GNUTLS_X509_FMT_PEM, &pem));
	write_pem("host.key", &pem);
	gnutls_free(pem.data);
	char *text = g_strdup_printf("[authenticate.client]\nx509.truststore = %s/ca.pem\n"
				     "[authenticate.server]\nx509.truststore = %s/ca.pem\n"
				     "x509.certificate = %s/host.pem\nx509.private_key = %s/host.key\n",
				     folder, folder, folder, folder);
	char *path = g_build_filename(folder, "config", NULL);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
	g_free(text);
	g_free(path);
}

static void remove_folder(void)
{
	static const char *const names[] = { "ca.pem", "host.pem", "host.key", "config", "keylog" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		char *path = g_build_filename(folder, names[i], NULL);
		unlink(path);
		g_free(path);
	}
	OK(rmdir(folder));
	g_free(folder);
	g_free(keylog);
}

/* The snapshot of the folder's configuration. */
static int load(void)
{
	char *config = g_build_filename(folder, "config", NULL);
	const char *argv[] = { "loader", user, user, config, CIPHERS, NULL };
	GString *notices = g_string_new(NULL);
	union proto_message message;
	int pair[2], fds[2], status;

	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	pid_t pid = start(LOADER_PROGRAM, argv, pair[1], -1, -1);
	close(pair[1]);
	g_assert_cmpint(next(pair[0], notices, &message, fds, 2), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_LOADED);
	g_assert_cmpint(message.loaded.keys, ==, 1);
	close(fds[1]);
	close(pair[0]);
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_string_free(notices, TRUE);
	g_free(config);
	return fds[0];
}

static void program_start(struct program *program, const char *path, int snapshot, bool with_keeper)
{
	const char *argv[] = { "worker", user, user, NULL };
	int pair[2];

	memset(program, 0, sizeof(*program));
	scene_init(&program->scene);
	program->scene.keys[program->scene.key_count++] = host->key;
	scene_ready(&program->scene);
	program->notices = g_string_new(NULL);
	/* Both ends non-blocking: the program has to see to its own. */
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair));
	OK(fcntl(pair[0], F_SETFL, 0));
	program->pid = start(path, argv, pair[1], with_keeper ? program->scene.sign_fd : -1, snapshot);
	close(pair[1]);
	program->channel = pair[0];
}

static void program_ready(struct program *program)
{
	union proto_message message;

	g_assert_cmpint(next(program->channel, program->notices, &message, NULL, 0), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_WORKER_READY);
}

/* Returns the exit status. */
static int program_end(struct program *program)
{
	int status;

	if (program->channel >= 0)
		close(program->channel);
	g_assert_cmpint(waitpid(program->pid, &status, 0), ==, program->pid);
	g_string_free(program->notices, TRUE);
	scene_done(&program->scene);
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct proto_result handshake(struct program *program, const struct peer_wish *wish, struct peer *peer)
{
	union proto_message message;
	int fd, peer_fd;

	tcp_pair(&fd, &peer_fd);
	peer_init(peer, wish, peer_fd);
	proto_init(&message, PROTO_JOB);
	message.job = make_job(wish->server ? PROTO_ROLE_CLIENT : PROTO_ROLE_SERVER,
			       wish->server ? PROTO_AUTH_UNAUTH : PROTO_AUTH_X509, wish->server ? "peer.example" : "");
	OK(proto_send(program->channel, &message, &fd, 1));
	close(fd);
	struct pollfd wait = { .fd = program->channel, .events = POLLIN };
	while (poll(&wait, 1, 0) == 0)
		peer_step(peer);
	while (peer->ret == GNUTLS_E_AGAIN)
		peer_step(peer);
	g_assert_cmpint(next(program->channel, program->notices, &message, NULL, 0), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_RESULT);
	g_test_message("reason %u error %d library %d alert %u", message.result.reason, message.result.error,
		       message.result.library_error, message.result.alert_sent);
	return message.result;
}

static void test_handshakes(void)
{
	const struct issued *client = issue(&(struct wish){ .issuer = ca, .dns = "client.example" });
	const struct peer_wish wishes[] = {
		{ .trust = ca },
		{ .trust = ca, .identity = client, .alpn = "sunrpc" },
		{ .server = true, .identity = host },
	};
	struct program program;
	int snapshot = load();

	program_start(&program, WORKER_STUBBED, snapshot, true);
	program_ready(&program);
	for (int round = 0; round < 20; round++) {
		for (size_t i = 0; i < G_N_ELEMENTS(wishes); i++) {
			struct peer peer;
			struct proto_result result = handshake(&program, &wishes[i], &peer);

			g_assert_cmpint(result.reason, ==, REASON_OK);
			g_assert_cmpint(peer.ret, ==, 0);
			g_assert_cmpint(result.peer_authenticated, ==, wishes[i].identity != NULL);
			peer_done(&peer);
		}
	}
	g_assert_cmpint(program_end(&program), ==, 0);
	g_assert_false(g_file_test(keylog, G_FILE_TEST_EXISTS));
	close(snapshot);
}

/* The refusals, which take other ways through the libraries, work inside the sandbox as well. */
static void test_refusals(void)
{
	const struct issued *expired = issue(&(struct wish){ .issuer = ca, .from = -9000, .until = -60,
							     .dns = "peer.example" });
	const struct issued *stranger = issue(&(struct wish){ .dns = "peer.example" });
	struct program program;
	struct peer peer;
	int snapshot = load();

	program_start(&program, WORKER_STUBBED, snapshot, true);
	program_ready(&program);
	struct proto_result result = handshake(&program, &(struct peer_wish){ .server = true, .identity = expired }, &peer);
	g_assert_cmpint(result.verify, ==, PROTO_VERIFY_EXPIRED);
	g_assert_cmpint(peer_alert(&peer), ==, GNUTLS_A_CERTIFICATE_EXPIRED);
	peer_done(&peer);
	result = handshake(&program, &(struct peer_wish){ .server = true, .identity = stranger }, &peer);
	g_assert_cmpint(result.verify, ==, PROTO_VERIFY_UNKNOWN_CA);
	g_assert_cmpint(peer_alert(&peer), ==, GNUTLS_A_UNKNOWN_CA);
	peer_done(&peer);
	g_atomic_int_set(&program.scene.mood, KEEPER_LEAVES);
	result = handshake(&program, &(struct peer_wish){ .trust = ca }, &peer);
	g_assert_cmpint(result.reason, ==, REASON_SIGN_LOST);
	peer_done(&peer);
	g_assert_cmpint(program_end(&program), ==, 0);
	close(snapshot);
}

/* On the kernel as it is: with TLS it succeeds, without it says so to both sides. */
static void test_real_kernel(void)
{
	struct program program;
	struct peer peer;
	int snapshot = load();

	program_start(&program, WORKER_PROGRAM, snapshot, true);
	program_ready(&program);
	struct proto_result result = handshake(&program, &(struct peer_wish){ .trust = ca }, &peer);
	if (result.reason != REASON_OK) {
		g_assert_cmpint(result.reason, ==, REASON_ULP);
		g_assert_cmpint(result.status, ==, EACCES);
		g_assert_cmpint(result.alert_sent, ==, GNUTLS_A_HANDSHAKE_FAILURE);
	}
	peer_done(&peer);
	g_assert_cmpint(program_end(&program), ==, 0);
	close(snapshot);
}

static bool status_has(pid_t pid, const char *line)
{
	char *path = g_strdup_printf("/proc/%d/status", pid), *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	bool found = strstr(text, line) != NULL;
	g_free(text);
	g_free(path);
	return found;
}

static void test_locked_in(void)
{
	struct program program;
	int snapshot = load();

	program_start(&program, WORKER_PROGRAM, snapshot, true);
	program_ready(&program);
	g_assert_true(status_has(program.pid, "NoNewPrivs:\t1"));
	g_assert_true(status_has(program.pid, "Seccomp:\t2"));
	g_assert_true(status_has(program.pid, "CapPrm:\t0000000000000000"));
	g_assert_true(status_has(program.pid, "CapEff:\t0000000000000000"));
	g_assert_true(status_has(program.pid, "Threads:\t1"));
	if (geteuid() == 0) {
		g_assert_true(status_has(program.pid, "Uid:\t65534\t65534\t65534\t65534"));
		g_assert_true(status_has(program.pid, "Gid:\t65534\t65534\t65534\t65534"));
		g_assert_true(status_has(program.pid, "Groups:\t \n") || status_has(program.pid, "Groups:\t\n"));
	}
	g_assert_cmpint(program_end(&program), ==, 0);
	close(snapshot);
}

static void test_without_keeper(void)
{
	struct program program;
	struct peer peer;
	int snapshot = load();

	program_start(&program, WORKER_STUBBED, snapshot, false);
	program_ready(&program);
	struct proto_result result = handshake(&program, &(struct peer_wish){ .server = true, .identity = host }, &peer);
	g_assert_cmpint(result.reason, ==, REASON_OK);
	peer_done(&peer);
	result = handshake(&program, &(struct peer_wish){ 0 }, &peer);
	g_assert_cmpint(result.reason, ==, REASON_SIGN_LOST);
	peer_done(&peer);
	g_assert_cmpint(program_end(&program), ==, 0);
	close(snapshot);
}

static void test_broken_start(void)
{
	struct program program;
	union proto_message message;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), snapshot = load();

	program_start(&program, WORKER_PROGRAM, null, true);
	g_assert_cmpint(next(program.channel, program.notices, &message, NULL, 0), ==, -EPIPE);
	g_assert_nonnull(strstr(program.notices->str, "snapshot"));
	g_assert_cmpint(program_end(&program), ==, 1);
	close(null);

	user = "0";
	program_start(&program, WORKER_PROGRAM, snapshot, true);
	g_assert_cmpint(next(program.channel, program.notices, &message, NULL, 0), ==, -EPIPE);
	g_assert_nonnull(strstr(program.notices->str, "giving up root"));
	g_assert_cmpint(program_end(&program), ==, 1);
	user = "65534";
	close(snapshot);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (geteuid() != 0)
		user = g_strdup_printf("%u", geteuid());
	ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	host = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });
	make_folder();
	g_test_add_func("/worker/handshakes", test_handshakes);
	g_test_add_func("/worker/refusals", test_refusals);
	g_test_add_func("/worker/real-kernel", test_real_kernel);
	g_test_add_func("/worker/locked-in", test_locked_in);
	g_test_add_func("/worker/without-keeper", test_without_keeper);
	if (geteuid() == 0)
		g_test_add_func("/worker/broken-start", test_broken_start);
	int ret = g_test_run();
	remove_folder();
	issued_done();
	return ret;
}
