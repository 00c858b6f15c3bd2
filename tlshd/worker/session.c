// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Setting a session up.
 */
#include <config.h>

#include <string.h>

#include "session.h"

/* RFC 9289, 4: the client offers ALPN "sunrpc", the server answers it; RFC 7301, 3.2: another offer alone is refused. */
static int set_alpn(gnutls_session_t session)
{
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };

	return gnutls_alpn_set_protocols(session, &sunrpc, 1, GNUTLS_ALPN_MANDATORY);
}

static int set_role(const struct session_plan *plan, gnutls_session_t session)
{
	const char *dns = plan->name->dns;

	if (plan->role == PROTO_ROLE_SERVER) {
		/* RFC 9289, 5.2.1: the server asks for the client's certificate; it may show none. */
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
		return 0;
	}
	/* An address is no host name (RFC 6066, 3). */
	if (dns[0] == '\0')
		return 0;
	return gnutls_server_name_set(session, GNUTLS_NAME_DNS, dns, strlen(dns));
}

static int set_certificates(const struct session_plan *plan, gnutls_session_t session)
{
	int ret = gnutls_priority_set(session, credentials_priority(plan->credentials));
	if (ret == 0)
		ret = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials_x509(plan->credentials));
	if (ret == 0)
		ret = set_alpn(session);
	return ret < 0 ? ret : set_role(plan, session);
}

/* Pre-shared keys are NVMe's, which has no name to verify and no ALPN. */
static int set_preshared(const struct session_plan *plan, gnutls_session_t session)
{
	if (plan->role == PROTO_ROLE_CLIENT)
		return preshared_client(plan->preshared, session, plan->psk_hash);
	return preshared_server(plan->preshared, session);
}

int session_new(const struct session_plan *plan, gnutls_session_t *out)
{
	/* Tickets would reach the kernel's consumer, and no session is ever resumed. */
	unsigned int flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_REKEY;
	gnutls_session_t session;

	int ret = gnutls_init(&session, flags | (plan->role == PROTO_ROLE_CLIENT ? GNUTLS_CLIENT : GNUTLS_SERVER));
	if (ret < 0)
		return ret;
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	gnutls_handshake_set_max_packet_length(session, plan->max_bytes);
	ret = plan->auth == PROTO_AUTH_PSK ? set_preshared(plan, session) : set_certificates(plan, session);
	if (ret < 0)
		gnutls_deinit(session);
	else
		*out = session;
	return ret;
}
