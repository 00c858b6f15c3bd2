// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * inflight: sends so many descriptors to itself and never receives them, so that they are under way until it ends. The
 * kernel counts them per user, and lets a user who is over his limit of files send no more (ETOOMANYREFS).
 *
 *	inflight COUNT
 */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT_A_TIME 200	/* SCM_MAX_FD is 253 */

static int send_fds(int channel, int count)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(AT_A_TIME * sizeof(int))];
	} control = { 0 };
	struct iovec io = { .iov_base = "x", .iov_len = 1 };
	struct msghdr message = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control };
	int fds[AT_A_TIME];

	message.msg_controllen = CMSG_SPACE(count * sizeof(int));
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(count * sizeof(int));
	for (int i = 0; i < count; i++)
		fds[i] = STDOUT_FILENO;
	memcpy(CMSG_DATA(header), fds, count * sizeof(int));
	return sendmsg(channel, &message, 0);
}

int main(int argc, char **argv)
{
	int count = argc == 2 ? atoi(argv[1]) : 0, pair[2];

	if (count <= 0) {
		fprintf(stderr, "usage: inflight COUNT\n");
		return 2;
	}
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) < 0) {
		perror("inflight: socketpair");
		return 1;
	}
	for (; count > 0; count -= AT_A_TIME) {
		if (send_fds(pair[0], count < AT_A_TIME ? count : AT_A_TIME) < 0) {
			perror("inflight: sendmsg");
			return 1;
		}
	}
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
