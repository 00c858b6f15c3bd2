// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The side of a connection that GnuTLS plays.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "tls.h"

#define RECORD_HEAD 5
#define LARGE_HANDSHAKE (1024 * 1024)

struct tls {
	const struct tls_wish *wish;
	struct tls_facts *facts;
	int fd;
	gnutls_certificate_credentials_t credentials;
	gnutls_session_t session;
	gnutls_datum_t ticket_key;
};

static void must(int ret, const char *what)
{
	if (ret < 0)
		tls_cannot(what, gnutls_strerror(ret));
}

static bool fail(struct tls *tls, int code)
{
	if (code == GNUTLS_E_FATAL_ALERT_RECEIVED || code == GNUTLS_E_WARNING_ALERT_RECEIVED)
		tls->facts->alert = gnutls_alert_get(tls->session);
	snprintf(tls->facts->error, sizeof(tls->facts->error), "%s", gnutls_strerror(code));
	return false;
}

static int on_message(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int incoming,
		      const gnutls_datum_t *body)
{
	struct tls *tls = gnutls_session_get_ptr(session);

	(void)when, (void)body;
	if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO)
		tls->facts->hellos++;
	else if (type == GNUTLS_HANDSHAKE_NEW_SESSION_TICKET && !incoming)
		tls->facts->tickets++;
	return 0;
}

static bool write_all(int fd, const uint8_t *data, size_t size)
{
	return send(fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static ssize_t leave(struct tls *tls)
{
	tls->facts->left = true;
	errno = ECONNABORTED;
	return -1;
}

/* The library hands over whole records; each is counted, until it is time to leave. */
static ssize_t push(gnutls_transport_ptr_t pointer, const void *data, size_t size)
{
	struct tls *tls = pointer;
	const struct tls_wish *wish = tls->wish;

	for (size_t done = 0; done < size;) {
		const uint8_t *record = (const uint8_t *)data + done;
		size_t length = size - done < RECORD_HEAD ? size - done : RECORD_HEAD + (size_t)(record[3] << 8 | record[4]);

		if (length > size - done)
			length = size - done;
		if (wish->half && tls->facts->sent == wish->leave) {
			write_all(tls->fd, record, length / 2);
			return leave(tls);
		}
		if (!write_all(tls->fd, record, length))
			return -1;
		tls->facts->sent++;
		done += length;
		if (!wish->half && tls->facts->sent == wish->leave)
			return leave(tls);
	}
	return size;
}

static void set_credentials(struct tls *tls)
{
	const struct tls_wish *wish = tls->wish;

	must(gnutls_certificate_allocate_credentials(&tls->credentials), "credentials");
	gnutls_certificate_set_flags(tls->credentials, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	if (wish->trust)
		must(gnutls_certificate_set_x509_trust_file(tls->credentials, wish->trust, GNUTLS_X509_FMT_PEM), wish->trust);
	if (wish->certificate)
		must(gnutls_certificate_set_x509_key_file(tls->credentials, wish->certificate, wish->key, GNUTLS_X509_FMT_PEM),
		     wish->certificate);
	must(gnutls_credentials_set(tls->session, GNUTLS_CRD_CERTIFICATE, tls->credentials), "credentials");
	if (wish->trust)
		gnutls_session_set_verify_cert(tls->session, NULL, 0);
}

static void set_server(struct tls *tls)
{
	if (tls->wish->ask)
		gnutls_certificate_server_set_request(tls->session, GNUTLS_CERT_REQUEST);
	if (!tls->wish->tickets)
		return;
	must(gnutls_session_ticket_key_generate(&tls->ticket_key), "ticket key");
	must(gnutls_session_ticket_enable_server(tls->session, &tls->ticket_key), "tickets");
}

static struct tls *new(const struct tls_wish *wish, int fd, struct tls_facts *facts)
{
	static const gnutls_datum_t sunrpc = { (unsigned char *)"sunrpc", 6 };
	unsigned int flags = GNUTLS_NO_SIGNAL | GNUTLS_KEY_SHARE_TOP | (wish->early ? GNUTLS_ENABLE_EARLY_START : 0);
	const char *versions = wish->old ? "NORMAL:-VERS-ALL:+VERS-TLS1.2" : "NORMAL:-VERS-ALL:+VERS-TLS1.3";
	struct tls *tls = calloc(1, sizeof(*tls));

	if (!tls)
		abort();
	*tls = (struct tls){ .wish = wish, .facts = facts, .fd = fd };
	must(gnutls_init(&tls->session, flags | (wish->server ? GNUTLS_SERVER : GNUTLS_CLIENT)), "a session");
	gnutls_session_set_ptr(tls->session, tls);
	const char *policy = wish->policy ? wish->policy : versions;
	must(gnutls_priority_set_direct(tls->session, policy, NULL), policy);
	set_credentials(tls);
	if (wish->server)
		set_server(tls);
	must(gnutls_alpn_set_protocols(tls->session, &sunrpc, 1, 0), "ALPN");
	if (wish->record)
		must(gnutls_record_set_max_recv_size(tls->session, wish->record), "a size of records");
	gnutls_handshake_set_hook_function(tls->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE, on_message);
	gnutls_transport_set_int(tls->session, fd);
	if (wish->leave) {
		gnutls_transport_set_ptr2(tls->session, (gnutls_transport_ptr_t)(intptr_t)fd, tls);
		gnutls_transport_set_push_function(tls->session, push);
	}
	/* A chain may be as large as a test wants it. */
	gnutls_handshake_set_max_packet_length(tls->session, LARGE_HANDSHAKE);
	gnutls_handshake_set_timeout(tls->session, GNUTLS_INDEFINITE_TIMEOUT);
	return tls;
}

/* One segment for Finished and what follows it. */
static void cork(int fd, int on)
{
	setsockopt(fd, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

static bool shake(struct tls *tls)
{
	const struct tls_wish *wish = tls->wish;
	int ret;

	if (wish->early)
		cork(tls->fd, 1);
	do {
		ret = gnutls_handshake(tls->session);
	} while (ret < 0 && ret != GNUTLS_E_AGAIN && ret != GNUTLS_E_WARNING_ALERT_RECEIVED && !gnutls_error_is_fatal(ret));
	if (ret < 0) {
		if (!tls->facts->left)
			gnutls_alert_send_appropriate(tls->session, ret);
		return fail(tls, ret);
	}
	const char *group = gnutls_group_get_name(gnutls_group_get(tls->session));
	snprintf(tls->facts->group, sizeof(tls->facts->group), "%s", group ? group : "none");
	if (!wish->early)
		return true;
	if (!(gnutls_session_get_flags(tls->session) & GNUTLS_SFLAGS_EARLY_START))
		tls_cannot("data behind Finished", "the library did not start early");
	ret = gnutls_record_send(tls->session, wish->early, wish->early_size);
	cork(tls->fd, 0);
	return ret < 0 ? fail(tls, ret) : true;
}

static ssize_t receive(struct tls *tls, void *data, size_t size)
{
	ssize_t got;

	do {
		got = gnutls_record_recv(tls->session, data, size);
	} while (got == GNUTLS_E_INTERRUPTED);
	if (got >= 0)
		return got;
	fail(tls, got);
	/* FIN without close_notify: that is how the kernel's consumers end a connection. */
	return got == GNUTLS_E_PREMATURE_TERMINATION ? 0 : -1;
}

static bool send_all(struct tls *tls, const void *data, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t sent = gnutls_record_send(tls->session, (const uint8_t *)data + done, size - done);
		if (sent < 0 && sent != GNUTLS_E_INTERRUPTED)
			return fail(tls, sent);
		done += sent > 0 ? sent : 0;
	}
	return true;
}

static bool pending(struct tls *tls)
{
	return gnutls_record_check_pending(tls->session) > 0;
}

static void free_tls(struct tls *tls)
{
	gnutls_deinit(tls->session);
	gnutls_certificate_free_credentials(tls->credentials);
	gnutls_free(tls->ticket_key.data);
	free(tls);
}

const struct tls_library tls_gnutls = {
	.name = "gnutls",
	.new = new,
	.shake = shake,
	.receive = receive,
	.send = send_all,
	.pending = pending,
	.free = free_tls,
};
