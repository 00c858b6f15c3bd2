// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * finish: does data arrive that a client sends, with its FIN, right behind its Finished?
 *
 * The installed loader, keeper and worker make the server's side of real connections; this program is their supervisor,
 * the client, and then the kernel's consumer, which reads through kernel TLS from the socket that was handed back.
 *
 *	finish CONFIG COUNT [CIPHER...]
 *
 * Prints a line for each cipher and ends with status 0 when all of all arrived.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/crypto.h>
#include <linux/tls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "children.h"
#include "tail.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

#define ALL_CIPHERS "AES-256-GCM,CHACHA20-POLY1305,AES-128-GCM,AES-128-CCM"
#define DATA_SIZE 40000	/* three records */
#define READ_S 5
#define TYPE_DATA 23

static bool connect_pair(int listener, int *client, int *server)
{
	struct timeval limit = { .tv_sec = READ_S };
	struct sockaddr_in address;
	socklen_t size = sizeof(address);

	*client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (*client < 0 || getsockname(listener, (struct sockaddr *)&address, &size) < 0 ||
	    connect(*client, (struct sockaddr *)&address, size) < 0)
		return false;
	*server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	return *server >= 0 && setsockopt(*server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0;
}

static int listen_somewhere(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0) {
		perror("finish: listening");
		exit(EXIT_FAILURE);
	}
	return fd;
}

/* One record through kernel TLS. Returns its bytes, 0 at the end, or -1; other records than data are none of ours. */
static ssize_t read_record(int fd, uint8_t *data, size_t size)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(1)];
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control,
				  .msg_controllen = sizeof(control) };

	ssize_t got = recvmsg(fd, &message, 0);
	if (got <= 0)
		return got;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_level != SOL_TLS || header->cmsg_type != TLS_GET_RECORD_TYPE ||
	    *CMSG_DATA(header) != TYPE_DATA) {
		errno = EBADMSG;
		return -1;
	}
	return got;
}

static const char *read_back(int fd, const uint8_t *data, size_t size)
{
	static uint8_t got[DATA_SIZE + 1];
	size_t done = 0;

	for (;;) {
		ssize_t ret = read_record(fd, got + done, sizeof(got) - done);
		if (ret < 0)
			return strerror(errno);
		if (ret == 0)
			break;
		done += ret;
	}
	return done != size ? "not all data arrived" : memcmp(got, data, size) ? "other data arrived" : NULL;
}

static const char *judge(struct children *children, int server, const uint8_t *data)
{
	static char text[80];
	union proto_message message;

	if (!children_result(children, &message))
		exit(EXIT_FAILURE);
	if (message.result.status) {
		snprintf(text, sizeof(text), "status %u, reason %u, error %d", message.result.status, message.result.reason,
			 message.result.error);
		return text;
	}
	return read_back(server, data, DATA_SIZE);
}

/* Returns NULL or what went wrong. */
static const char *once(struct children *children, int listener, uint64_t job, const char *cipher, const uint8_t *data)
{
	int client = -1, server = -1;

	if (!connect_pair(listener, &client, &server)) {
		perror("finish: connecting");
		exit(EXIT_FAILURE);
	}
	if (!children_job(children, job, server))
		exit(EXIT_FAILURE);
	const char *error = tail_run(client, cipher, data, DATA_SIZE);
	const char *verdict = judge(children, server, data);
	close(client);
	close(server);
	return error ? error : verdict;
}

int main(int argc, char **argv)
{
	char *all[] = { "AES-128-GCM", "AES-256-GCM", "CHACHA20-POLY1305", "AES-128-CCM", NULL };
	char **ciphers = argc > 3 ? argv + 3 : all;
	static uint8_t data[DATA_SIZE];
	struct children children;
	bool good = true;
	uint64_t job = 0;

	if (argc < 3) {
		fputs("usage: finish CONFIG COUNT [CIPHER...]\n", stderr);
		return EXIT_FAILURE;
	}
	if (!children_start(&children, argv[1], ALL_CIPHERS))
		return EXIT_FAILURE;
	gnutls_rnd(GNUTLS_RND_NONCE, data, sizeof(data));
	int listener = listen_somewhere();
	for (char **cipher = ciphers; *cipher; cipher++) {
		int arrived = 0, count = atoi(argv[2]);
		const char *why = NULL;
		for (int i = 0; i < count; i++) {
			const char *error = once(&children, listener, ++job, *cipher, data);
			arrived += !error;
			why = error ? error : why;
		}
		printf("%s: %d of %d%s%s\n", *cipher, arrived, count, why ? ": " : "", why ? why : "");
		good = good && arrived == count;
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
