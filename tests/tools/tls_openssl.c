// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The side of a connection that OpenSSL plays.
 */
#include <config.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tls.h"

#define TYPE_HANDSHAKE 22
#define CLIENT_HELLO 1
#define NEW_SESSION_TICKET 4
#define LARGE_CHAIN (1024 * 1024)

struct tls {
	const struct tls_wish *wish;
	struct tls_facts *facts;
	SSL_CTX *context;
	SSL *ssl;
};

static void last_error(char *text, size_t size)
{
	unsigned long code = ERR_peek_last_error();

	if (code)
		ERR_error_string_n(code, text, size);
	else
		snprintf(text, size, "the connection ended");
	ERR_clear_error();
}

static void must(int ok, const char *what)
{
	char text[160];

	if (ok == 1)
		return;
	last_error(text, sizeof(text));
	tls_cannot(what, text);
}

static bool fail(struct tls *tls)
{
	last_error(tls->facts->error, sizeof(tls->facts->error));
	return false;
}

static void on_message(int written, int version, int type, const void *data, size_t size, SSL *ssl, void *pointer)
{
	struct tls *tls = pointer;
	const uint8_t *message = data;

	(void)version, (void)ssl;
	if (type != TYPE_HANDSHAKE || size == 0)
		return;
	if (message[0] == CLIENT_HELLO)
		tls->facts->hellos++;
	else if (message[0] == NEW_SESSION_TICKET && written)
		tls->facts->tickets++;
}

static void on_info(const SSL *ssl, int where, int value)
{
	struct tls *tls = SSL_get_app_data(ssl);

	if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT)
		tls->facts->alert = value & 0xff;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_size, const unsigned char *in,
			   unsigned int in_size, void *pointer)
{
	(void)ssl, (void)pointer;
	if (in_size != 7 || memcmp(in, "\6sunrpc", 7) != 0)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = in + 1;
	*out_size = 6;
	return SSL_TLSEXT_ERR_OK;
}

static int take_any(int verified, X509_STORE_CTX *store)
{
	(void)verified, (void)store;
	return 1;
}

static void set_context(struct tls *tls)
{
	const struct tls_wish *wish = tls->wish;
	SSL_CTX *context = tls->context;

	/* What this side shows may be as bad as a test wants it. */
	SSL_CTX_set_security_level(context, 0);
	SSL_CTX_set_max_cert_list(context, LARGE_CHAIN);
	must(SSL_CTX_set_min_proto_version(context, wish->old ? TLS1_2_VERSION : TLS1_3_VERSION), "a version");
	must(SSL_CTX_set_max_proto_version(context, wish->old ? TLS1_2_VERSION : TLS1_3_VERSION), "a version");
	if (wish->certificate) {
		must(SSL_CTX_use_certificate_chain_file(context, wish->certificate), wish->certificate);
		must(SSL_CTX_use_PrivateKey_file(context, wish->key, SSL_FILETYPE_PEM), wish->key);
	}
	if (wish->policy)
		must(SSL_CTX_set1_groups_list(context, wish->policy), wish->policy);
	if (wish->trust) {
		must(SSL_CTX_load_verify_locations(context, wish->trust, NULL), wish->trust);
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
	} else if (wish->server && wish->ask) {
		SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any);
	}
	if (wish->server) {
		SSL_CTX_set_alpn_select_cb(context, choose_protocol, NULL);
		must(SSL_CTX_set_num_tickets(context, wish->tickets ? 2 : 0), "tickets");
	} else {
		must(!SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\6sunrpc", 7), "ALPN");
	}
}

static struct tls *new(const struct tls_wish *wish, int fd, struct tls_facts *facts)
{
	struct tls *tls = calloc(1, sizeof(*tls));

	if (wish->leave || wish->record)
		tls_cannot("leave, record", "only GnuTLS counts and limits records here");
	if (!tls || !(tls->context = SSL_CTX_new(TLS_method())))
		abort();
	tls->wish = wish;
	tls->facts = facts;
	set_context(tls);
	if (!(tls->ssl = SSL_new(tls->context)))
		abort();
	SSL_set_app_data(tls->ssl, tls);
	SSL_set_info_callback(tls->ssl, on_info);
	SSL_set_msg_callback(tls->ssl, on_message);
	SSL_set_msg_callback_arg(tls->ssl, tls);
	must(SSL_set_fd(tls->ssl, fd), "the socket");
	return tls;
}

/* Nobody sends early data; to ask for it is this library's way to be asked before the client's Finished. */
static bool write_early(struct tls *tls)
{
	size_t count = 0;
	char byte;

	SSL_set_accept_state(tls->ssl);
	return SSL_read_early_data(tls->ssl, &byte, 1, &count) == SSL_READ_EARLY_DATA_FINISH &&
	       SSL_write_early_data(tls->ssl, tls->wish->early, tls->wish->early_size, &count) == 1;
}

static bool shake(struct tls *tls)
{
	if (tls->wish->early && !write_early(tls))
		return fail(tls);
	if ((tls->wish->server ? SSL_accept(tls->ssl) : SSL_connect(tls->ssl)) != 1)
		return fail(tls);
	const char *group = OBJ_nid2sn(SSL_get_negotiated_group(tls->ssl) & 0xffff);
	snprintf(tls->facts->group, sizeof(tls->facts->group), "%s", group ? group : "none");
	return true;
}

static ssize_t receive(struct tls *tls, void *data, size_t size)
{
	int got = SSL_read(tls->ssl, data, size);

	if (got > 0)
		return got;
	bool end = SSL_get_error(tls->ssl, got) == SSL_ERROR_ZERO_RETURN ||
		   ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
	fail(tls);
	return end ? 0 : -1;
}

static bool send_all(struct tls *tls, const void *data, size_t size)
{
	return SSL_write(tls->ssl, data, size) == (int)size || fail(tls);
}

static bool pending(struct tls *tls)
{
	return SSL_pending(tls->ssl) > 0;
}

static void free_tls(struct tls *tls)
{
	SSL_free(tls->ssl);
	SSL_CTX_free(tls->context);
	free(tls);
}

const struct tls_library tls_openssl = {
	.name = "openssl",
	.new = new,
	.shake = shake,
	.receive = receive,
	.send = send_all,
	.pending = pending,
	.free = free_tls,
};
