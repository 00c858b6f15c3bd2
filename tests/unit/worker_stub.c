// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For worker_stubbed: a kernel that takes TLS keys and drops them, and, where TLSHD_BENCH_NEW is set, a memory in which no peer
 * is found. The linker leads the worker's calls here.
 */
#include <config.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "worker/knownpeers.h"

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

struct knownpeer *__real_knownpeers_find(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain,
					 unsigned int count, int64_t now);
struct knownpeer *__wrap_knownpeers_find(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain,
					 unsigned int count, int64_t now);

struct knownpeer *__wrap_knownpeers_find(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain,
					 unsigned int count, int64_t now)
{
	const char *new = getenv("TLSHD_BENCH_NEW");

	return new && *new ? NULL : __real_knownpeers_find(known, role, chain, count, now);
}
