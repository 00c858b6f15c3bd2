// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Handshakes with pre-shared keys, in both roles, against a peer that is a TLS library of its own, and with a supervisor
 * that answers a server well, badly, or not at all. A client has its key from the beginning.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"

#define PEER_PSK "NONE:+VERS-TLS1.3:+AEAD:+ECDHE-PSK:+DHE-PSK:+AES-128-GCM:+GROUP-SECP256R1:+SIGN-ECDSA-SECP256R1-SHA256"
#define PEER_PSK_ONLY "NONE:+VERS-TLS1.3:+AEAD:+PSK:+AES-128-GCM:+GROUP-SECP256R1:+SIGN-ECDSA-SECP256R1-SHA256"
#define BOTH_GROUPS PRIORITY ":+GROUP-SECP384R1"
#define SECOND_GROUP "NONE:+VERS-TLS1.3:+AES-128-GCM:+AEAD:+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256"
#define PEER_BOTH_GROUPS PEER_PSK ":+GROUP-SECP384R1"
#define PEER_SECOND_GROUP \
	"NONE:+VERS-TLS1.3:+AEAD:+ECDHE-PSK:+DHE-PSK:+AES-128-GCM:+GROUP-SECP384R1:+SIGN-ECDSA-SECP256R1-SHA256"
#define EXTENSION_PSK_MODES 45	/* RFC 8446, 4.2.9 */
#define MODE_PSK_DHE_KE 1
#define IDENTITY "NVMe0R01 nqn.2014-08.org.test:host nqn.2026-01.test:sub10"
#define KEY_SIZE 32

enum mood {
	SUPERVISOR_WORKS,
	SUPERVISOR_SILENT,
	SUPERVISOR_GONE,
	SUPERVISOR_REFUSES,	/* -EPERM */
	SUPERVISOR_SHORT,	/* -ENOMEM */
	SUPERVISOR_LATE,	/* answers another call first */
};

struct desk {
	struct scene scene;
	struct pskcall *call;
	int channel;		/* the supervisor's end */
	enum mood mood;
	GThread *supervisor;
	guint asked;
	guint8 last_identity[PROTO_PSK_IDENTITY_MAX];
	guint32 last_length;
};

static const guint8 key[KEY_SIZE] = { 1, 2, 3, 0, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23,
				      24, 25, 26, 27, 28, 29, 30, 31, 32 };
static const guint8 other_key[KEY_SIZE] = { 99 };

static void answer(struct desk *desk, const struct proto_psk *call)
{
	union proto_message message;
	bool known = call->identity_length == strlen(IDENTITY) && memcmp(call->identity, IDENTITY, strlen(IDENTITY)) == 0;

	proto_init(&message, PROTO_PSK_KEY);
	message.psk_key.call = call->call;
	if (desk->mood == SUPERVISOR_REFUSES || desk->mood == SUPERVISOR_SHORT || !known) {
		message.psk_key.status = desk->mood == SUPERVISOR_REFUSES ? -EPERM :
					 desk->mood == SUPERVISOR_SHORT ? -ENOMEM : -ENOKEY;
	} else {
		message.psk_key.key_length = KEY_SIZE;
		memcpy(message.psk_key.key, key, KEY_SIZE);
	}
	if (desk->mood == SUPERVISOR_LATE) {
		message.psk_key.call--;
		proto_send(desk->channel, &message, NULL, 0);
		message.psk_key.call++;
	}
	proto_send(desk->channel, &message, NULL, 0);
}

static void *supervise(void *pointer)
{
	struct desk *desk = pointer;
	union proto_message message;

	while (proto_receive(desk->channel, &message, 0, NULL, 0) == 0) {
		g_assert_cmpint(message.header.type, ==, PROTO_PSK);
		desk->asked++;
		desk->last_length = message.psk.identity_length;
		memcpy(desk->last_identity, message.psk.identity, message.psk.identity_length);
		if (desk->mood == SUPERVISOR_GONE)
			break;
		if (desk->mood != SUPERVISOR_SILENT)
			answer(desk, &message.psk);
	}
	shutdown(desk->channel, SHUT_RDWR);
	return NULL;
}

static void desk_open(struct desk *desk, enum mood mood, const char *profile)
{
	int pair[2];

	memset(desk, 0, sizeof(*desk));
	desk->mood = mood;
	scene_init(&desk->scene);
	if (profile)
		desk->scene.server.priority = profile;
	desk->scene.settings.sign_timeout_ms = 300;
	scene_ready(&desk->scene);
	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	desk->channel = pair[0];
	OK(pskcall_new(pair[1], desk->scene.settings.sign_timeout_ms, &desk->call));
	OK(preshared_new(credentials_priority(desk->scene.server_credentials), handshake_offer_psk, handshake_find_psk,
			 desk->call, &desk->scene.context.preshared));
	desk->supervisor = g_thread_new("supervisor", supervise, desk);
}

static void desk_close(struct desk *desk)
{
	shutdown(desk->channel, SHUT_RDWR);
	g_thread_join(desk->supervisor);
	close(desk->channel);
	preshared_free(desk->scene.context.preshared);
	pskcall_free(desk->call);
	scene_done(&desk->scene);
}

struct psk_peer {
	struct peer peer;
	gnutls_psk_client_credentials_t client;
	gnutls_psk_server_credentials_t server;
};

static const guint8 *peer_key;

static int peer_finds(gnutls_session_t session, const gnutls_datum_t *identity, gnutls_datum_t *found)
{
	(void)session;
	if (identity->size != strlen(IDENTITY) || memcmp(identity->data, IDENTITY, identity->size) != 0)
		return -1;
	found->data = gnutls_malloc(KEY_SIZE);
	memcpy(found->data, peer_key, KEY_SIZE);
	found->size = KEY_SIZE;
	return 0;
}

static GByteArray *modes;
static guint hellos;

static int take_modes(void *context, unsigned int extension, const unsigned char *data, unsigned int size)
{
	(void)context;
	if (modes && extension == EXTENSION_PSK_MODES)
		g_byte_array_append(modes, data, size);
	return 0;
}

static int on_hello(gnutls_session_t session, unsigned int type, unsigned int when, unsigned int incoming,
		    const gnutls_datum_t *body)
{
	(void)session, (void)type, (void)when;
	hellos += incoming != 0;
	return incoming ? gnutls_ext_raw_parse(NULL, take_modes, body, GNUTLS_EXT_RAW_FLAG_TLS_CLIENT_HELLO) : 0;
}

static void psk_peer_init(struct psk_peer *psk, bool server, const char *priority, const gnutls_datum_t *identity,
			  const guint8 *secret, int fd)
{
	struct peer_wish wish = { .server = server, .priority = priority };
	const gnutls_datum_t datum = { (unsigned char *)secret, KEY_SIZE };

	memset(psk, 0, sizeof(*psk));
	peer_init(&psk->peer, &wish, fd);
	peer_key = secret;
	hellos = 0;
	if (server) {
		gnutls_handshake_set_hook_function(psk->peer.session, GNUTLS_HANDSHAKE_CLIENT_HELLO, GNUTLS_HOOK_PRE,
						   on_hello);
		OK(gnutls_psk_allocate_server_credentials(&psk->server));
		gnutls_psk_set_server_credentials_function2(psk->server, peer_finds);
		OK(gnutls_credentials_set(psk->peer.session, GNUTLS_CRD_PSK, psk->server));
	} else {
		OK(gnutls_psk_allocate_client_credentials(&psk->client));
		OK(gnutls_psk_set_client_credentials2(psk->client, identity, &datum, GNUTLS_PSK_KEY_RAW));
		OK(gnutls_credentials_set(psk->peer.session, GNUTLS_CRD_PSK, psk->client));
	}
}

static void psk_peer_done(struct psk_peer *psk)
{
	peer_done(&psk->peer);
	if (psk->client)
		gnutls_psk_free_client_credentials(psk->client);
	if (psk->server)
		gnutls_psk_free_server_credentials(psk->server);
}

struct trial {
	enum mood mood;
	bool client;			/* our role */
	const char *profile;		/* ours; default PRIORITY */
	const char *priority;		/* the peer's; default PEER_PSK */
	const char *identity;		/* the peer's; default IDENTITY */
	size_t identity_length;
	const guint8 *key;		/* the peer's; default key */
	uint32_t hash;			/* ours; default SHA-256 */
	/* what has to come of it */
	enum proto_reason reason;
	int status;
	int alert;			/* what the peer hears; -1: nothing */
};

/* A client's comes with its key. */
static struct proto_job_psk make_psk_job(bool client, uint32_t hash)
{
	struct proto_job_psk job = { .job = make_job(client ? PROTO_ROLE_CLIENT : PROTO_ROLE_SERVER, PROTO_AUTH_PSK, "") };

	if (!client)
		return job;
	job.job.header.type = PROTO_JOB_PSK;
	job.job.psk_hash = hash ? hash : PROTO_PSK_SHA256;
	job.identity_length = strlen(IDENTITY);
	memcpy(job.identity, IDENTITY, strlen(IDENTITY));
	job.key_length = KEY_SIZE;
	memcpy(job.key, key, KEY_SIZE);
	return job;
}

static void run(const struct trial *trial, struct proto_result *result, guint *asked)
{
	gnutls_datum_t identity = { (unsigned char *)(trial->identity ? trial->identity : IDENTITY), 0 };
	struct proto_job_psk job = make_psk_job(trial->client, trial->hash);
	struct psk_peer peer;
	struct desk desk;
	int ours, theirs;

	identity.size = trial->identity_length ? trial->identity_length : strlen((char *)identity.data);
	memset(&kernel, 0, sizeof(kernel));
	desk_open(&desk, trial->mood, trial->profile);
	tcp_pair(&ours, &theirs);
	psk_peer_init(&peer, trial->client, trial->priority ? trial->priority : PEER_PSK, &identity,
		      trial->key ? trial->key : key, theirs);
	run_handshake(&desk.scene, &job.job, ours, &peer.peer, result);
	*asked = desk.asked;
	if (trial->client)
		g_assert_cmpuint(desk.asked, ==, 0);
	g_assert_cmpint(result->reason, ==, trial->reason);
	g_assert_cmpint(result->status, ==, trial->status);
	g_assert_cmpint(result->peer_authenticated, ==, trial->status == 0);
	if (trial->status == 0) {
		g_assert_cmpint(kernel.tx.size, >, 0);
		g_assert_cmpint(kernel.rx.size, >, 0);
	} else {
		g_assert_cmpint(kernel.tx.size, ==, 0);
		close(ours);
		ours = -1;
		if (trial->alert >= 0)
			g_assert_cmpint(peer_alert(&peer.peer), ==, trial->alert);
	}
	psk_peer_done(&peer);
	if (ours >= 0)
		close(ours);
	close(theirs);
	desk_close(&desk);
}

static void both_roles(void)
{
	struct proto_result result;
	guint asked;

	for (int client = 0; client <= 1; client++) {
		run(&(struct trial){ .client = client }, &result, &asked);
		g_assert_cmpstr(result.cipher, ==, "AES-128-GCM");
		g_assert_cmpstr(result.peer_serial, ==, "");
		g_assert_cmpuint(asked, ==, client ? 0 : 1);
	}
}

/* The server wants a group that has no share in the first ClientHello (RFC 8446, 4.1.4): the key is needed once more. */
static void retry(void)
{
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .client = true, .profile = BOTH_GROUPS, .priority = PEER_SECOND_GROUP }, &result, &asked);
	g_assert_cmpstr(result.group, ==, "SECP384R1");
	g_assert_cmpuint(hellos, ==, 2);
	run(&(struct trial){ .profile = SECOND_GROUP, .priority = PEER_BOTH_GROUPS }, &result, &asked);
	g_assert_cmpstr(result.group, ==, "SECP384R1");
	g_assert_cmpuint(asked, ==, 2);
}

/* Nobody is asked for no identity: that would break the contract. */
static void no_identity(void)
{
	const struct proto_psk_key *answer;
	struct desk desk;

	desk_open(&desk, SUPERVISOR_WORKS, NULL);
	g_assert_cmpint(pskcall_ask(desk.call, 7, (const uint8_t *)"", 0, &answer), ==, -ENOKEY);
	g_assert_cmpuint(desk.asked, ==, 0);
	desk_close(&desk);
}

/* An answer to an earlier call is dropped, not used. */
static void late_answer(void)
{
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .mood = SUPERVISOR_LATE }, &result, &asked);
}

static void unknown_identities(void)
{
	static const struct {
		const char *identity;
		size_t length;
	} cases[] = {
		{ "NVMe0R01 nqn.2014-08.org.test:host nqn.2026-01.test:sub1", 0 },
		{ IDENTITY "0", 0 },
		{ "N", 0 },
		{ IDENTITY "\0", sizeof(IDENTITY) },
		{ "\0\0\0\0", 4 },
	};
	struct proto_result result;
	guint asked;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		run(&(struct trial){ .identity = cases[i].identity, .identity_length = cases[i].length,
				     .reason = REASON_PSK_UNKNOWN, .status = EACCES,
				     .alert = GNUTLS_A_UNKNOWN_PSK_IDENTITY }, &result, &asked);
		g_assert_cmpint(result.alert_sent, ==, GNUTLS_A_UNKNOWN_PSK_IDENTITY);
		g_assert_cmpuint(asked, ==, 1);
	}
}

/* Longer than any key's description: nobody is asked. */
static void long_identity(void)
{
	g_autofree char *identity = g_strnfill(PROTO_PSK_IDENTITY_MAX + 1, 'x');
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .identity = identity, .reason = REASON_PSK_UNKNOWN, .status = EACCES,
			     .alert = GNUTLS_A_UNKNOWN_PSK_IDENTITY }, &result, &asked);
	g_assert_cmpuint(asked, ==, 0);
}

static void wrong_key(void)
{
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .key = other_key, .reason = REASON_PSK_MISMATCH, .status = EACCES,
			     .alert = GNUTLS_A_DECRYPT_ERROR }, &result, &asked);
	/* The other way round the peer refuses, and we hear why. */
	run(&(struct trial){ .client = true, .key = other_key, .reason = REASON_PEER_ALERT, .status = EACCES,
			     .alert = -1 }, &result, &asked);
}

/* RFC 8446, 4.2.9: without a key exchange beside it, all earlier sessions fall with the key. */
static void without_exchange(void)
{
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .priority = PEER_PSK_ONLY, .reason = REASON_NOTHING_COMMON, .status = EACCES, .alert = -1 },
	    &result, &asked);
	/* A server that knows nothing else finds nothing in common with us, and says so. */
	run(&(struct trial){ .client = true, .priority = PEER_PSK_ONLY, .reason = REASON_PEER_ALERT, .status = EACCES,
			     .alert = -1 }, &result, &asked);
	g_assert_cmpint(result.alert_received, ==, GNUTLS_A_HANDSHAKE_FAILURE);
}

/* What we offer as a client is a list of one. */
static void only_mode(void)
{
	static const guint8 only[] = { 1, MODE_PSK_DHE_KE };
	struct proto_result result;
	guint asked;

	modes = g_byte_array_new();
	run(&(struct trial){ .client = true }, &result, &asked);
	g_assert_cmpmem(modes->data, modes->len, only, sizeof(only));
	g_byte_array_unref(g_steal_pointer(&modes));
}

/* A peer that says only this, instead of its hello or before it has seen ours. */
static void run_alert(bool client, bool early, int status)
{
	static const guint8 unknown[] = { 21, 3, 3, 0, 2, 2, GNUTLS_A_UNKNOWN_PSK_IDENTITY };
	struct proto_job_psk job = make_psk_job(client, 0);
	struct proto_result result;
	struct handshake *handshake;
	union proto_message message;
	struct desk desk;
	int ours, theirs;

	memset(&kernel, 0, sizeof(kernel));
	desk_open(&desk, SUPERVISOR_WORKS, NULL);
	tcp_pair(&ours, &theirs);
	OK(handshake_new(&desk.scene.context, &job.job, ours, -1, &handshake));
	if (!early)
		g_assert_cmpint(handshake_step(handshake), ==, HANDSHAKE_READS);
	g_assert_cmpint(write(theirs, unknown, sizeof(unknown)), ==, sizeof(unknown));
	close(theirs);
	while (handshake_step(handshake) != HANDSHAKE_OVER)
		g_usleep(100);
	handshake_result(handshake, &message);
	result = message.result;
	g_assert_cmpint(result.reason, ==, REASON_PEER_ALERT);
	g_assert_cmpint(result.status, ==, status);
	handshake_free(handshake);
	close(ours);
	desk_close(&desk);
}

/* The NVMe host gives its controller up on EKEYREJECTED, and the supervisor a worker that reports it for anybody else. */
static void unknown_at_the_peer(void)
{
	run_alert(true, false, EKEYREJECTED);
	run_alert(false, false, EACCES);
	run_alert(false, true, EACCES);
}

static void no_certificates(void)
{
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .priority = PRIORITY, .reason = REASON_NOTHING_COMMON, .status = EACCES, .alert = -1 }, &result,
	    &asked);
	g_assert_cmpuint(asked, ==, 0);
}

static void bad_supervisors(void)
{
	static const struct {
		enum mood mood;
		enum proto_reason reason;
		int status;
	} cases[] = {
		{ SUPERVISOR_SILENT, REASON_PSK_LOST, ETIMEDOUT },
		{ SUPERVISOR_GONE, REASON_PSK_LOST, ETIMEDOUT },
		{ SUPERVISOR_REFUSES, REASON_PSK_FAILED, ETIMEDOUT },
		{ SUPERVISOR_SHORT, REASON_RESOURCES, ETIMEDOUT },
	};
	struct proto_result result;
	guint asked;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		run(&(struct trial){ .mood = cases[i].mood, .reason = cases[i].reason, .status = cases[i].status,
				     .alert = GNUTLS_A_INTERNAL_ERROR }, &result, &asked);
		/* A client needs none of them. */
		run(&(struct trial){ .client = true, .mood = cases[i].mood }, &result, &asked);
	}
}

/* Where the library can, such a key goes with AES-256-GCM alone; where it cannot, the supervisor does not offer it. */
static void sha384(void)
{
#ifndef HAVE_GNUTLS_PSK_ALLOCATE_CLIENT_CREDENTIALS2
	struct proto_result result;
	guint asked;

	run(&(struct trial){ .client = true, .hash = PROTO_PSK_SHA384, .reason = REASON_NOTHING_COMMON, .status = EACCES,
			     .alert = -1 }, &result, &asked);
	g_assert_cmpuint(asked, ==, 0);
#else
	g_test_skip("this library can: the guest's tests with two kernels' keys show it");
#endif
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/psk/both-roles", both_roles);
	g_test_add_func("/psk/retry", retry);
	g_test_add_func("/psk/no-identity", no_identity);
	g_test_add_func("/psk/late-answer", late_answer);
	g_test_add_func("/psk/unknown-identities", unknown_identities);
	g_test_add_func("/psk/long-identity", long_identity);
	g_test_add_func("/psk/wrong-key", wrong_key);
	g_test_add_func("/psk/without-exchange", without_exchange);
	g_test_add_func("/psk/only-mode", only_mode);
	g_test_add_func("/psk/unknown-at-the-peer", unknown_at_the_peer);
	g_test_add_func("/psk/no-certificates", no_certificates);
	g_test_add_func("/psk/bad-supervisors", bad_supervisors);
	g_test_add_func("/psk/sha384", sha384);
	return g_test_run();
}
