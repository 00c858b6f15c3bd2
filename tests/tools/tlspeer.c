// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlspeer: a whole peer with a TLS library of choice, for the kernel's NFS server or for its client (RFC 9289).
 *
 *	tlspeer gnutls|openssl client|server ADDRESS PORT [certificate=FILE key=FILE] [trust=FILE] [policy=TEXT] [old]
 *		[ask] [tickets] [early] [record=N] [leave=N [half] [reset]] [relay=PORT] [count=N] [seconds=N]
 *
 * A client probes, shakes hands and makes a call that does nothing. A server answers a probe, shakes hands and waits for
 * what comes, on one connection after the other. With a relay, a server passes on what comes to that port of this
 * machine, and a client what comes to it from that port: then a whole mount goes through this side's TLS.
 *
 * policy is GnuTLS' priority string, or OpenSSL's list of groups; old is TLS 1.2; early sends a reply that nobody waits for
 * right behind the server's Finished. record is the largest record that this side takes. leave ends the connection after so many records, and half of the next one.
 *
 * For each connection it prints one line: whether the handshake was good here (ok, refused by an alert, left, failed), and
 * how the connection ended (served: the call was answered; alerted, FIN, silent, error, data, relayed).
 */
#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "rpctls.h"
#include "tls.h"

#define SKIPPED 77
#define SECONDS 20
#define CONNECTIONS 1
#define RELAY_SIZE 16384

struct run {
	const struct tls_library *library;
	struct tls_wish wish;
	struct sockaddr_storage address;
	socklen_t address_size;
	unsigned int count, seconds, relay;
	uint8_t early[RPCTLS_MAX];
};

void tls_cannot(const char *what, const char *why)
{
	fprintf(stderr, "tlspeer: %s: %s\n", what, why);
	exit(EXIT_FAILURE);
}

static int usage(void)
{
	fputs("usage: tlspeer gnutls|openssl client|server ADDRESS PORT [OPTION...]\n", stderr);
	return EXIT_FAILURE;
}

static const struct tls_library *choose_library(const char *name)
{
	if (strcmp(name, "gnutls") == 0)
		return &tls_gnutls;
#ifdef HAVE_OPENSSL
	if (strcmp(name, "openssl") == 0)
		return &tls_openssl;
#else
	if (strcmp(name, "openssl") == 0) {
		fputs("built without OpenSSL\n", stderr);
		exit(SKIPPED);
	}
#endif
	return NULL;
}

static bool parse_address(struct run *run, const char *address, const char *port)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found;

	if (getaddrinfo(address, port, &hints, &found) != 0)
		return false;
	memcpy(&run->address, found->ai_addr, found->ai_addrlen);
	run->address_size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool parse_option(struct run *run, const char *option)
{
	struct tls_wish *wish = &run->wish;
	const struct {
		const char *name;
		bool *flag;
	} flags[] = { { "old", &wish->old }, { "ask", &wish->ask }, { "tickets", &wish->tickets },
		      { "half", &wish->half }, { "reset", &wish->reset } };
	const struct {
		const char *name;
		const char **text;
	} texts[] = { { "certificate=", &wish->certificate }, { "key=", &wish->key }, { "trust=", &wish->trust },
		      { "policy=", &wish->policy } };

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(option, flags[i].name) == 0)
			return *flags[i].flag = true;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strncmp(option, texts[i].name, strlen(texts[i].name)) == 0)
			return (*texts[i].text = option + strlen(texts[i].name)) != NULL;
	if (strcmp(option, "early") == 0) {
		wish->early = run->early;
		wish->early_size = rpctls_stray(run->early);
		return true;
	}
	return sscanf(option, "record=%u", &wish->record) == 1 || sscanf(option, "leave=%u", &wish->leave) == 1 ||
	       sscanf(option, "relay=%u", &run->relay) == 1 ||
	       sscanf(option, "count=%u", &run->count) == 1 || sscanf(option, "seconds=%u", &run->seconds) == 1;
}

static bool parse(struct run *run, int argc, char **argv)
{
	*run = (struct run){ .count = CONNECTIONS, .seconds = SECONDS };
	if (argc < 5 || !(run->library = choose_library(argv[1])) || !parse_address(run, argv[3], argv[4]))
		return false;
	run->wish.server = strcmp(argv[2], "server") == 0;
	if (!run->wish.server && strcmp(argv[2], "client") != 0)
		return false;
	for (int i = 5; i < argc; i++)
		if (!parse_option(run, argv[i]))
			return false;
	return !run->wish.certificate == !run->wish.key;
}

static void limit_time(const struct run *run, int fd)
{
	struct timeval limit = { .tv_sec = run->seconds };

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

static int open_socket(const struct run *run, const struct sockaddr *address, socklen_t size, bool listens)
{
	static const int on = 1;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		abort();
	limit_time(run, fd);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (listens ? bind(fd, address, size) < 0 || listen(fd, 16) < 0 : connect(fd, address, size) < 0)
		tls_cannot(listens ? "listening" : "connecting", strerror(errno));
	return fd;
}

/* The other end of a relay is on this machine. */
static int open_local(const struct run *run, bool listens)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(run->relay),
					     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	return open_socket(run, (const struct sockaddr *)&address, sizeof(address), listens);
}

/* Both sides: read one RPC message before TLS. Returns its verdict as rpctls.h has it, or -1 when it does not come. */
static int read_plain(const struct run *run, int fd, uint8_t *answer)
{
	uint8_t data[1024];
	size_t size = 0, used;
	int ret = 0;

	while (ret == 0 && size < sizeof(data)) {
		ssize_t got = recv(fd, data + size, sizeof(data) - size, 0);
		if (got <= 0)
			return -1;
		size += got;
		ret = run->wish.server ? rpctls_agree(answer, data, size) : rpctls_reply(data, size, &used);
	}
	return ret;
}

static bool agree(const struct run *run, int fd)
{
	uint8_t message[RPCTLS_MAX];
	int size;

	if (run->wish.server) {
		size = read_plain(run, fd, message);
		return size > 0 && send(fd, message, size, MSG_NOSIGNAL) == size;
	}
	size = rpctls_call(message, 1, true);
	return send(fd, message, size, MSG_NOSIGNAL) == size && read_plain(run, fd, message) == 2;
}

static const char *end_of(const struct tls_facts *facts, ssize_t got)
{
	return facts->alert != TLS_NO_ALERT ? "alerted" : got == 0 ? "FIN" : errno == EAGAIN ? "silent" : "error";
}

/* A client's call and its answer; a server waits for whatever comes. */
static const char *talk(const struct run *run, struct tls *tls, const struct tls_facts *facts)
{
	uint8_t data[RPCTLS_MAX];
	size_t size = 0, used;

	if (!run->wish.server && !run->library->send(tls, data, rpctls_call(data, 2, false)))
		return "error";
	while (size < sizeof(data)) {
		ssize_t got = run->library->receive(tls, data + size, sizeof(data) - size);
		if (got <= 0)
			return end_of(facts, got);
		if (run->wish.server)
			return "data";
		size += got;
		if (rpctls_reply(data, size, &used) > 0)
			return "served";
	}
	return "data";
}

/* Until one of the two ends. A write that blocks is no harm: NFS waits for its answers. */
static const char *pass_on(const struct run *run, struct tls *tls, const struct tls_facts *facts, int fd, int plain)
{
	struct pollfd watches[] = { { .fd = fd, .events = POLLIN }, { .fd = plain, .events = POLLIN } };
	uint8_t data[RELAY_SIZE];
	ssize_t got;

	for (;;) {
		bool waits = run->library->pending(tls);
		if (!waits && poll(watches, 2, -1) < 0)
			return "error";
		if (waits || watches[0].revents) {
			got = run->library->receive(tls, data, sizeof(data));
			if (got <= 0)
				return got == 0 ? "relayed" : end_of(facts, got);
			if (send(plain, data, got, MSG_NOSIGNAL) != got)
				return "error";
		}
		if (!waits && watches[1].revents) {
			got = recv(plain, data, sizeof(data), 0);
			if (got <= 0)
				return "relayed";
			if (!run->library->send(tls, data, got))
				return "error";
		}
	}
}

static const char *use(const struct run *run, struct tls *tls, const struct tls_facts *facts, int fd, int plain)
{
	if (!run->relay)
		return talk(run, tls, facts);
	if (run->wish.server)
		plain = open_local(run, false);
	const char *end = pass_on(run, tls, facts, fd, plain);
	if (run->wish.server)
		close(plain);
	return end;
}

/* RST, or FIN: with unread data in it a socket would be closed by RST. */
static void leave(const struct run *run, int fd)
{
	static const struct linger at_once = { .l_onoff = 1 };
	char scrap[4096];

	if (run->wish.reset)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	else
		while (recv(fd, scrap, sizeof(scrap), MSG_DONTWAIT) > 0)
			;
	close(fd);
}

/* @plain: a client's relay, or -1 */
static void one(const struct run *run, int fd, int plain)
{
	struct tls_facts facts = { .alert = TLS_NO_ALERT };
	const char *shake = "none", *end = "no-tls";

	limit_time(run, fd);
	if (agree(run, fd)) {
		struct tls *tls = run->library->new(&run->wish, fd, &facts);
		errno = 0;
		shake = run->library->shake(tls) ? "ok" : facts.left ? "left" : facts.alert != TLS_NO_ALERT ? "refused" : "failed";
		if (strcmp(shake, "ok") == 0 && !run->wish.leave)
			end = use(run, tls, &facts, fd, plain);
		else
			end = run->wish.leave ? "left" : end_of(&facts, -1);
		run->library->free(tls);
	}
	leave(run, fd);
	printf("peer shake %s end %s alert %d hellos %u tickets %u records %u group %s error %s\n", shake, end, facts.alert,
	       facts.hellos, facts.tickets, facts.sent, facts.group[0] ? facts.group : "none",
	       facts.error[0] ? facts.error : "none");
}

static void serve(const struct run *run)
{
	int listener = open_socket(run, (const struct sockaddr *)&run->address, run->address_size, true);

	puts("listening");
	for (unsigned int i = 0; i < run->count; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			tls_cannot("waiting for a client", strerror(errno));
		one(run, fd, -1);
	}
}

static void visit(const struct run *run)
{
	int plain = -1;

	if (run->relay) {
		int listener = open_local(run, true);
		puts("listening");
		plain = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		close(listener);
		if (plain < 0)
			tls_cannot("waiting for who uses the relay", strerror(errno));
	}
	one(run, open_socket(run, (const struct sockaddr *)&run->address, run->address_size, false), plain);
	if (plain >= 0)
		close(plain);
}

int main(int argc, char **argv)
{
	struct run run;

	if (!parse(&run, argc, argv))
		return usage();
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (run.wish.server)
		serve(&run);
	else
		visit(&run);
	return EXIT_SUCCESS;
}
