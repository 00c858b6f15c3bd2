// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * TCP pairs.
 */
#include <config.h>

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/pair.h"

int pair_listen(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 16) < 0) {
		int error = errno;
		close(fd);
		return -error;
	}
	return fd;
}

int pair_connect(int listener, int fds[PAIR_ENDS])
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int error;

	fds[PAIR_CLIENT] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fds[PAIR_CLIENT] < 0)
		return -errno;
	if (getsockname(listener, (struct sockaddr *)&address, &length) == 0 &&
	    connect(fds[PAIR_CLIENT], (struct sockaddr *)&address, length) == 0) {
		fds[PAIR_SERVER] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		if (fds[PAIR_SERVER] >= 0)
			return 0;
	}
	error = errno;
	close(fds[PAIR_CLIENT]);
	return -error;
}

void pair_close(const int fds[PAIR_ENDS])
{
	static const struct linger at_once = { .l_onoff = 1 };

	for (int i = 0; i < PAIR_ENDS; i++) {
		setsockopt(fds[i], SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
		close(fds[i]);
	}
}
