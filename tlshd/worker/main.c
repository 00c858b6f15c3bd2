// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A worker: makes TLS handshakes on sockets that the supervisor sends, with keys that the keeper holds.
 *
 * It is the process that parses what peers send, so it starts as a program of its own that never held a secret, takes
 * what it needs, and locks itself in before the first peer's byte. main() is the list of these steps, in order.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "jobs.h"
#include "proto.h"
#include "sandbox.h"
#include "snapshot.h"

/* From this level on the TLS library logs numbers of keys. */
#define TLS_DEBUG_MAX 8

#ifdef WITH_SANITIZERS
/* The leak check at exit looks at its own process from outside, which nobody may do with this one. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return 1;
}
#endif

struct worker {
	struct snapshot *snapshot;
	struct sign *sign;
	struct pskcall *psk;
	struct preshared_context *preshared;
	struct knownpeers *known;
	struct credentials *client;
	struct credentials *server;
	struct handshake_context context;
	struct jobs *jobs;
};

/* The library has no room for a context, and this process has one channel. */
static void log_library(int level, const char *text)
{
	proto_notice(PROTO_FD_SUPERVISOR, LOG_DEBUG, "gnutls<%d>: %.*s", level, (int)strcspn(text, "\n"), text);
}

static int failed(const char *what, const char *name, const char *why)
{
	proto_notice(PROTO_FD_SUPERVISOR, LOG_ERR, "worker: %s (%s) failed: %s", what, name, why);
	return -EINVAL;
}

/* Descriptors that leaked into us are no concern of peers; the channel of our own end may block. */
static int keep_channels(void)
{
	if (close_range(PROTO_FD_END, ~0U, 0) < 0)
		return failed("closing what was inherited", "close_range", strerror(errno));
	int flags = fcntl(PROTO_FD_SUPERVISOR, F_GETFL);
	if (flags < 0 || fcntl(PROTO_FD_SUPERVISOR, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return -errno;
	return 0;
}

static int open_snapshot(struct worker *worker)
{
	int ret = snapshot_open(PROTO_FD_SNAPSHOT, &worker->snapshot);
	if (ret < 0)
		return failed("reading the snapshot", "memfd from the supervisor", strerror(-ret));
	close(PROTO_FD_SNAPSHOT);
	return 0;
}

/* The supervisor knows how slow our keys are; without its word the configuration's limit holds. */
static uint32_t call_limit_ms(const struct worker *worker, const char *text)
{
	unsigned long limit_ms = text ? strtoul(text, NULL, 10) : 0;

	return limit_ms > 0 && limit_ms <= UINT32_MAX ? limit_ms : worker->snapshot->settings.sign_timeout_ms;
}

static int open_sign_channel(struct worker *worker, const char *limit)
{
	int fd = fcntl(PROTO_FD_SIGN, F_GETFD) < 0 ? -1 : PROTO_FD_SIGN;

	int ret = sign_new(fd, call_limit_ms(worker, limit), &worker->sign);
	if (ret < 0)
		return failed("preparing the channel to the keeper", "sign_timeout", strerror(-ret));
	return 0;
}

static int open_psk_channel(struct worker *worker)
{
	int fd = fcntl(PROTO_FD_PSK, F_GETFD) < 0 ? -1 : PROTO_FD_PSK;

	int ret = pskcall_new(fd, worker->snapshot->settings.sign_timeout_ms, &worker->psk);
	if (ret < 0)
		return failed("preparing the channel for pre-shared keys", "sign_timeout", strerror(-ret));
	return 0;
}

static int build_profile(struct worker *worker, uint32_t role, struct credentials **out)
{
	const struct snapshot_profile *profile = snapshot_profile(worker->snapshot, role);
	const char *why;
	int code;

	if (!profile)
		return failed("reading the snapshot", "profile", "it is missing");
	int ret = credentials_new(profile, &worker->snapshot->settings, worker->sign, handshake_retrieve, out, &why, &code);
	if (ret < 0)
		proto_notice(PROTO_FD_SUPERVISOR, LOG_ERR,
			     "worker: %s of [authenticate.%s] cannot be used: %s; tlshd --check-config says where it is "
			     "configured", why, role == PROTO_ROLE_CLIENT ? "client" : "server", gnutls_strerror(code));
	return ret;
}

static int build_credentials(struct worker *worker)
{
	uint32_t debug = worker->snapshot->settings.tls_debug;

	gnutls_global_set_log_function(log_library);
	gnutls_global_set_log_level(debug < TLS_DEBUG_MAX ? debug : TLS_DEBUG_MAX);
	int ret = build_profile(worker, PROTO_ROLE_CLIENT, &worker->client);
	if (ret == 0)
		ret = build_profile(worker, PROTO_ROLE_SERVER, &worker->server);
	if (ret < 0)
		return ret;
	/* Ciphers and groups are the same in both profiles. */
	ret = preshared_new(credentials_priority(worker->server), handshake_offer_psk, handshake_find_psk, worker->psk,
			    &worker->preshared);
	if (ret < 0)
		return failed("preparing pre-shared keys", "GnuTLS", gnutls_strerror(ret));
	ret = knownpeers_new(&worker->known);
	if (ret < 0)
		return failed("preparing the memory of peers", "calloc", strerror(-ret));
	worker->context = (struct handshake_context){
		.settings = &worker->snapshot->settings,
		.client = worker->client,
		.server = worker->server,
		.sign = worker->sign,
		.preshared = worker->preshared,
		.known = worker->known,
	};
	return ret;
}

/* What the libraries do at first use, done while files can still be opened. */
static int warm_up(void)
{
	char scrap[16];

	tzset();
	int ret = gnutls_rnd(GNUTLS_RND_NONCE, scrap, sizeof(scrap));
	if (ret == 0)
		ret = gnutls_rnd(GNUTLS_RND_KEY, scrap, sizeof(scrap));
	explicit_bzero(scrap, sizeof(scrap));
	return ret < 0 ? failed("drawing random numbers", "gnutls_rnd", gnutls_strerror(ret)) : 0;
}

static int lock_in(void)
{
	const char *step = "";

	child_lock_memory(PROTO_FD_SUPERVISOR);
	int ret = child_deny_files();
	if (ret == -EOPNOTSUPP)
		proto_notice(PROTO_FD_SUPERVISOR, LOG_INFO,
			     "worker: this kernel has no Landlock; the system call filter alone keeps files shut");
	else if (ret < 0)
		return failed("giving up the file system", "Landlock", strerror(-ret));
	ret = sandbox_enter(&step);
	return ret < 0 ? failed("the system call filter", step, strerror(-ret)) : 0;
}

static int say_ready(void)
{
	union proto_message message;

	proto_init(&message, PROTO_WORKER_READY);
	return proto_send(PROTO_FD_SUPERVISOR, &message, NULL, 0);
}

static int give_up_root(char **argv)
{
	const char *step = "";

	int ret = child_give_up_root(argv[1], argv[2], 0, &step);
	return ret < 0 ? failed("giving up root", step, strerror(-ret)) : 0;
}

int main(int argc, char **argv)
{
	struct worker worker = { 0 };

	/* The library reads this at its first handshake; session keys go to the kernel and nowhere else. */
	unsetenv("SSLKEYLOGFILE");
	if (argc != 3 && argc != 4)
		return EXIT_FAILURE;
	if (keep_channels() < 0 ||
	    give_up_root(argv) < 0 ||
	    open_snapshot(&worker) < 0 ||
	    open_sign_channel(&worker, argv[3]) < 0 ||
	    open_psk_channel(&worker) < 0 ||
	    build_credentials(&worker) < 0 ||
	    jobs_new(PROTO_FD_SUPERVISOR, &worker.context, &worker.jobs) < 0 ||
	    warm_up() < 0 ||
	    lock_in() < 0 ||
	    say_ready() < 0)
		return EXIT_FAILURE;
	return jobs_run(worker.jobs) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
