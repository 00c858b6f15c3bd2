// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps of a TLS handshake.
 */
#include <config.h>

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "alert.h"
#include "diagnosis.h"
#include "facts.h"
#include "handshake.h"
#include "ktls.h"
#include "name.h"
#include "outcome.h"
#include "recordlimit.h"
#include "requested.h"
#include "transport.h"
#include "verify.h"

/*
 * Bytes on the wire per byte of message: a peer may cut its messages into records, each with 5 to 22 bytes of its own. A
 * factor of two allows for every sane way to cut, and bounds what an insane one costs.
 */
#define WIRE_FACTOR 2
#define WIRE_SLACK 65536	/* messages other than the largest one */
#define HELLO_SLACK 1024
#define INTERRUPTIONS_PER_TURN 8

struct handshake {
	const struct handshake_context *context;
	const struct credentials *credentials;
	enum proto_role role;
	enum proto_auth auth;
	bool begun;
	bool over;
	bool identity_missing;	/* server: the peer got as far as to need our certificate */
	bool hello_seen;
	int fd;
	unsigned int record_limit;
	gnutls_session_t session;
	struct transport transport;
	struct name name;
	struct verify_subject subject;	/* the peer, from its CertificateVerify until it is judged */
	struct verify_refusal refusal;
	struct sign_record signatures;
	struct preshared preshared;
	struct requested *requested;	/* our certificate, where the request brings one */
	enum proto_reason unfit;	/* it does, and cannot be used */
	uint32_t psk_hash;
	struct proto_result result;	/* header and status are filled in at the end */
	char peername[PROTO_NAME_MAX];
};

int handshake_new(const struct handshake_context *context, const struct proto_job *job, int fd, int certificate_fd,
		  struct handshake **out)
{
	struct handshake *handshake = calloc(1, sizeof(*handshake));

	if (!handshake)
		return -ENOMEM;
	handshake->context = context;
	handshake->role = job->role;
	handshake->auth = job->auth;
	handshake->credentials = job->role == PROTO_ROLE_CLIENT ? context->client : context->server;
	handshake->fd = fd;
	handshake->record_limit = RECORDLIMIT_NONE;
	handshake->signatures.job = job->job;
	handshake->psk_hash = job->psk_hash;
	handshake->result.job = job->job;
	handshake->result.alert_sent = PROTO_NO_ALERT;
	handshake->result.alert_received = PROTO_NO_ALERT;
	memcpy(handshake->peername, job->peername, sizeof(handshake->peername));
	if (preshared_init(&handshake->preshared, job) < 0) {
		free(handshake);
		return -ENOMEM;
	}
	if (job->certificate_length > 0)
		handshake->unfit = requested_new(job, certificate_fd, context->sign, &handshake->requested,
						 &handshake->result.library_error);
	*out = handshake;
	return 0;
}

void handshake_free(struct handshake *handshake)
{
	if (!handshake)
		return;
	if (handshake->session)
		gnutls_deinit(handshake->session);
	verify_forget(&handshake->subject);
	requested_free(handshake->requested);
	preshared_done(&handshake->preshared);
	free(handshake);
}

bool handshake_heard(const struct handshake *handshake)
{
	return handshake->transport.received > 0;
}

/* The last word to the peer. One try: a peer that does not read does not hear. */
static void send_alert(struct handshake *handshake, int alert)
{
	int ret;

	if (alert == OUTCOME_NO_ALERT || !handshake->session || handshake->transport.write_error)
		return;
	do {
		ret = gnutls_alert_send(handshake->session, GNUTLS_AL_FATAL, alert);
	} while (ret == GNUTLS_E_INTERRUPTED);
	if (ret == 0 && !handshake->transport.write_error)
		handshake->result.alert_sent = alert;
}

static enum handshake_state finish(struct handshake *handshake, struct outcome outcome)
{
	struct proto_result *result = &handshake->result;

	result->reason = outcome.reason;
	result->status = outcome.status;
	result->error = outcome.error;
	result->verify = handshake->refusal.bits;
	result->signatures = handshake->signatures.answered;
	result->sign_timeouts = handshake->signatures.timeouts;
	if (outcome.reason != REASON_OK)
		result->peer_authenticated = 0;
	if (handshake->session) {
		facts_of_session(handshake->session, result);
		send_alert(handshake, outcome.alert);
		if (outcome.reason != REASON_OK)
			transport_drain(&handshake->transport);
		transport_restore(&handshake->transport);
	}
	handshake->over = true;
	return HANDSHAKE_OVER;
}

void handshake_abandon(struct handshake *handshake, enum proto_reason reason)
{
	if (!handshake->over)
		finish(handshake, outcome_of(reason, 0));
}

void handshake_result(const struct handshake *handshake, union proto_message *message)
{
	proto_init(message, PROTO_RESULT);
	struct proto_header header = message->header;

	message->result = handshake->result;
	message->header = header;
}

static struct verify_context verify_context(const struct handshake *handshake)
{
	return (struct verify_context){
		.settings = handshake->context->settings,
		.credentials = handshake->credentials,
		.known = handshake->context->known,
		.role = handshake->role,
	};
}

/* Before the library looks into a message of the peer: limits, and what we have to know of it. */
static int on_message(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int incoming,
		      const gnutls_datum_t *body)
{
	struct handshake *handshake = gnutls_session_get_ptr(session);
	const struct snapshot_settings *settings = handshake->context->settings;
	bool hello = type == GNUTLS_HANDSHAKE_CLIENT_HELLO;

	if (!incoming || when != GNUTLS_HOOK_PRE)
		return 0;
	if (body->size > (hello ? settings->max_client_hello : settings->max_message))
		return GNUTLS_E_HANDSHAKE_TOO_LARGE;
	if (hello && !handshake->hello_seen) {
		handshake->hello_seen = true;
		handshake->transport.limit += (uint64_t)WIRE_FACTOR * settings->max_message + WIRE_SLACK;
	}
	if (hello || type == GNUTLS_HANDSHAKE_ENCRYPTED_EXTENSIONS)
		handshake->record_limit = recordlimit_read(body, hello);
	/* The peer's chain has been read, and its key is about to be used. */
	if (type == GNUTLS_HANDSHAKE_CERTIFICATE_VERIFY) {
		struct verify_context verify = verify_context(handshake);

		handshake->refusal = verify_limits(session, &verify, &handshake->subject, &handshake->result);
		if (handshake->refusal.reason != REASON_OK)
			return GNUTLS_E_CERTIFICATE_ERROR;
	}
	return 0;
}

/* Called after the peer's CertificateVerify and before our (client) or the peer's (server) Finished. */
static int on_verify(gnutls_session_t session)
{
	struct handshake *handshake = gnutls_session_get_ptr(session);

	struct verify_context verify = verify_context(handshake);

	handshake->refusal = verify_peer(session, &verify, &handshake->subject, &handshake->name, &handshake->result);
	verify_forget(&handshake->subject);
	if (handshake->refusal.reason == REASON_OK)
		return 0;
	if (handshake->refusal.reason == REASON_UNTRUSTED && !credentials_has_trust(handshake->credentials))
		handshake->refusal.reason = REASON_NO_TRUST;
	return GNUTLS_E_CERTIFICATE_ERROR;
}

int handshake_retrieve(gnutls_session_t session, const struct gnutls_cert_retr_st *info, gnutls_pcert_st **chain,
		       unsigned int *length, gnutls_ocsp_data_st **ocsp, unsigned int *ocsp_length,
		       gnutls_privkey_t *key, unsigned int *flags)
{
	struct handshake *handshake = gnutls_session_get_ptr(session);

	(void)info;
	*chain = NULL;
	*length = 0;
	*ocsp = NULL;
	*ocsp_length = 0;
	*key = NULL;
	*flags = 0;
	if (handshake->auth != PROTO_AUTH_X509)
		return 0;
	if (handshake->role == PROTO_ROLE_SERVER && !credentials_has_identity(handshake->credentials))
		handshake->identity_missing = true;
	if (handshake->requested)
		requested_select(handshake->requested, chain, length, key);
	else
		credentials_select(handshake->credentials, session, chain, length, key);
	return 0;
}

int handshake_offer_psk(gnutls_session_t session, gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct handshake *handshake = gnutls_session_get_ptr(session);

	return preshared_offer(&handshake->preshared, identity, key);
}

int handshake_find_psk(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *key)
{
	struct handshake *handshake = gnutls_session_get_ptr(session);

	return preshared_find(handshake->context->preshared, &handshake->preshared, identity, key);
}

static uint64_t receive_limit(const struct handshake *handshake)
{
	const struct snapshot_settings *settings = handshake->context->settings;

	if (handshake->role == PROTO_ROLE_SERVER)
		return (uint64_t)WIRE_FACTOR * settings->max_client_hello + HELLO_SLACK;
	return (uint64_t)WIRE_FACTOR * settings->max_message + WIRE_SLACK;
}

/* RFC 9289, 4: the client offers ALPN "sunrpc", the server answers it; RFC 7301, 3.2: another offer alone is refused. */
static int set_alpn(gnutls_session_t session)
{
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };

	return gnutls_alpn_set_protocols(session, &sunrpc, 1, GNUTLS_ALPN_MANDATORY);
}

static int set_up_psk(struct handshake *handshake)
{
	if (handshake->role == PROTO_ROLE_CLIENT)
		return preshared_client(handshake->context->preshared, handshake->session, handshake->psk_hash);
	return preshared_server(handshake->context->preshared, handshake->session);
}

static int set_up_role(struct handshake *handshake)
{
	const struct name *name = &handshake->name;

	if (handshake->role == PROTO_ROLE_SERVER) {
		/* RFC 9289, 5.2.1: the server asks for the client's certificate; it may show none. */
		gnutls_certificate_server_set_request(handshake->session, GNUTLS_CERT_REQUEST);
		return 0;
	}
	/* An address is no host name (RFC 6066, 3). */
	if (name->dns[0] == '\0')
		return 0;
	return gnutls_server_name_set(handshake->session, GNUTLS_NAME_DNS, name->dns, strlen(name->dns));
}

static int make_session(struct handshake *handshake)
{
	/* Tickets would reach the kernel's consumer, and no session is ever resumed. */
	unsigned int flags = GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL | GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_REKEY;
	gnutls_session_t session;

	int ret = gnutls_init(&session, flags | (handshake->role == PROTO_ROLE_CLIENT ? GNUTLS_CLIENT : GNUTLS_SERVER));
	if (ret < 0)
		return ret;
	handshake->session = session;
	gnutls_session_set_ptr(session, handshake);
	transport_init(&handshake->transport, handshake->fd, receive_limit(handshake));
	transport_attach(&handshake->transport, session);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	/* The library counts the whole exchange; single messages are measured in on_message(). */
	gnutls_handshake_set_max_packet_length(session, receive_limit(handshake) +
					       4 * handshake->context->settings->max_message + WIRE_SLACK);
	gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
	/* Pre-shared keys are NVMe's, which has no name to verify and no ALPN. */
	if (handshake->auth == PROTO_AUTH_PSK)
		return set_up_psk(handshake);
	gnutls_session_set_verify_function(session, on_verify);
	ret = gnutls_priority_set(session, credentials_priority(handshake->credentials));
	if (ret == 0)
		ret = gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE,
					     credentials_x509(handshake->credentials));
	if (ret == 0)
		ret = set_alpn(session);
	return ret < 0 ? ret : set_up_role(handshake);
}

static bool is_tcp(int fd)
{
	int type = 0, protocol = 0;
	socklen_t type_size = sizeof(type), protocol_size = sizeof(protocol);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &protocol_size) == 0 && protocol == IPPROTO_TCP;
}

/* What can be known before the first byte; REASON_OK: go on. */
static enum proto_reason check_request(struct handshake *handshake)
{
	bool client = handshake->role == PROTO_ROLE_CLIENT;

	/* Only the client can do without a certificate. */
	if (handshake->auth == PROTO_AUTH_UNAUTH && !client)
		return REASON_UNSUPPORTED;
	if (!client || handshake->auth == PROTO_AUTH_PSK)
		return REASON_OK;
	if (!name_is_set(&handshake->name))
		return REASON_NO_NAME;
	if (!credentials_has_trust(handshake->credentials))
		return REASON_NO_TRUST;
	if (handshake->unfit != REASON_OK)
		return handshake->unfit;
	if (handshake->auth == PROTO_AUTH_X509 && !handshake->requested && !credentials_has_identity(handshake->credentials))
		return REASON_NO_IDENTITY;
	return REASON_OK;
}

/* The peer was gone before we began, or the kernel has no TLS. */
static struct outcome outcome_of_attach(int error)
{
	if (error == ENOTCONN || error == EPIPE || error == ECONNRESET)
		return outcome_of(REASON_PEER_CLOSED, error);
	return outcome_of(REASON_ULP, error);
}

/* A session that was not set up cannot even send an alert: the library would look for its ciphers. */
static enum handshake_state give_up(struct handshake *handshake, struct outcome outcome)
{
	if (handshake->session) {
		transport_restore(&handshake->transport);
		gnutls_deinit(handshake->session);
		handshake->session = NULL;
	}
	alert_plain(handshake->fd, outcome.alert);
	handshake->result.alert_sent = outcome.alert;
	return finish(handshake, outcome);
}

static enum handshake_state begin(struct handshake *handshake)
{
	handshake->begun = true;
	if (!is_tcp(handshake->fd))
		return finish(handshake, outcome_of(REASON_NOT_TCP, 0));
	/* An impossible name is the same as none: check_request() refuses it. */
	if (handshake->role == PROTO_ROLE_CLIENT)
		name_parse(handshake->peername, &handshake->name);
	int ret = make_session(handshake);
	if (ret < 0) {
		handshake->result.library_error = ret;
		return give_up(handshake, outcome_of_library(ret));
	}
	enum proto_reason reason = check_request(handshake);
	if (reason != REASON_OK)
		return finish(handshake, outcome_of(reason, 0));
	ret = ktls_attach(handshake->fd);
	if (ret < 0)
		return finish(handshake, outcome_of_attach(-ret));
	/*
	 * A start without reading. The library understands an alert only once the handshake has begun, and would take
	 * a client's first words by chance for an alert or for garbage, as they come late or early.
	 */
	handshake->transport.reads_left = 0;
	if (handshake->role == PROTO_ROLE_SERVER)
		gnutls_handshake(handshake->session);
	return HANDSHAKE_READS;
}

/* Why the library gave up, with what we know ourselves. */
static struct outcome explain(struct handshake *handshake, int code)
{
	const struct diagnosis known = {
		.session = handshake->session,
		.role = handshake->role,
		.auth = handshake->auth,
		.hello_seen = handshake->hello_seen,
		.identity_missing = handshake->identity_missing,
		.transport = &handshake->transport,
		.preshared = &handshake->preshared,
		.signatures = &handshake->signatures,
		.refusal = &handshake->refusal,
	};

	return diagnosis_of(&known, code, &handshake->result);
}

/*
 * An NVMe host reads once more: the target speaks only when it is asked, but its TLS library may have sent tickets, which
 * the kernel could not read. Returns GNUTLS_E_AGAIN where there was nothing else, a count of bytes, or what ended it.
 */
static ssize_t look_for_data(struct handshake *handshake)
{
	unsigned char byte;

	if (handshake->role != PROTO_ROLE_CLIENT || handshake->auth != PROTO_AUTH_PSK)
		return GNUTLS_E_AGAIN;
	ssize_t ret = gnutls_record_recv(handshake->session, &byte, sizeof(byte));
	return ret == GNUTLS_E_INTERRUPTED ? GNUTLS_E_AGAIN : ret;
}

static enum handshake_state complete(struct handshake *handshake)
{
	gnutls_session_t session = handshake->session;

	/* A write that was told as done was not (transport.c). */
	if (handshake->transport.write_error)
		return finish(handshake, outcome_of(REASON_PEER_RESET, handshake->transport.write_error));
	/* RFC 9289, 5: TLS 1.3 or later; the priorities say so as well. */
	if (gnutls_protocol_get_version(session) != GNUTLS_TLS1_3)
		return finish(handshake, outcome_refused(REASON_NOTHING_COMMON, GNUTLS_A_PROTOCOL_VERSION));
	if (handshake->auth == PROTO_AUTH_PSK)
		handshake->result.peer_authenticated = preshared_used(session);
	/* A client without a verified server must not exist, however the library came here; nor a peer without the key. */
	if ((handshake->role == PROTO_ROLE_CLIENT || handshake->auth == PROTO_AUTH_PSK) && !handshake->result.peer_authenticated)
		return finish(handshake, outcome_refused(REASON_UNTRUSTED, GNUTLS_A_BAD_CERTIFICATE));
	ssize_t data = look_for_data(handshake);
	if (data < 0 && data != GNUTLS_E_AGAIN)
		return finish(handshake, explain(handshake, data));
	if (data > 0 || gnutls_record_check_pending(session) != 0)
		return finish(handshake, outcome_of(REASON_READ_AHEAD, 0));
	int ret = ktls_install(handshake->fd, session, handshake->record_limit);
	return finish(handshake, outcome_of(ret < 0 ? REASON_KTLS : REASON_OK, -ret));
}

enum handshake_state handshake_begin(struct handshake *handshake)
{
	return handshake->begun ? HANDSHAKE_READS : begin(handshake);
}

enum handshake_state handshake_step(struct handshake *handshake)
{
	unsigned int interruptions = 0;
	int ret;

	if (handshake->over)
		return HANDSHAKE_OVER;
	if (!handshake->begun && begin(handshake) == HANDSHAKE_OVER)
		return HANDSHAKE_OVER;
	transport_turn(&handshake->transport);
	sign_begin(handshake->context->sign, &handshake->signatures);
	do {
		ret = gnutls_handshake(handshake->session);
	} while (ret == GNUTLS_E_INTERRUPTED && interruptions++ < INTERRUPTIONS_PER_TURN);
	sign_begin(handshake->context->sign, NULL);
	transport_flush(&handshake->transport);
	if (ret == GNUTLS_E_SUCCESS)
		return complete(handshake);
	if (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED)
		return gnutls_record_get_direction(handshake->session) ? HANDSHAKE_WRITES : HANDSHAKE_READS;
	/* Any other code ends it: in TLS 1.3 there are no mere warnings (RFC 8446, 6). */
	return finish(handshake, explain(handshake, ret));
}
