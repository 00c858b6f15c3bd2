// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shared parts of the worker's tests; see worker_fixture.h.
 */
#include <config.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "scheme.h"
#include "tests/unit/worker_fixture.h"

#ifndef SOL_TLS
#define SOL_TLS 282
#endif
#define PAYLOAD_LIMIT_OPTION 5
#define HOUR 3600
#define YEAR (365 * 24 * HOUR)

/* ---- certificates ---- */

static GPtrArray *all_issued, *all_lists;

static void free_issued(void *pointer)
{
	struct issued *issued = pointer;

	gnutls_x509_privkey_deinit(issued->key);
	gnutls_x509_crt_deinit(issued->crt);
	gnutls_free(issued->der.data);
	g_free(issued);
}

void issued_done(void)
{
	g_clear_pointer(&all_issued, g_ptr_array_unref);
	g_clear_pointer(&all_lists, g_ptr_array_unref);
}

static void make_key(struct issued *issued, const struct wish *wish)
{
	gnutls_pk_algorithm_t pk = wish->pk ? wish->pk : GNUTLS_PK_ECDSA;
	unsigned int bits = wish->bits ? wish->bits : pk == GNUTLS_PK_RSA || pk == GNUTLS_PK_RSA_PSS ? 2048 :
			    pk == GNUTLS_PK_ECDSA ? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) : 0;

	OK(gnutls_x509_privkey_init(&issued->key));
	OK(gnutls_x509_privkey_generate(issued->key, pk, bits, 0));
}

static void set_names(gnutls_x509_crt_t crt, const struct wish *wish)
{
	unsigned char address[16];

	if (wish->dns)
		OK(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, wish->dns, strlen(wish->dns),
							GNUTLS_FSAN_APPEND));
	if (wish->ip) {
		bool six = strchr(wish->ip, ':');

		g_assert_cmpint(inet_pton(six ? AF_INET6 : AF_INET, wish->ip, address), ==, 1);
		OK(gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, six ? 16 : 4,
							GNUTLS_FSAN_APPEND));
	}
}

const struct issued *issue(const struct wish *wish)
{
	static unsigned char serial;
	struct issued *issued = g_new0(struct issued, 1);
	const struct issued *issuer = wish->issuer ? wish->issuer : issued;
	time_t now = time(NULL);

	make_key(issued, wish);
	serial++;
	OK(gnutls_x509_crt_init(&issued->crt));
	OK(gnutls_x509_crt_set_version(issued->crt, 3));
	OK(gnutls_x509_crt_set_serial(issued->crt, &serial, 1));
	OK(gnutls_x509_crt_set_dn(issued->crt, wish->subject ? wish->subject : "CN=peer.example", NULL));
	OK(gnutls_x509_crt_set_key(issued->crt, issued->key));
	OK(gnutls_x509_crt_set_activation_time(issued->crt, now + (wish->from ? wish->from : -HOUR)));
	OK(gnutls_x509_crt_set_expiration_time(issued->crt, now + (wish->until ? wish->until : YEAR)));
	OK(gnutls_x509_crt_set_basic_constraints(issued->crt, wish->authority, -1));
	OK(gnutls_x509_crt_set_key_usage(issued->crt, wish->usage ? wish->usage : wish->authority ?
					 GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
	if (wish->purpose)
		OK(gnutls_x509_crt_set_key_purpose_oid(issued->crt, wish->purpose, 0));
	set_names(issued->crt, wish);
	if (wish->decorate)
		wish->decorate(issued->crt);
	OK(gnutls_x509_crt_sign2(issued->crt, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crt_export2(issued->crt, GNUTLS_X509_FMT_DER, &issued->der));
	/* Read anew: the library sorts chains by what it has read, not by what was set. */
	gnutls_x509_crt_deinit(issued->crt);
	OK(gnutls_x509_crt_init(&issued->crt));
	OK(gnutls_x509_crt_import(issued->crt, &issued->der, GNUTLS_X509_FMT_DER));
	if (!all_issued)
		all_issued = g_ptr_array_new_with_free_func(free_issued);
	g_ptr_array_add(all_issued, issued);
	return issued;
}

static gnutls_datum_t make_crl(const struct issued *issuer, const struct issued *revoked)
{
	unsigned char serial[20], number = 1;
	size_t size = sizeof(serial);
	time_t now = time(NULL);
	gnutls_datum_t der;
	gnutls_x509_crl_t crl;

	OK(gnutls_x509_crl_init(&crl));
	OK(gnutls_x509_crl_set_version(crl, 2));
	OK(gnutls_x509_crl_set_this_update(crl, now - HOUR));
	OK(gnutls_x509_crl_set_next_update(crl, now - 60));
	OK(gnutls_x509_crt_get_serial(revoked->crt, serial, &size));
	OK(gnutls_x509_crl_set_crt_serial(crl, serial, size, now - HOUR));
	OK(gnutls_x509_crl_set_number(crl, &number, 1));
	OK(gnutls_x509_crl_sign2(crl, issuer->crt, issuer->key, GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der));
	gnutls_x509_crl_deinit(crl);
	if (!all_lists)
		all_lists = g_ptr_array_new_with_free_func(gnutls_free);
	g_ptr_array_add(all_lists, der.data);
	return der;
}

/* ---- keeper ---- */

static void sign_message(struct scene *scene, const struct proto_sign *call, struct proto_signature *answer)
{
	const struct scheme *scheme = scheme_by_code(call->scheme);
	gnutls_datum_t input = { (unsigned char *)call->input, call->length }, signature;
	gnutls_privkey_t key;

	g_assert_nonnull(scheme);
	g_assert_cmpint(call->key, <, scene->key_count);
	OK(gnutls_privkey_init(&key));
	OK(gnutls_privkey_import_x509(key, scene->keys[call->key], 0));
	if (g_atomic_int_get(&scene->mood) == KEEPER_LIES)
		input.data[0] ^= 1;
	if (scheme->digest_length)
		OK(gnutls_privkey_sign_hash2(key, scheme->algorithm, 0, &input, &signature));
	else
		OK(gnutls_privkey_sign_data2(key, scheme->algorithm, 0, &input, &signature));
	memcpy(answer->signature, signature.data, signature.size);
	answer->length = signature.size;
	gnutls_free(signature.data);
	gnutls_privkey_deinit(key);
}

static void *keep(void *pointer)
{
	struct scene *scene = pointer;
	union proto_message call, answer;

	while (proto_receive(scene->keeper_fd, &call, 0, NULL, 0) == 0) {
		enum keeper_mood mood = g_atomic_int_get(&scene->mood);

		g_assert_cmpint(call.header.type, ==, PROTO_SIGN);
		g_atomic_int_inc(&scene->calls);
		proto_init(&answer, PROTO_SIGNATURE);
		answer.signature.call = call.sign.call;
		if (mood == KEEPER_SLEEPS)
			continue;
		if (mood == KEEPER_LEAVES)
			break;
		if (mood == KEEPER_REFUSES)
			answer.signature.status = -EPERM;
		else if (mood == KEEPER_FAILS)
			answer.signature.status = -EIO;
		else
			sign_message(scene, &call.sign, &answer.signature);
		if (mood == KEEPER_LATE) {
			answer.signature.call--;
			OK(proto_send(scene->keeper_fd, &answer, NULL, 0));
			answer.signature.call++;
		}
		OK(proto_send(scene->keeper_fd, &answer, NULL, 0));
	}
	shutdown(scene->keeper_fd, SHUT_RDWR);
	return NULL;
}

/* ---- scene ---- */

void scene_init(struct scene *scene)
{
	*scene = (struct scene){
		.settings = {
			.sign_timeout_ms = 10000,
			.max_message = 128 * 1024,
			.max_client_hello = 16 * 1024,
			.max_certificates = 10,
			.max_rsa_bits = 8192,
		},
		.client = { .role = PROTO_ROLE_CLIENT, .priority = PRIORITY },
		.server = { .role = PROTO_ROLE_SERVER, .priority = PRIORITY },
	};
	memset(&kernel, 0, sizeof(kernel));
}

void scene_trust(struct snapshot_profile *profile, const struct issued *anchor)
{
	profile->anchors = g_renew(struct snapshot_bytes, profile->anchors, profile->anchor_count + 1);
	profile->anchors[profile->anchor_count++] =
		(struct snapshot_bytes){ .data = anchor->der.data, .size = anchor->der.size };
}

void scene_revoke(struct snapshot_profile *profile, const struct issued *issuer, const struct issued *revoked)
{
	gnutls_datum_t der = make_crl(issuer, revoked);

	profile->crls[profile->crl_count++] = (struct snapshot_bytes){ .data = der.data, .size = der.size };
}

void scene_identity(struct scene *scene, struct snapshot_profile *profile, const struct issued *const *chain)
{
	struct snapshot_identity *identity = &profile->identities[profile->identity_count++];

	identity->key = scene->key_count;
	identity->label = "test";
	scene->keys[scene->key_count++] = chain[0]->key;
	for (; *chain; chain++)
		identity->chain[identity->chain_length++] =
			(struct snapshot_bytes){ .data = (*chain)->der.data, .size = (*chain)->der.size };
}

void scene_ready(struct scene *scene)
{
	const char *why = "";
	int pair[2], code = 0;

	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	scene->keeper_fd = pair[0];
	scene->sign_fd = pair[1];
	scene->keeper = g_thread_new("keeper", keep, scene);
	OK(sign_new(scene->sign_fd, scene->settings.sign_timeout_ms, &scene->sign));
	OK(credentials_new(&scene->client, &scene->settings, scene->sign, handshake_retrieve,
			   &scene->client_credentials, &why, &code));
	OK(credentials_new(&scene->server, &scene->settings, scene->sign, handshake_retrieve,
			   &scene->server_credentials, &why, &code));
	OK(knownpeers_new(&scene->known));
	scene->context = (struct handshake_context){
		.settings = &scene->settings,
		.client = scene->client_credentials,
		.server = scene->server_credentials,
		.sign = scene->sign,
		.known = scene->known,
	};
}

void scene_done(struct scene *scene)
{
	credentials_free(scene->client_credentials);
	credentials_free(scene->server_credentials);
	knownpeers_free(scene->known);
	sign_free(scene->sign);
	shutdown(scene->sign_fd, SHUT_RDWR);
	g_thread_join(scene->keeper);
	close(scene->sign_fd);
	close(scene->keeper_fd);
	g_free(scene->client.anchors);
	g_free(scene->server.anchors);
}

/* ---- the kernel's side: the linker leads these two calls of the worker's here ---- */

struct kernel kernel;

int __real_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __real_getsockopt(int fd, int level, int name, void *value, socklen_t *size);
int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size);
int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size);

static int fail_with(int error)
{
	errno = error;
	return error ? -1 : 0;
}

static int install(struct ktls_key *key, int error, const void *value, socklen_t size)
{
	g_assert_true(kernel.attached);
	g_assert_cmpint(size, <=, sizeof(key->info));
	if (error)
		return fail_with(error);
	memcpy(&key->info, value, size);
	key->size = size;
	return 0;
}

int __wrap_setsockopt(int fd, int level, int name, const void *value, socklen_t size)
{
	if (level == IPPROTO_TCP && name == TCP_ULP) {
		kernel.attached = !kernel.attach_error;
		return fail_with(kernel.attach_error);
	}
	if (level != SOL_TLS)
		return __real_setsockopt(fd, level, name, value, size);
	switch (name) {
	case TLS_RX:
		/* While an alert can still be sent. */
		g_assert_cmpint(kernel.tx.size, ==, 0);
		return install(&kernel.rx, kernel.rx_error, value, size);
	case TLS_TX:
		return install(&kernel.tx, kernel.tx_error, value, size);
	case PAYLOAD_LIMIT_OPTION:
		g_assert_cmpint(size, ==, sizeof(uint16_t));
		g_assert_cmpint(kernel.tx.size, >, 0);
		kernel.payload_limit = *(const uint16_t *)value;
		return 0;
	}
	g_assert_not_reached();
}

int __wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	if (level != SOL_TLS)
		return __real_getsockopt(fd, level, name, value, size);
	g_assert_cmpint(name, ==, PAYLOAD_LIMIT_OPTION);
	return fail_with(kernel.knows_payload_limit ? 0 : ENOPROTOOPT);
}

void tcp_pair(int *ours, int *theirs)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	OK(bind(listener, (struct sockaddr *)&address, sizeof(address)));
	OK(listen(listener, 1));
	OK(getsockname(listener, (struct sockaddr *)&address, &size));
	*theirs = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	OK(connect(*theirs, (struct sockaddr *)&address, sizeof(address)));
	*ours = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	OK(*ours);
	close(listener);
}

/* ---- the peer ---- */

static void peer_identity(struct peer *peer, const struct peer_wish *wish)
{
	gnutls_x509_crt_t chain[21] = { wish->identity->crt };
	int length = 1;

	while (length < 20 && wish->chain[length - 1]) {
		chain[length] = wish->chain[length - 1]->crt;
		length++;
	}
	OK(gnutls_certificate_set_x509_key(peer->x509, chain, length, wish->identity->key));
}

void peer_init(struct peer *peer, const struct peer_wish *wish, int fd)
{
	memset(peer, 0, sizeof(*peer));
	peer->fd = fd;
	peer->ret = GNUTLS_E_AGAIN;
	OK(gnutls_certificate_allocate_credentials(&peer->x509));
	gnutls_certificate_set_flags(peer->x509, GNUTLS_CERTIFICATE_SKIP_KEY_CERT_MATCH);
	if (wish->identity)
		peer_identity(peer, wish);
	if (wish->trust)
		OK(gnutls_certificate_set_x509_trust(peer->x509, (gnutls_x509_crt_t *)&wish->trust->crt, 1));
	OK(gnutls_init(&peer->session, (wish->server ? GNUTLS_SERVER : GNUTLS_CLIENT) | GNUTLS_NONBLOCK |
		       (wish->key_share_top ? GNUTLS_KEY_SHARE_TOP : 0)));
	OK(gnutls_priority_set_direct(peer->session, wish->priority ? wish->priority :
				      "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL));
	OK(gnutls_credentials_set(peer->session, GNUTLS_CRD_CERTIFICATE, peer->x509));
	if (wish->server)
		gnutls_certificate_server_set_request(peer->session,
						      wish->demands ? GNUTLS_CERT_REQUIRE : GNUTLS_CERT_REQUEST);
	if (wish->trust && !wish->server)
		gnutls_session_set_verify_cert(peer->session, NULL, 0);
	if (wish->sni)
		OK(gnutls_server_name_set(peer->session, GNUTLS_NAME_DNS, wish->sni, strlen(wish->sni)));
	if (wish->alpn) {
		gnutls_datum_t alpn = { (unsigned char *)wish->alpn, strlen(wish->alpn) };
		OK(gnutls_alpn_set_protocols(peer->session, &alpn, 1, 0));
	}
	if (wish->record_size)
		OK(gnutls_record_set_max_recv_size(peer->session, wish->record_size));
	gnutls_transport_set_int(peer->session, fd);
	gnutls_handshake_set_timeout(peer->session, GNUTLS_INDEFINITE_TIMEOUT);
}

static void set_nonblocking(int fd, bool on)
{
	static const struct timeval little = { .tv_usec = 1000 }, none = { 0 };

	__real_setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, on ? &little : &none, sizeof(little));
}

void peer_step(struct peer *peer)
{
	if (peer->ret != GNUTLS_E_AGAIN)
		return;
	set_nonblocking(peer->fd, true);
	do {
		peer->ret = gnutls_handshake(peer->session);
	} while (peer->ret == GNUTLS_E_INTERRUPTED);
	if (peer->ret < 0 && gnutls_error_is_fatal(peer->ret) && peer->ret != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send_appropriate(peer->session, peer->ret);
}

int peer_alert(struct peer *peer)
{
	char scrap[256];
	int ret = peer->ret;

	set_nonblocking(peer->fd, true);
	for (int i = 0; i < 2000 && (ret == GNUTLS_E_AGAIN || ret == GNUTLS_E_INTERRUPTED || ret >= 0); i++) {
		ret = peer->ret == GNUTLS_E_AGAIN ? gnutls_handshake(peer->session) :
		      gnutls_record_recv(peer->session, scrap, sizeof(scrap));
		if (ret == 0)
			return -1;
	}
	if (ret == GNUTLS_E_FATAL_ALERT_RECEIVED)
		return gnutls_alert_get(peer->session);
	return ret == GNUTLS_E_AGAIN ? -2 : -1;
}

void peer_done(struct peer *peer)
{
	gnutls_deinit(peer->session);
	gnutls_certificate_free_credentials(peer->x509);
	if (peer->fd >= 0)
		close(peer->fd);
}

/* ---- both ---- */

struct proto_job make_job(enum proto_role role, enum proto_auth auth, const char *peername)
{
	union proto_message message;

	proto_init(&message, PROTO_JOB);
	message.job.job = 7;
	message.job.role = role;
	message.job.auth = auth;
	message.job.deadline_ms = proto_now_ms() + 20000;
	g_strlcpy(message.job.peername, peername ? peername : "", sizeof(message.job.peername));
	return message.job;
}

void run_handshake(struct scene *scene, const struct proto_job *job, int fd, struct peer *peer,
		   struct proto_result *result)
{
	struct handshake *handshake;
	union proto_message message;
	enum handshake_state state;
	int nodelay = -1;
	socklen_t size = sizeof(nodelay);

	OK(handshake_new(&scene->context, job, fd, -1, &handshake));
	while ((state = handshake_step(handshake)) != HANDSHAKE_OVER) {
		struct pollfd wait = { .fd = fd, .events = state == HANDSHAKE_WRITES ? POLLOUT : POLLIN };

		g_assert_cmpint(proto_now_ms(), <, job->deadline_ms);
		if (peer)
			peer_step(peer);
		poll(&wait, 1, 10);
	}
	handshake_result(handshake, &message);
	handshake_free(handshake);
	g_assert_cmpint(proto_check(&message, sizeof(message.result)), ==, 0);
	*result = message.result;
	g_assert_cmpuint(result->job, ==, job->job);
	if (peer && result->status == 0)
		while (peer->ret == GNUTLS_E_AGAIN)
			peer_step(peer);
	if (__real_getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &nodelay, &size) == 0)
		g_assert_cmpint(nodelay, ==, 0);
}
