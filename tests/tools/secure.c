// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A whole TLS handshake, then one call and its reply.
 */
#include <config.h>

#include <stdlib.h>

#include "peer.h"
#include "rpctls.h"

struct secure {
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	bool shaken, called;
	int error;
	int alert;
	uint8_t in[RPCTLS_MAX];
	size_t size;
};

struct secure *secure_new(int fd)
{
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };
	struct secure *secure = calloc(1, sizeof(*secure));

	if (!secure || gnutls_certificate_allocate_credentials(&secure->credentials) < 0 ||
	    gnutls_init(&secure->session, GNUTLS_CLIENT | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		abort();
	secure->alert = -1;
	gnutls_priority_set_direct(secure->session, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL);
	gnutls_credentials_set(secure->session, GNUTLS_CRD_CERTIFICATE, secure->credentials);
	gnutls_alpn_set_protocols(secure->session, &sunrpc, 1, 0);
	gnutls_transport_set_int(secure->session, fd);
	gnutls_handshake_set_timeout(secure->session, GNUTLS_INDEFINITE_TIMEOUT);
	return secure;
}

static enum secure_state wait_or_fail(struct secure *secure, ssize_t code)
{
	if (code == GNUTLS_E_AGAIN || code == GNUTLS_E_INTERRUPTED)
		return gnutls_record_get_direction(secure->session) ? SECURE_WRITES : SECURE_READS;
	secure->error = code == 0 ? GNUTLS_E_PREMATURE_TERMINATION : code;
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED)
		secure->alert = gnutls_alert_get(secure->session);
	return SECURE_FAILED;
}

static enum secure_state call(struct secure *secure)
{
	uint8_t out[RPCTLS_MAX];
	size_t used;

	if (!secure->called) {
		ssize_t sent = gnutls_record_send(secure->session, out, rpctls_call(out, 1, false));
		if (sent < 0)
			return wait_or_fail(secure, sent);
		secure->called = true;
	}
	for (;;) {
		ssize_t got = gnutls_record_recv(secure->session, secure->in + secure->size, sizeof(secure->in) - secure->size);
		if (got <= 0)
			return wait_or_fail(secure, got);
		secure->size += got;
		int ret = rpctls_reply(secure->in, secure->size, &used);
		if (ret > 0)
			return SECURE_SERVED;
		if (ret < 0)
			return wait_or_fail(secure, GNUTLS_E_UNEXPECTED_PACKET);
	}
}

enum secure_state secure_step(struct secure *secure)
{
	if (secure->error)
		return SECURE_FAILED;
	if (!secure->shaken) {
		int ret = gnutls_handshake(secure->session);
		if (ret < 0)
			return wait_or_fail(secure, ret);
		secure->shaken = true;
	}
	return call(secure);
}

int secure_alert(const struct secure *secure)
{
	return secure->alert;
}

const char *secure_error(const struct secure *secure)
{
	return secure->error ? gnutls_strerror(secure->error) : "ok";
}

void secure_free(struct secure *secure)
{
	if (!secure)
		return;
	gnutls_deinit(secure->session);
	gnutls_certificate_free_credentials(secure->credentials);
	free(secure);
}
