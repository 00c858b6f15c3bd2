// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The consumer of the native harness: makes TCP pairs, submits both ends as the kernel would, waits for both answers, closes.
 * Says in one line of JSON how that went, and what the supervisor and its children have used for it.
 */
#include <config.h>

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <keyutils.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/account.h"
#include "tests/bench/pair.h"
#include "tests/bench/request.h"

#define ANSWER_TIMEOUT_S 60
#define STATUSES 256
#define SILENT UINT64_MAX	/* no answer is waited for */
#define SILENT_MS 600000

struct mode {
	const char *name;
	uint32_t auth[PAIR_ENDS];
};

static const struct mode modes[] = {
	{ "server-only", { PROTO_AUTH_UNAUTH, PROTO_AUTH_X509 } },
	{ "mutual", { PROTO_AUTH_X509, PROTO_AUTH_X509 } },
	{ "psk", { PROTO_AUTH_PSK, PROTO_AUTH_PSK } },
};

struct options {
	const struct mode *mode;
	const char *socket;
	const char *name;
	unsigned int count, concurrency, silent;
	pid_t watch;
};

struct pair {
	int fds[PAIR_ENDS];
	unsigned int open;	/* ends without an answer */
	int64_t start_ns;
};

struct generator {
	const struct options *options;
	int socket, listener;
	key_serial_t keyring, key;
	struct pair *pairs;	/* [concurrency] */
	int64_t *taken_ns;	/* [count] */
	unsigned int started, done;
	unsigned int statuses[STATUSES];
};

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what, int error)
{
	fprintf(stderr, "generate: %s: %s\n", what, strerror(error));
	exit(EXIT_FAILURE);
}

static int connect_supervisor(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval limit = { .tv_sec = ANSWER_TIMEOUT_S };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		die(path, errno);
	return fd;
}

/* As NVMe has them: a keyring that comes with each request, a key whose description is the identity. */
static void make_key(struct generator *generator)
{
	static const char identity[] = "NVMe0R01 nqn.2014-08.org.nvmexpress:uuid:bench nqn.2024-01.test:subsystem";
	static const char secret[32] = "a secret of the harness, no more";
	key_serial_t keyring = add_key("keyring", "tlshd-bench", NULL, 0, KEY_SPEC_PROCESS_KEYRING);
	key_serial_t key = keyring < 0 ? -1 : add_key("user", identity, secret, sizeof(secret), keyring);

	if (key < 0 || keyctl_setperm(keyring, KEY_POS_ALL | KEY_USR_ALL) < 0 ||
	    keyctl_setperm(key, KEY_POS_ALL | KEY_USR_ALL) < 0)
		die("keys", errno);
	generator->keyring = keyring;
	generator->key = key;
}

static void submit(const struct generator *generator, uint64_t id, int end, int fd)
{
	const struct options *options = generator->options;
	struct request request = {
		.id = id,
		.role = end == PAIR_CLIENT ? PROTO_ROLE_CLIENT : PROTO_ROLE_SERVER,
		.auth = options->mode->auth[end],
		.timeout_ms = id == SILENT ? SILENT_MS : 0,
		.keyring = generator->keyring,
		.peer = end == PAIR_CLIENT ? generator->key : 0,
	};
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec iov = { .iov_base = &request, .iov_len = sizeof(request) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };

	if (end == PAIR_CLIENT)
		snprintf(request.peername, sizeof(request.peername), "%s", options->name);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&message);
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(generator->socket, &message, MSG_NOSIGNAL) != sizeof(request))
		die("submitting a request", errno);
}

static void start(struct generator *generator, unsigned int place)
{
	struct pair *pair = &generator->pairs[place];
	int ret = pair_connect(generator->listener, pair->fds);

	if (ret < 0)
		die("TCP pair", -ret);
	generator->started++;
	pair->open = PAIR_ENDS;
	pair->start_ns = now_ns();
	for (int end = 0; end < PAIR_ENDS; end++)
		submit(generator, place, end, pair->fds[end]);
}

/* Peers that connect and say nothing: their servers wait until we end. */
static void start_silent(const struct generator *generator)
{
	int fds[PAIR_ENDS];

	for (unsigned int i = 0; i < generator->options->silent; i++) {
		int ret = pair_connect(generator->listener, fds);
		if (ret < 0)
			die("TCP pair of a silent peer", -ret);
		submit(generator, SILENT, PAIR_SERVER, fds[PAIR_SERVER]);
	}
}

static void take_answer(struct generator *generator)
{
	struct request_answer answer;

	if (recv(generator->socket, &answer, sizeof(answer), 0) != sizeof(answer))
		die("no answer", errno ? errno : EPIPE);
	if (answer.id == SILENT)
		return;
	generator->statuses[answer.status < STATUSES ? answer.status : STATUSES - 1]++;
	struct pair *pair = &generator->pairs[answer.id];
	if (--pair->open > 0)
		return;
	generator->taken_ns[generator->done++] = now_ns() - pair->start_ns;
	pair_close(pair->fds);
	if (generator->started < generator->options->count)
		start(generator, answer.id);
}

static int by_value(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a, second = *(const int64_t *)b;

	return first < second ? -1 : first > second;
}

static void print_latency(const struct generator *generator)
{
	static const unsigned int percentiles[] = { 50, 90, 99, 100 };
	unsigned int count = generator->done;

	qsort(generator->taken_ns, count, sizeof(*generator->taken_ns), by_value);
	for (size_t i = 0; count > 0 && i < sizeof(percentiles) / sizeof(percentiles[0]); i++)
		printf(",\"latency_p%u_ms\":%.3f", percentiles[i], generator->taken_ns[(count - 1) * percentiles[i] / 100] / 1e6);
}

static void print(const struct generator *generator, int64_t wall_ns, const struct account *before,
		  const struct account *after)
{
	const struct options *options = generator->options;
	unsigned int refused = 0;

	printf("{\"mode\":\"%s\",\"count\":%u,\"concurrency\":%u,\"silent\":%u,\"wall_s\":%.3f,\"per_s\":%.2f",
	       options->mode->name, generator->done, options->concurrency, options->silent, wall_ns / 1e9,
	       generator->done * 1e9 / wall_ns);
	print_latency(generator);
	if (options->watch)
		account_print(stdout, before, after, generator->done);
	printf(",\"statuses\":{");
	for (unsigned int i = 0, said = 0; i < STATUSES; i++) {
		if (generator->statuses[i])
			printf("%s\"%u\":%u", said++ ? "," : "", i, generator->statuses[i]);
		refused += i ? generator->statuses[i] : 0;
	}
	printf("},\"refused\":%u}\n", refused);
	fflush(stdout);
}

static void run(struct generator *generator)
{
	const struct options *options = generator->options;
	struct account before = { 0 }, after = { 0 };

	if (options->watch && account_take(options->watch, &before) < 0)
		die("the supervisor's clocks", errno);
	int64_t start_ns = now_ns();
	for (unsigned int i = 0; i < options->concurrency && i < options->count; i++)
		start(generator, i);
	while (generator->done < options->count)
		take_answer(generator);
	int64_t wall_ns = now_ns() - start_ns;
	if (options->watch && account_take(options->watch, &after) < 0)
		die("the supervisor's clocks", errno);
	print(generator, wall_ns, &before, &after);
}

static int usage(void)
{
	fprintf(stderr, "usage: generate --socket PATH --mode server-only|mutual|psk [--name NAME] [--count N]\n"
			"                [--concurrency N] [--watch PID] [--silent N]\n"
			"With --silent, that many silent peers are there meanwhile, and stay until standard input ends.\n");
	return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "socket", required_argument, NULL, 's' },	 { "mode", required_argument, NULL, 'm' },
		{ "name", required_argument, NULL, 'n' },	 { "count", required_argument, NULL, 'c' },
		{ "concurrency", required_argument, NULL, 'j' }, { "watch", required_argument, NULL, 'w' },
		{ "silent", required_argument, NULL, 'q' },	 { 0 }
	};
	int option;

	*options = (struct options){ .name = "server.test", .count = 100, .concurrency = 1 };
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 's': options->socket = optarg; break;
		case 'n': options->name = optarg; break;
		case 'c': options->count = atoi(optarg); break;
		case 'j': options->concurrency = atoi(optarg); break;
		case 'w': options->watch = atoi(optarg); break;
		case 'q': options->silent = atoi(optarg); break;
		case 'm':
			for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
				options->mode = strcmp(modes[i].name, optarg) == 0 ? &modes[i] : options->mode;
			break;
		default: return false;
		}
	}
	return options->socket && options->mode && options->concurrency > 0 && optind == argc;
}

int main(int argc, char **argv)
{
	struct options options;
	struct generator generator = { .options = &options };
	struct rlimit files;

	if (!parse(argc, argv, &options))
		return usage();
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	generator.socket = connect_supervisor(options.socket);
	generator.listener = pair_listen();
	generator.pairs = calloc(options.concurrency, sizeof(*generator.pairs));
	generator.taken_ns = calloc(options.count + 1, sizeof(*generator.taken_ns));
	if (generator.listener < 0 || !generator.pairs || !generator.taken_ns)
		die("start", errno);
	if (options.mode->auth[PAIR_CLIENT] == PROTO_AUTH_PSK)
		make_key(&generator);
	start_silent(&generator);
	run(&generator);
	while (options.silent && getchar() != EOF)
		;
	return EXIT_SUCCESS;
}
