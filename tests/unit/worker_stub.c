// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For worker_stubbed: a kernel that takes TLS keys and drops them. The linker leads the worker's calls here.
 */
#include <config.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#ifndef SOL_TLS
#define SOL_TLS 282
#endif

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	int ret = __real_setsockopt(fd, level, name, value, size);

	return level == SOL_TLS || (level == IPPROTO_TCP && name == TCP_ULP) ? 0 : ret;
}
