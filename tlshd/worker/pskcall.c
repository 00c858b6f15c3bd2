// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Calls for pre-shared keys.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "pskcall.h"

struct pskcall {
	int fd;
	uint32_t timeout_ms;
	uint32_t calls;
	union proto_message message;	/* there is one call at a time */
};

int pskcall_new(int fd, uint32_t timeout_ms, struct pskcall **out)
{
	struct timeval limit = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	/* Zero would mean no limit at all. */
	if (timeout_ms == 0)
		return -EINVAL;
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0))
		return -errno;
	struct pskcall *psk = calloc(1, sizeof(*psk));
	if (!psk)
		return -ENOMEM;
	psk->fd = fd;
	psk->timeout_ms = timeout_ms;
	*out = psk;
	return 0;
}

void pskcall_free(struct pskcall *psk)
{
	if (psk)
		pskcall_forget(psk);
	free(psk);
}

void pskcall_forget(struct pskcall *psk)
{
	explicit_bzero(&psk->message, sizeof(psk->message));
}

/* Waits for the answer to this call; what belongs to earlier ones is dropped. */
static int receive_answer(struct pskcall *psk, uint32_t call)
{
	int64_t limit_ms = proto_now_ms() + psk->timeout_ms;

	for (;;) {
		int ret = proto_receive(psk->fd, &psk->message, 0, NULL, 0);

		if (ret < 0)
			return ret == -EAGAIN ? -ETIMEDOUT : ret;
		if (psk->message.header.type != PROTO_PSK_KEY)
			return -EBADMSG;
		if (psk->message.psk_key.call == call)
			return psk->message.psk_key.status;
		pskcall_forget(psk);
		/* Each message restarts the socket's own limit. */
		if (proto_now_ms() >= limit_ms)
			return -ETIMEDOUT;
	}
}

int pskcall_ask(struct pskcall *psk, uint64_t job, const uint8_t *identity, size_t length, const struct proto_psk_key **answer)
{
	uint32_t call = ++psk->calls;

	if (psk->fd < 0)
		return -EPIPE;
	/* No key has such a description, and the supervisor ends who asks for one. */
	if (length == 0 || length > PROTO_PSK_IDENTITY_MAX)
		return -ENOKEY;
	proto_init(&psk->message, PROTO_PSK);
	psk->message.psk.job = job;
	psk->message.psk.call = call;
	psk->message.psk.identity_length = length;
	memcpy(psk->message.psk.identity, identity, length);
	int ret = proto_send(psk->fd, &psk->message, NULL, 0);
	if (ret == 0)
		ret = receive_answer(psk, call);
	if (ret == 0)
		*answer = &psk->message.psk_key;
	else
		pskcall_forget(psk);
	return ret == -EAGAIN ? -ETIMEDOUT : ret;
}
