// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handshakes that succeed, and how others fail that are nobody's certificate's fault; worker_verify.c has those.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"

static const struct issued *ca, *host;

struct trial {
	struct scene scene;
	struct peer peer;
	struct proto_result result;
	int fd, peer_fd;
};

/* Our identity and trust on both roles; change them before ready(). */
static void trial_init(struct trial *trial)
{
	memset(trial, 0, sizeof(*trial));
	scene_init(&trial->scene);
	scene_trust(&trial->scene.client, ca);
	scene_trust(&trial->scene.server, ca);
	tcp_pair(&trial->fd, &trial->peer_fd);
}

static void trial_identity(struct trial *trial, const struct issued *identity)
{
	const struct issued *chain[] = { identity, NULL };

	scene_identity(&trial->scene, &trial->scene.client, chain);
	scene_identity(&trial->scene, &trial->scene.server, chain);
}

static void trial_run(struct trial *trial, enum proto_role role, enum proto_auth auth, const struct peer_wish *wish)
{
	struct proto_job job = make_job(role, auth, role == PROTO_ROLE_CLIENT ? "peer.example" : "");

	if (!trial->scene.sign)
		scene_ready(&trial->scene);
	peer_init(&trial->peer, wish, trial->peer_fd);
	run_handshake(&trial->scene, &job, trial->fd, &trial->peer, &trial->result);
}

static void trial_done(struct trial *trial)
{
	peer_done(&trial->peer);
	close(trial->fd);
	scene_done(&trial->scene);
}

static void assert_ok(const struct trial *trial)
{
	g_assert_cmpint(trial->result.reason, ==, REASON_OK);
	g_assert_cmpint(trial->result.status, ==, 0);
	g_assert_cmpint(trial->peer.ret, ==, 0);
	g_assert_cmpint(trial->result.alert_sent, ==, PROTO_NO_ALERT);
	g_assert_cmpstr(trial->result.version, ==, "TLS1.3");
	/* To make the kernel decrypt twice is for nobody who could be anybody. */
	g_assert_cmpint(kernel.expects_no_padding, ==, trial->result.peer_authenticated);
}

static void assert_failed(struct trial *trial, enum proto_reason reason, int status, int alert)
{
	g_assert_cmpint(trial->result.reason, ==, reason);
	g_assert_cmpint(trial->result.status, ==, status);
	g_assert_cmpint(trial->result.alert_sent, ==, alert);
	g_assert_cmpint(kernel.tx.size, ==, 0);
	if (alert != PROTO_NO_ALERT)
		g_assert_cmpint(peer_alert(&trial->peer), ==, alert);
}

/* What one side sends with, the other one receives with. */
static void assert_same_keys(const struct trial *trial)
{
	struct ktls_key sent, received;

	OK(ktls_export(trial->peer.session, false, &sent));
	OK(ktls_export(trial->peer.session, true, &received));
	g_assert_cmpmem(&kernel.rx.info, kernel.rx.size, &sent.info, sent.size);
	g_assert_cmpmem(&kernel.tx.info, kernel.tx.size, &received.info, received.size);
	g_assert_cmpint(memcmp(&kernel.rx.info, &kernel.tx.info, kernel.rx.size), !=, 0);
}

static const struct {
	const char *name;
	gnutls_pk_algorithm_t pk;
	unsigned int bits;
	const char *signature;
} key_types[] = {
	{ "rsa-2048", GNUTLS_PK_RSA, 2048, "RSA-PSS-RSAE-SHA256" },
	{ "rsa-3072", GNUTLS_PK_RSA, 3072, "RSA-PSS-RSAE-SHA256" },
	{ "rsa-pss", GNUTLS_PK_RSA_PSS, 2048, "RSA-PSS-SHA256" },
	{ "p256", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), "ECDSA-SECP256R1-SHA256" },
	{ "p384", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1), "ECDSA-SECP384R1-SHA384" },
	{ "p521", GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1), "ECDSA-SECP521R1-SHA512" },
	{ "ed25519", GNUTLS_PK_EDDSA_ED25519, 0, "EdDSA-Ed25519" },
	{ "ed448", GNUTLS_PK_EDDSA_ED448, 0, "EdDSA-Ed448" },
};

/* Each kind of key, as a server and as a client that a server demands a certificate of. */
static void test_key_types(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(key_types); i++) {
		const struct issued *identity = issue(&(struct wish){
			.issuer = ca, .pk = key_types[i].pk, .bits = key_types[i].bits, .dns = "peer.example" });
		struct peer_wish client = { .trust = ca }, server = { .server = true, .identity = host, .demands = true };
		struct trial trial;

		g_test_message("%s", key_types[i].name);
		trial_init(&trial);
		trial_identity(&trial, identity);
		trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
		assert_ok(&trial);
		assert_same_keys(&trial);
		g_assert_cmpint(trial.result.signatures, ==, 1);
		g_assert_cmpint(trial.result.peer_authenticated, ==, 0);
		g_assert_cmpstr(trial.result.signature, ==, key_types[i].signature);
		trial_done(&trial);

		trial_init(&trial);
		trial_identity(&trial, identity);
		trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_X509, &server);
		assert_ok(&trial);
		assert_same_keys(&trial);
		g_assert_cmpint(trial.result.signatures, ==, 1);
		g_assert_cmpint(trial.result.peer_authenticated, ==, 1);
		g_assert_cmpstr(trial.result.peer_subject, ==, "CN=peer.example");
		g_assert_cmpstr(trial.result.peer_san, ==, "DNS:peer.example");
		g_assert_cmpstr(trial.result.peer_issuer, ==, "");
		trial_done(&trial);
	}
}

static void test_ciphers(void)
{
	static const struct {
		const char *name;
		int type;
	} ciphers[] = {
		{ "AES-128-GCM", TLS_CIPHER_AES_GCM_128 },
		{ "AES-256-GCM", TLS_CIPHER_AES_GCM_256 },
		{ "CHACHA20-POLY1305", TLS_CIPHER_CHACHA20_POLY1305 },
		{ "AES-128-CCM", TLS_CIPHER_AES_CCM_128 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ciphers); i++) {
		char *priority = g_strdup_printf("NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+%s", ciphers[i].name);
		struct peer_wish client = { .priority = priority }, server = {
			.server = true, .identity = host, .priority = priority };
		struct trial trial;

		for (int role = PROTO_ROLE_CLIENT; role <= PROTO_ROLE_SERVER; role++) {
			trial_init(&trial);
			trial_identity(&trial, host);
			trial_run(&trial, role, PROTO_AUTH_X509, role == PROTO_ROLE_CLIENT ? &server : &client);
			assert_ok(&trial);
			assert_same_keys(&trial);
			g_assert_cmpstr(trial.result.cipher, ==, ciphers[i].name);
			g_assert_cmpint(kernel.tx.info.header.cipher_type, ==, ciphers[i].type);
			g_assert_cmpint(kernel.tx.info.header.version, ==, TLS_1_3_VERSION);
			trial_done(&trial);
		}
		g_free(priority);
	}
}

/* A cipher that the kernel's TLS does not have is a failure, and the peer hears of it. */
static void test_foreign_cipher(void)
{
	struct peer_wish client = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM-8" };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial.scene.server.priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+AES-128-CCM-8";
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_failed(&trial, REASON_KTLS, EACCES, GNUTLS_A_HANDSHAKE_FAILURE);
	g_assert_cmpint(trial.result.error, ==, EOPNOTSUPP);
	trial_done(&trial);
}

static void test_kernel_refuses(void)
{
	static const struct {
		int attach, rx, tx;
		enum proto_reason reason;
		int status, alert;
	} cases[] = {
		{ ENOENT, 0, 0, REASON_ULP, EACCES, GNUTLS_A_HANDSHAKE_FAILURE },
		{ ENOTCONN, 0, 0, REASON_PEER_CLOSED, ETIMEDOUT, PROTO_NO_ALERT },
		{ ENOMEM, 0, 0, REASON_RESOURCES, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR },
		{ 0, EINVAL, 0, REASON_KTLS, EACCES, GNUTLS_A_HANDSHAKE_FAILURE },
		{ 0, 0, EINVAL, REASON_KTLS, EACCES, GNUTLS_A_HANDSHAKE_FAILURE },
		{ 0, 0, ENOMEM, REASON_RESOURCES, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR },
	};
	struct peer_wish client = { .trust = ca };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct trial trial;

		trial_init(&trial);
		trial_identity(&trial, host);
		kernel.attach_error = cases[i].attach;
		kernel.rx_error = cases[i].rx;
		kernel.tx_error = cases[i].tx;
		trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
		g_test_message("%zu: alert %u", i, trial.result.alert_sent);
		assert_failed(&trial, cases[i].reason, cases[i].status, cases[i].alert);
		g_assert_cmpint(trial.result.error, ==, cases[i].attach | cases[i].rx | cases[i].tx);
		trial_done(&trial);
	}
}

/* A client that shows no certificate, by its own choice, although one is configured. */
static void test_unauthenticated_client(void)
{
	struct peer_wish server = { .server = true, .identity = host };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	assert_ok(&trial);
	g_assert_cmpint(trial.result.signatures, ==, 0);
	g_assert_cmpint(trial.result.peer_authenticated, ==, 1);
	g_assert_null(gnutls_certificate_get_peers(trial.peer.session, NULL));
	trial_done(&trial);
}

/* A kernel before 6.0: nothing is lost but a little time. */
static void test_without_no_pad(void)
{
	struct peer_wish server = { .server = true, .identity = host };
	struct trial trial;

	trial_init(&trial);
	kernel.no_pad_error = ENOPROTOOPT;
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	assert_ok(&trial);
	assert_same_keys(&trial);
	trial_done(&trial);
}

static void test_client_certificate(void)
{
	const struct issued *client = issue(&(struct wish){ .issuer = ca, .subject = "CN=client", .dns = "c.example",
							    .purpose = GNUTLS_KP_TLS_WWW_CLIENT });
	struct peer_wish wish = { .identity = client };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &wish);
	assert_ok(&trial);
	g_assert_cmpint(trial.result.peer_authenticated, ==, 1);
	g_assert_cmpstr(trial.result.peer_subject, ==, "CN=client");
	g_assert_cmpstr(trial.result.peer_san, ==, "DNS:c.example");
	g_assert_cmpint(trial.result.peer_not_after, ==, gnutls_x509_crt_get_expiration_time(client->crt));
	trial_done(&trial);
}

/* The server's identity follows what the client can verify. */
static void test_choice_of_identity(void)
{
	const struct issued *rsa = issue(&(struct wish){ .issuer = ca, .pk = GNUTLS_PK_RSA, .dns = "peer.example" });
	struct peer_wish client = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA384" };
	struct peer_wish foreign = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-EDDSA-ED448" };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_identity(&trial, rsa);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_ok(&trial);
	g_assert_cmpstr(trial.result.signature, ==, "RSA-PSS-RSAE-SHA384");
	trial_done(&trial);

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &foreign);
	assert_failed(&trial, REASON_NOTHING_COMMON, EACCES, GNUTLS_A_HANDSHAKE_FAILURE);
	trial_done(&trial);
}

static void test_missing_material(void)
{
	struct peer_wish client = { 0 }, server = { .server = true, .identity = host };
	struct trial trial;

	trial_init(&trial);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_failed(&trial, REASON_NO_IDENTITY, EACCES, GNUTLS_A_HANDSHAKE_FAILURE);
	trial_done(&trial);

	trial_init(&trial);
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_X509, &server);
	g_assert_cmpint(trial.result.reason, ==, REASON_NO_IDENTITY);
	g_assert_cmpint(trial.result.status, ==, EACCES);
	g_assert_cmpint(trial.result.alert_sent, ==, GNUTLS_A_HANDSHAKE_FAILURE);
	trial_done(&trial);

	trial_init(&trial);
	trial.scene.client.anchor_count = 0;
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	g_assert_cmpint(trial.result.reason, ==, REASON_NO_TRUST);
	g_assert_cmpint(trial.result.status, ==, EACCES);
	trial_done(&trial);
}

static void test_unsupported(void)
{
	static const struct {
		enum proto_role role;
		enum proto_auth auth;
	} cases[] = {
		{ PROTO_ROLE_SERVER, PROTO_AUTH_UNAUTH },
	};
	struct peer_wish wish = { .server = true, .identity = host };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct trial trial;

		trial_init(&trial);
		trial_identity(&trial, host);
		trial_run(&trial, cases[i].role, cases[i].auth, &wish);
		g_assert_cmpint(trial.result.reason, ==, REASON_UNSUPPORTED);
		g_assert_cmpint(trial.result.status, ==, EACCES);
		trial_done(&trial);
	}
}

static void test_not_tcp(void)
{
	struct proto_job job = make_job(PROTO_ROLE_SERVER, PROTO_AUTH_X509, "");
	struct proto_result result;
	struct trial trial;
	int pair[2], pipe_fds[2];

	trial_init(&trial);
	scene_ready(&trial.scene);
	OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	OK(pipe(pipe_fds));
	int udp = socket(AF_INET, SOCK_DGRAM, 0);
	int fds[] = { pair[0], pipe_fds[0], udp };
	for (size_t i = 0; i < G_N_ELEMENTS(fds); i++) {
		run_handshake(&trial.scene, &job, fds[i], NULL, &result);
		g_assert_cmpint(result.reason, ==, REASON_NOT_TCP);
		g_assert_cmpint(result.status, ==, EOPNOTSUPP);
		close(fds[i]);
	}
	close(pair[1]);
	close(pipe_fds[1]);
	close(trial.fd);
	close(trial.peer_fd);
	scene_done(&trial.scene);
}

static void test_alpn(void)
{
	static const struct {
		const char *offer;
		const char *selected;	/* NULL: refused */
	} cases[] = { { "sunrpc", "sunrpc" }, { NULL, "" }, { "http/1.1", NULL } };
	struct trial trial;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct peer_wish client = { .alpn = cases[i].offer };

		trial_init(&trial);
		trial_identity(&trial, host);
		trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
		if (cases[i].selected) {
			assert_ok(&trial);
			g_assert_cmpstr(trial.result.alpn, ==, cases[i].selected);
		} else {
			assert_failed(&trial, REASON_ALPN, EACCES, GNUTLS_A_NO_APPLICATION_PROTOCOL);
		}
		trial_done(&trial);
	}
	struct peer_wish server = { .server = true, .identity = host, .alpn = "sunrpc" };
	trial_init(&trial);
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	assert_ok(&trial);
	g_assert_cmpstr(trial.result.alpn, ==, "sunrpc");
	trial_done(&trial);
}

static void test_old_versions(void)
{
	struct peer_wish client = { .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
	struct peer_wish server = { .server = true, .identity = host, .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.2" };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_failed(&trial, REASON_NOTHING_COMMON, EACCES, GNUTLS_A_PROTOCOL_VERSION);
	trial_done(&trial);

	/* The server, of the same library, says so first, with the alert that it has for this. */
	trial_init(&trial);
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	g_assert_cmpint(trial.result.reason, ==, REASON_PEER_ALERT);
	g_assert_cmpint(trial.result.alert_received, ==, GNUTLS_A_HANDSHAKE_FAILURE);
	g_assert_cmpint(trial.result.status, ==, EACCES);
	trial_done(&trial);
}

static int count_hellos(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int incoming,
			const gnutls_datum_t *body)
{
	(void)when, (void)incoming, (void)body;
	++*(int *)gnutls_session_get_ptr(session);
	g_assert_cmpint(type, ==, GNUTLS_HANDSHAKE_CLIENT_HELLO);
	return 0;
}

/* The client's first share is for a group that the server has not; it has to come again with the one that both have. */
static void retry_with(enum proto_role role, const char *first, const char *group)
{
	char *both = g_strdup_printf("%s:-GROUP-ALL:+GROUP-%s:+GROUP-%s", PRIORITY, first, group);
	char *one = g_strdup_printf("%s:-GROUP-ALL:+GROUP-%s", PRIORITY, group);
	struct peer_wish wish = { .server = role == PROTO_ROLE_CLIENT, .identity = host, .key_share_top = true };
	struct proto_job job = make_job(role, role == PROTO_ROLE_CLIENT ? PROTO_AUTH_UNAUTH : PROTO_AUTH_X509,
					role == PROTO_ROLE_CLIENT ? "peer.example" : "");
	struct trial trial;
	int hellos = 0;

	wish.priority = wish.server ? one : both;
	trial_init(&trial);
	trial_identity(&trial, host);
	trial.scene.client.priority = both;
	trial.scene.server.priority = one;
	scene_ready(&trial.scene);
	peer_init(&trial.peer, &wish, trial.peer_fd);
	gnutls_session_set_ptr(trial.peer.session, &hellos);
	gnutls_handshake_set_hook_function(trial.peer.session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE, count_hellos);
	run_handshake(&trial.scene, &job, trial.fd, &trial.peer, &trial.result);
	g_test_message("%s: %s, then %s", wish.server ? "client" : "server", first, group);
	assert_ok(&trial);
	assert_same_keys(&trial);
	g_assert_cmpstr(trial.result.group, ==, group);
	g_assert_cmpint(hellos, ==, 2);
	trial_done(&trial);
	g_free(both);
	g_free(one);
}

static void test_hello_retry(void)
{
	const unsigned int *groups;
	gnutls_priority_t all;

	OK(gnutls_priority_init(&all, "NORMAL:-VERS-ALL:+VERS-TLS1.3", NULL));
	int count = gnutls_priority_group_list(all, &groups);
	g_assert_cmpint(count, >, 1);
	for (int i = 0; i < count; i++) {
		/* Our client offers shares for the first two kinds of groups, so two others have to come first. */
		const char *name = gnutls_group_get_name(groups[i]);
		const char *first = groups[i] == GNUTLS_GROUP_X25519 ? "SECP256R1:+GROUP-X448" :
				    groups[i] == GNUTLS_GROUP_SECP256R1 ? "SECP384R1:+GROUP-X25519" :
									  "SECP256R1:+GROUP-X25519";

		retry_with(PROTO_ROLE_CLIENT, first, name);
		retry_with(PROTO_ROLE_SERVER, first, name);
	}
	gnutls_priority_deinit(all);
}

/* Key exchanges that are to last against quantum computers, where the library has one. */
static void test_hybrid(void)
{
	static const char *const names[] = { "X25519-MLKEM768", "SECP256R1-MLKEM768", "SECP384R1-MLKEM1024" };
	unsigned int tried = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (gnutls_group_get_id(names[i]) == GNUTLS_GROUP_INVALID)
			continue;
		retry_with(PROTO_ROLE_CLIENT, "SECP256R1:+GROUP-X25519", names[i]);
		retry_with(PROTO_ROLE_SERVER, "SECP256R1:+GROUP-X25519", names[i]);
		tried++;
	}
	if (tried == 0)
		g_test_skip("this library has no hybrid key exchange");
}

/* Records larger than the peer takes must not leave the kernel. */
static void test_record_limit(void)
{
	struct peer_wish client = { .record_size = 4096 }, server = {
		.server = true, .identity = host, .record_size = 2048 };
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_failed(&trial, REASON_KTLS, EACCES, GNUTLS_A_HANDSHAKE_FAILURE);
	g_assert_cmpint(trial.result.error, ==, ENOPROTOOPT);
	trial_done(&trial);

	trial_init(&trial);
	trial_identity(&trial, host);
	kernel.knows_payload_limit = true;
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_ok(&trial);
	g_assert_cmpint(kernel.payload_limit, ==, 4096);
	trial_done(&trial);

	trial_init(&trial);
	kernel.knows_payload_limit = true;
	trial_run(&trial, PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, &server);
	assert_ok(&trial);
	g_assert_cmpint(kernel.payload_limit, ==, 2048);
	trial_done(&trial);
}

static void test_keeper_moods(void)
{
	static const struct {
		enum keeper_mood mood;
		enum proto_reason reason;
		int status, alert;
		unsigned int answered, timeouts;
	} cases[] = {
		{ KEEPER_SLEEPS, REASON_SIGN_TIMEOUT, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR, 0, 1 },
		{ KEEPER_REFUSES, REASON_SIGN_FAILED, EACCES, GNUTLS_A_HANDSHAKE_FAILURE, 1, 0 },
		{ KEEPER_FAILS, REASON_SIGN_FAILED, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR, 1, 0 },
		{ KEEPER_LEAVES, REASON_SIGN_LOST, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR, 0, 0 },
		{ KEEPER_LATE, REASON_OK, 0, PROTO_NO_ALERT, 1, 0 },
	};
	struct peer_wish client = { .trust = ca }, server = { .server = true, .identity = host, .demands = true };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		for (int role = PROTO_ROLE_CLIENT; role <= PROTO_ROLE_SERVER; role++) {
			struct trial trial;

			trial_init(&trial);
			trial_identity(&trial, host);
			trial.scene.mood = cases[i].mood;
			if (cases[i].mood == KEEPER_SLEEPS)
				trial.scene.settings.sign_timeout_ms = 200;
			trial_run(&trial, role, PROTO_AUTH_X509, role == PROTO_ROLE_CLIENT ? &server : &client);
			if (cases[i].reason == REASON_OK)
				assert_ok(&trial);
			else
				assert_failed(&trial, cases[i].reason, cases[i].status, cases[i].alert);
			g_assert_cmpint(trial.result.signatures, ==, cases[i].answered);
			g_assert_cmpint(trial.result.sign_timeouts, ==, cases[i].timeouts);
			trial_done(&trial);
		}
	}
}

/* An answer that comes after its time is not taken for the next call's. */
static void test_keeper_wakes(void)
{
	struct peer_wish client = { .trust = ca };
	struct proto_job job = make_job(PROTO_ROLE_SERVER, PROTO_AUTH_X509, "");
	union proto_message late;
	struct trial trial;

	trial_init(&trial);
	trial_identity(&trial, host);
	trial.scene.mood = KEEPER_SLEEPS;
	trial.scene.settings.sign_timeout_ms = 500;
	trial_run(&trial, PROTO_ROLE_SERVER, PROTO_AUTH_X509, &client);
	assert_failed(&trial, REASON_SIGN_TIMEOUT, ETIMEDOUT, GNUTLS_A_INTERNAL_ERROR);
	proto_init(&late, PROTO_SIGNATURE);
	late.signature.call = 1;
	late.signature.length = 64;
	OK(proto_send(trial.scene.keeper_fd, &late, NULL, 0));
	peer_done(&trial.peer);
	close(trial.fd);

	g_atomic_int_set(&trial.scene.mood, KEEPER_WORKS);
	memset(&kernel, 0, sizeof(kernel));
	tcp_pair(&trial.fd, &trial.peer_fd);
	peer_init(&trial.peer, &client, trial.peer_fd);
	run_handshake(&trial.scene, &job, trial.fd, &trial.peer, &trial.result);
	assert_ok(&trial);
	trial_done(&trial);
}

/* A client that refuses our certificate before it has keys to say so with. */
static void test_plain_alert(void)
{
	static const struct {
		unsigned char alert;
		int status;
	} cases[] = { { GNUTLS_A_UNKNOWN_CA, EACCES }, { GNUTLS_A_INTERNAL_ERROR, ETIMEDOUT } };
	struct proto_job job = make_job(PROTO_ROLE_SERVER, PROTO_AUTH_X509, "");
	struct peer_wish client = { 0 };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		const unsigned char record[] = { 21, 3, 3, 0, 2, 2, cases[i].alert };
		struct handshake *handshake;
		union proto_message message;
		struct trial trial;

		trial_init(&trial);
		trial_identity(&trial, host);
		scene_ready(&trial.scene);
		peer_init(&trial.peer, &client, trial.peer_fd);
		OK(handshake_new(&trial.scene.context, &job, trial.fd, -1, &handshake));
		peer_step(&trial.peer);
		while (handshake_step(handshake) == HANDSHAKE_READS && !handshake_heard(handshake))
			;
		g_assert_cmpint(write(trial.peer_fd, record, sizeof(record)), ==, sizeof(record));
		while (handshake_step(handshake) != HANDSHAKE_OVER)
			;
		handshake_result(handshake, &message);
		g_assert_cmpint(message.result.reason, ==, REASON_PEER_ALERT);
		g_assert_cmpint(message.result.alert_received, ==, cases[i].alert);
		g_assert_cmpint(message.result.alert_sent, ==, PROTO_NO_ALERT);
		g_assert_cmpint(message.result.status, ==, cases[i].status);
		handshake_free(handshake);
		trial_done(&trial);
	}
}

/* Data that comes right behind Finished is the kernel's. */
static void test_early_data(void)
{
	struct peer_wish client = { .trust = ca };
	struct proto_job job = make_job(PROTO_ROLE_SERVER, PROTO_AUTH_X509, "");
	struct handshake *handshake;
	union proto_message message;
	struct trial trial;
	char buffer[4096];

	trial_init(&trial);
	trial_identity(&trial, host);
	scene_ready(&trial.scene);
	peer_init(&trial.peer, &client, trial.peer_fd);
	OK(handshake_new(&trial.scene.context, &job, trial.fd, -1, &handshake));
	while (trial.peer.ret == GNUTLS_E_AGAIN) {
		peer_step(&trial.peer);
		if (trial.peer.ret == GNUTLS_E_AGAIN)
			g_assert_cmpint(handshake_step(handshake), !=, HANDSHAKE_OVER);
	}
	g_assert_cmpint(gnutls_record_send(trial.peer.session, "RPC", 3), ==, 3);
	shutdown(trial.peer_fd, SHUT_WR);
	while (handshake_step(handshake) != HANDSHAKE_OVER)
		;
	handshake_result(handshake, &message);
	g_assert_cmpint(message.result.reason, ==, REASON_OK);
	/* One record with three bytes, its type and the tag: header 5 + 3 + 1 + 16. */
	g_assert_cmpint(recv(trial.fd, buffer, sizeof(buffer), MSG_DONTWAIT), ==, 25);
	g_assert_cmpint(recv(trial.fd, buffer, sizeof(buffer), MSG_DONTWAIT), ==, 0);
	handshake_free(handshake);
	trial_done(&trial);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	host = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });
	g_test_add_func("/handshake/key-types", test_key_types);
	g_test_add_func("/handshake/ciphers", test_ciphers);
	g_test_add_func("/handshake/foreign-cipher", test_foreign_cipher);
	g_test_add_func("/handshake/kernel-refuses", test_kernel_refuses);
	g_test_add_func("/handshake/unauthenticated-client", test_unauthenticated_client);
	g_test_add_func("/handshake/without-no-pad", test_without_no_pad);
	g_test_add_func("/handshake/client-certificate", test_client_certificate);
	g_test_add_func("/handshake/choice-of-identity", test_choice_of_identity);
	g_test_add_func("/handshake/missing-material", test_missing_material);
	g_test_add_func("/handshake/unsupported", test_unsupported);
	g_test_add_func("/handshake/not-tcp", test_not_tcp);
	g_test_add_func("/handshake/alpn", test_alpn);
	g_test_add_func("/handshake/old-versions", test_old_versions);
	g_test_add_func("/handshake/hello-retry", test_hello_retry);
	g_test_add_func("/handshake/hybrid", test_hybrid);
	g_test_add_func("/handshake/record-limit", test_record_limit);
	g_test_add_func("/handshake/keeper-moods", test_keeper_moods);
	g_test_add_func("/handshake/keeper-wakes", test_keeper_wakes);
	g_test_add_func("/handshake/plain-alert", test_plain_alert);
	g_test_add_func("/handshake/early-data", test_early_data);
	int ret = g_test_run();
	issued_done();
	return ret;
}
