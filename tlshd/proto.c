// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Messages between our processes: sizes, checks, sending and receiving.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "proto.h"

#define PROTO_FDS_MAX 2

static const struct {
	const char *name;
	size_t size;
} types[PROTO_TYPES] = {
	[PROTO_JOB] = { "JOB", sizeof(struct proto_job) },
	[PROTO_JOB_PSK] = { "JOB_PSK", sizeof(struct proto_job_psk) },
	[PROTO_CANCEL] = { "CANCEL", sizeof(struct proto_cancel) },
	[PROTO_WORKER_READY] = { "WORKER_READY", sizeof(struct proto_worker_ready) },
	[PROTO_RESULT] = { "RESULT", sizeof(struct proto_result) },
	[PROTO_SIGN] = { "SIGN", sizeof(struct proto_sign) },
	[PROTO_SIGNATURE] = { "SIGNATURE", sizeof(struct proto_signature) },
	[PROTO_PSK] = { "PSK", sizeof(struct proto_psk) },
	[PROTO_PSK_KEY] = { "PSK_KEY", sizeof(struct proto_psk_key) },
	[PROTO_ATTACH] = { "ATTACH", sizeof(struct proto_attach) },
	[PROTO_OPEN] = { "OPEN", sizeof(struct proto_open) },
	[PROTO_CLOSE] = { "CLOSE", sizeof(struct proto_close) },
	[PROTO_GRANTS] = { "GRANTS", sizeof(struct proto_grants) },
	[PROTO_LOAD] = { "LOAD", sizeof(struct proto_load) },
	[PROTO_PING] = { "PING", sizeof(struct proto_ping) },
	[PROTO_KEY] = { "KEY", sizeof(struct proto_key) },
	[PROTO_KEEPER_READY] = { "KEEPER_READY", sizeof(struct proto_keeper_ready) },
	[PROTO_PIN_TROUBLE] = { "PIN_TROUBLE", sizeof(struct proto_pin_trouble) },
	[PROTO_PONG] = { "PONG", sizeof(struct proto_ping) },
	[PROTO_KEY_LOADED] = { "KEY_LOADED", sizeof(struct proto_key_loaded) },
	[PROTO_LOADED] = { "LOADED", sizeof(struct proto_loaded) },
	[PROTO_NOTICE] = { "NOTICE", sizeof(struct proto_notice) },
};

_Static_assert(sizeof(union proto_message) <= PROTO_MESSAGE_MAX, "a message is too large");

size_t proto_size(unsigned int type)
{
	return type < PROTO_TYPES ? types[type].size : 0;
}

const char *proto_name(unsigned int type)
{
	return type < PROTO_TYPES && types[type].name ? types[type].name : "unknown";
}

void proto_init(union proto_message *message, enum proto_type type)
{
	memset(message, 0, sizeof(*message));
	message->header.version = PROTO_VERSION;
	message->header.type = type;
	message->header.size = proto_size(type);
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}
#define TERMINATED(array) terminated(array, sizeof(array))

/* Only a client brings its own certificate, and never without the key's public half. */
static bool certificate_valid(const struct proto_job *job)
{
	if (job->certificate_length == 0)
		return job->spki_length == 0;
	return job->role == PROTO_ROLE_CLIENT && job->auth == PROTO_AUTH_X509 &&
	       job->certificate_length <= PROTO_CERTIFICATE_MAX && job->spki_length > 0 &&
	       job->spki_length <= PROTO_SPKI_MAX;
}

/* A client with a pre-shared key, and no other, has the message with the key and a hash that goes with it. */
static bool psk_hash_valid(const struct proto_job *job)
{
	bool offers = job->role == PROTO_ROLE_CLIENT && job->auth == PROTO_AUTH_PSK;

	if (offers != (job->header.type == PROTO_JOB_PSK))
		return false;
	if (offers)
		return job->psk_hash == PROTO_PSK_SHA256 || job->psk_hash == PROTO_PSK_SHA384;
	return job->psk_hash == 0;
}

static bool job_valid(const struct proto_job *job)
{
	return job->job != 0 && TERMINATED(job->peername) &&
	       (job->role == PROTO_ROLE_CLIENT || job->role == PROTO_ROLE_SERVER) &&
	       job->auth >= PROTO_AUTH_UNAUTH && job->auth <= PROTO_AUTH_X509 && psk_hash_valid(job) && certificate_valid(job) &&
	       job->deadline_ms >= 0 && job->hello_deadline_ms >= 0;
}

static bool identity_length_valid(uint32_t length)
{
	return length > 0 && length <= PROTO_PSK_IDENTITY_MAX;
}

static bool key_length_valid(uint32_t length)
{
	return length > 0 && length <= PROTO_PSK_MAX;
}

static bool job_psk_valid(const struct proto_job_psk *psk)
{
	return job_valid(&psk->job) && identity_length_valid(psk->identity_length) && key_length_valid(psk->key_length);
}

static bool result_valid(const struct proto_result *result)
{
	return result->job != 0 && result->reason < REASON_CODES && result->status <= 4095 &&
	       (result->status == 0) == (result->reason == REASON_OK) &&
	       (result->verify & ~(uint32_t)PROTO_VERIFY_ALL) == 0 && result->error >= 0 &&
	       result->peer_authenticated <= 1 &&
	       TERMINATED(result->version) && TERMINATED(result->cipher) && TERMINATED(result->group) &&
	       TERMINATED(result->signature) && TERMINATED(result->alpn) &&
	       TERMINATED(result->peer_subject) && TERMINATED(result->peer_san) &&
	       TERMINATED(result->peer_issuer) && TERMINATED(result->peer_serial);
}

static bool psk_key_valid(const struct proto_psk_key *answer)
{
	if (answer->status != 0)
		return answer->status < 0 && answer->key_length == 0;
	return key_length_valid(answer->key_length);
}

static bool body_valid(const union proto_message *message)
{
	switch (message->header.type) {
	case PROTO_JOB:
		return job_valid(&message->job);
	case PROTO_JOB_PSK:
		return job_psk_valid(&message->job_psk);
	case PROTO_CANCEL:
		return message->cancel.job != 0;
	case PROTO_RESULT:
		return result_valid(&message->result);
	case PROTO_SIGN:
		return message->sign.job != 0 && message->sign.key <= PROTO_KEY_REQUESTED &&
		       message->sign.length <= PROTO_SIGN_INPUT_MAX;
	case PROTO_SIGNATURE:
		return message->signature.length <= PROTO_SIGNATURE_MAX && message->signature.status <= 0 &&
		       (message->signature.status == 0) == (message->signature.length > 0);
	case PROTO_PSK:
		return message->psk.job != 0 && identity_length_valid(message->psk.identity_length);
	case PROTO_PSK_KEY:
		return psk_key_valid(&message->psk_key);
	case PROTO_OPEN:
		return message->open.job != 0 && message->open.requested <= 1;
	case PROTO_CLOSE:
		return message->close.job != 0;
	case PROTO_LOAD:
		return message->load.job != 0 && message->load.serial > 0;
	case PROTO_KEY_LOADED:
		return message->key_loaded.job != 0 && message->key_loaded.status <= 0 &&
		       message->key_loaded.spki_length <= PROTO_SPKI_MAX &&
		       (message->key_loaded.status == 0) == (message->key_loaded.spki_length > 0);
	case PROTO_KEY:
		return message->key.key < PROTO_KEYS_MAX && message->key.spki_length > 0 &&
		       message->key.spki_length <= PROTO_SPKI_MAX;
	case PROTO_KEEPER_READY:
		return message->keeper_ready.keys <= PROTO_KEYS_MAX;
	case PROTO_LOADED:
		return message->loaded.keys <= PROTO_KEYS_MAX;
	case PROTO_NOTICE:
		return message->notice.priority >= LOG_ERR && message->notice.priority <= LOG_DEBUG &&
		       TERMINATED(message->notice.text);
	default:
		return true;
	}
}

int proto_check(const union proto_message *message, size_t received)
{
	if (received < sizeof(message->header))
		return -EBADMSG;
	if (message->header.version != PROTO_VERSION)
		return -EPROTONOSUPPORT;
	size_t size = proto_size(message->header.type);
	if (size == 0 || received != size || message->header.size != size)
		return -EBADMSG;
	return body_valid(message) ? 0 : -EBADMSG;
}

int proto_send(int fd, const union proto_message *message, const int *fds, unsigned int nfds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(PROTO_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = (void *)message, .iov_len = message->header.size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds > PROTO_FDS_MAX)
		return -EINVAL;
	if (nfds > 0) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, nfds * sizeof(int));
	}
	for (;;) {
		ssize_t sent = sendmsg(fd, &msg, MSG_NOSIGNAL);
		if (sent >= 0)
			return 0;
		if (errno != EINTR)
			return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	}
}

/* Take the descriptors out of the control data; what there is no room for is closed. Returns how many came. */
static unsigned int take_fds(struct msghdr *msg, int *fds, unsigned int nfds)
{
	unsigned int came = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(fd));
			if (came < nfds)
				fds[came] = fd;
			else
				close(fd);
			came++;
		}
	}
	return came;
}

int proto_receive(int fd, union proto_message *message, int flags, int *fds, unsigned int nfds)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(PROTO_FDS_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = message, .iov_len = sizeof(*message) };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t received;

	if (nfds > PROTO_FDS_MAX || (nfds > 0 && !fds))
		return -EINVAL;
	for (unsigned int i = 0; i < nfds; i++)
		fds[i] = -1;
	if (nfds > 0) {
		msg.msg_control = control.room;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
	}
	do {
		received = recvmsg(fd, &msg, flags | MSG_CMSG_CLOEXEC);
	} while (received < 0 && errno == EINTR);
	if (received < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : errno == ECONNRESET ? -EPIPE : -errno;

	unsigned int came = take_fds(&msg, fds, nfds);
	int ret = 0;
	if (received == 0)
		ret = -EPIPE;
	else if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) || came > nfds)
		ret = -EBADMSG;
	else
		ret = proto_check(message, received);
	if (ret < 0) {
		for (unsigned int i = 0; i < nfds; i++) {
			if (fds[i] >= 0)
				close(fds[i]);
			fds[i] = -1;
		}
	}
	return ret;
}

void proto_notice(int fd, int priority, const char *format, ...)
{
	union proto_message message;
	va_list args;

	proto_init(&message, PROTO_NOTICE);
	message.notice.priority = priority;
	va_start(args, format);
	vsnprintf(message.notice.text, sizeof(message.notice.text), format, args);
	va_end(args);
	proto_send(fd, &message, NULL, 0);
}

int64_t proto_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
