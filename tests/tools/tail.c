// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The library writes into a buffer of ours. What it holds while the handshake goes on is sent when the library begins to
 * wait for the server; the last flight stays there until the data is behind it.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto.h"
#include "tail.h"

#define OUT_MAX (256 * 1024)
#define WAIT_MS 20000

struct tail {
	int fd;
	size_t size;
	uint8_t out[OUT_MAX];
};

static ssize_t keep(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
	struct tail *tail = pointer;

	if (size > sizeof(tail->out) - tail->size) {
		errno = ENOBUFS;
		return -1;
	}
	memcpy(tail->out + tail->size, data, size);
	tail->size += size;
	return size;
}

static ssize_t pull(gnutls_transport_ptr_t pointer, void *data, size_t size)
{
	const struct tail *tail = pointer;

	return recv(tail->fd, data, size, MSG_DONTWAIT);
}

static bool flush(struct tail *tail, int flags)
{
	ssize_t sent = tail->size ? send(tail->fd, tail->out, tail->size, MSG_NOSIGNAL | flags) : 0;
	bool all = sent == (ssize_t)tail->size;

	tail->size = 0;
	return all;
}

static const char *shake(struct tail *tail, gnutls_session_t session)
{
	int64_t until_ms = proto_now_ms() + WAIT_MS;
	int ret;

	while ((ret = gnutls_handshake(session)) == GNUTLS_E_AGAIN) {
		struct pollfd watch = { .fd = tail->fd, .events = POLLIN };
		if (!flush(tail, 0))
			return "sending a flight";
		if (proto_now_ms() >= until_ms || poll(&watch, 1, WAIT_MS) <= 0)
			return "waiting for the server";
	}
	return ret < 0 ? gnutls_strerror(ret) : NULL;
}

/* MSG_MORE holds the last segment back until the FIN goes with it. */
static const char *send_all(struct tail *tail, gnutls_session_t session, const uint8_t *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t sent = gnutls_record_send(session, data + done, size - done);
		if (sent < 0)
			return gnutls_strerror(sent);
		done += sent;
	}
	if (!flush(tail, MSG_MORE))
		return "sending the last flight";
	return shutdown(tail->fd, SHUT_WR) < 0 ? strerror(errno) : NULL;
}

const char *tail_run(int fd, const char *cipher, const uint8_t *data, size_t size)
{
	static struct tail tail;
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	char priority[128];

	tail.fd = fd;
	tail.size = 0;
	snprintf(priority, sizeof(priority), "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+%s", cipher);
	if (gnutls_certificate_allocate_credentials(&credentials) < 0)
		return "no memory";
	if (gnutls_init(&session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0) {
		gnutls_certificate_free_credentials(credentials);
		return "no memory";
	}
	const char *error = gnutls_priority_set_direct(session, priority, NULL) < 0 ? "no such cipher" : NULL;
	gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials);
	gnutls_alpn_set_protocols(session, &sunrpc, 1, 0);
	gnutls_transport_set_ptr(session, &tail);
	gnutls_transport_set_push_function(session, keep);
	gnutls_transport_set_pull_function(session, pull);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	if (!error)
		error = shake(&tail, session);
	if (!error)
		error = send_all(&tail, session, data, size);
	gnutls_deinit(session);
	gnutls_certificate_free_credentials(credentials);
	return error;
}
