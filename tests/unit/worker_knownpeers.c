// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who is remembered, for how long, and that nobody is trusted because of it who would not be otherwise.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"
#include "worker/knownpeers.h"

#define HOUR 3600

static const struct issued *ca, *host;

/* The clock of the whole program, the TLS library's included: theirs and ours would go apart otherwise. */
static time_t ahead;

time_t time(time_t *out)
{
	struct timespec now;

	g_assert_cmpint(clock_gettime(CLOCK_REALTIME, &now), ==, 0);
	if (out)
		*out = now.tv_sec + ahead;
	return now.tv_sec + ahead;
}

/* The linker leads verify.c's calls here. */
static int altnames_error;

int __real_altnames_read(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t *names);
int __wrap_altnames_read(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t *names);

int __wrap_altnames_read(gnutls_x509_crt_t certificate, gnutls_subject_alt_names_t *names)
{
	return altnames_error ? altnames_error : __real_altnames_read(certificate, names);
}

static void keep(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain, unsigned int count,
		 struct knownpeers_window window)
{
	struct knownpeer *peer = knownpeer_new(role, chain, count);

	g_assert_nonnull(peer);
	g_assert_false(peer->trusted);
	peer->window = window;
	knownpeers_keep(known, peer);
	knownpeer_unref(peer);
}

static bool knows(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain, unsigned int count, int64_t now)
{
	struct knownpeer *peer = knownpeers_find(known, role, chain, count, now);

	if (peer)
		g_assert_true(peer->trusted);
	knownpeer_unref(peer);
	return peer != NULL;
}

#define DATUM(text) { (unsigned char *)(text), sizeof(text) - 1 }
static const gnutls_datum_t two[] = { DATUM("one certificate"), DATUM("and its issuer") };
static const struct knownpeers_window always = { INT64_MIN, INT64_MAX };

static void test_bytes(void)
{
	const gnutls_datum_t other[] = { DATUM("one certificate"), DATUM("and its issueR") };
	const gnutls_datum_t moved[] = { DATUM("one certificatea"), DATUM("nd its issuer") };
	const gnutls_datum_t same_end[] = { DATUM("0ne certificate"), DATUM("and its issuer") };
	struct knownpeers *known;

	OK(knownpeers_new(&known));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, two, 2, 0));
	keep(known, PROTO_ROLE_CLIENT, two, 2, always);
	g_assert_true(knows(known, PROTO_ROLE_CLIENT, two, 2, 0));
	/* Who may be a server need not be allowed as a client. */
	g_assert_false(knows(known, PROTO_ROLE_SERVER, two, 2, 0));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, two, 1, 0));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, two, 0, 0));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, other, 2, 0));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, moved, 2, 0));
	g_assert_false(knows(known, PROTO_ROLE_CLIENT, same_end, 2, 0));
	knownpeers_free(known);
}

static void test_window(void)
{
	struct knownpeers_window window;
	struct knownpeers *known;

	knownpeers_open_window(&window);
	knownpeers_narrow(&window, 1000, 100);
	knownpeers_narrow(&window, 1000, 1000);
	knownpeers_narrow(&window, 1000, 500);
	knownpeers_narrow(&window, 1000, 5000);
	knownpeers_narrow(&window, 1000, 2000);
	knownpeers_narrow(&window, 1000, 3000);
	g_assert_cmpint(window.from, ==, 1000);
	g_assert_cmpint(window.until, ==, 2000);

	OK(knownpeers_new(&known));
	keep(known, PROTO_ROLE_SERVER, two, 2, window);
	g_assert_true(knows(known, PROTO_ROLE_SERVER, two, 2, 1000));
	g_assert_true(knows(known, PROTO_ROLE_SERVER, two, 2, 1999));
	g_assert_false(knows(known, PROTO_ROLE_SERVER, two, 2, 2000));
	/* The clock that comes back brings nobody back. */
	g_assert_false(knows(known, PROTO_ROLE_SERVER, two, 2, 1500));
	keep(known, PROTO_ROLE_SERVER, two, 2, window);
	g_assert_false(knows(known, PROTO_ROLE_SERVER, two, 2, 999));
	knownpeers_free(known);
}

/* Whoever is seen stays; who is met twice at one time has one place. */
static void test_crowd(void)
{
	struct knownpeers *known;

	OK(knownpeers_new(&known));
	keep(known, PROTO_ROLE_SERVER, two, 2, always);
	keep(known, PROTO_ROLE_SERVER, two, 2, always);
	for (guint64 i = 0; i < 2 * KNOWNPEERS_MAX; i++) {
		const gnutls_datum_t one = { (unsigned char *)&i, sizeof(i) };

		keep(known, PROTO_ROLE_SERVER, &one, 1, always);
		g_assert_true(knows(known, PROTO_ROLE_SERVER, two, 2, 0));
	}
	for (guint64 i = 0; i < 2 * KNOWNPEERS_MAX; i++) {
		const gnutls_datum_t one = { (unsigned char *)&i, sizeof(i) };

		g_assert_cmpint(knows(known, PROTO_ROLE_SERVER, &one, 1, 0), ==, i > KNOWNPEERS_MAX);
	}
	knownpeers_free(known);
}

static void test_long_chain(void)
{
	g_autofree unsigned char *data = g_malloc0(KNOWNPEERS_CHAIN_MAX);
	const gnutls_datum_t fits = { data, KNOWNPEERS_CHAIN_MAX - sizeof(guint32) };
	const gnutls_datum_t large = { data, KNOWNPEERS_CHAIN_MAX - sizeof(guint32) + 1 };
	struct knownpeers *known;

	OK(knownpeers_new(&known));
	keep(known, PROTO_ROLE_SERVER, &large, 1, always);
	g_assert_false(knows(known, PROTO_ROLE_SERVER, &large, 1, 0));
	keep(known, PROTO_ROLE_SERVER, &fits, 1, always);
	g_assert_true(knows(known, PROTO_ROLE_SERVER, &fits, 1, 0));
	knownpeers_free(known);
}

/* An evicted one lives on with whoever still looks at it. */
static void test_reference(void)
{
	struct knownpeers *known;

	OK(knownpeers_new(&known));
	keep(known, PROTO_ROLE_SERVER, two, 2, always);
	struct knownpeer *peer = knownpeers_find(known, PROTO_ROLE_SERVER, two, 2, 0);
	g_assert_nonnull(peer);
	knownpeers_free(known);
	g_assert_cmpint(peer->certificates, ==, 2);
	knownpeer_unref(peer);
}

/* ---- whole handshakes in one worker ---- */

/* What a server sends with its certificate as its status. */
static int staple(gnutls_session_t session, void *text, gnutls_datum_t *response)
{
	(void)session;
	response->size = strlen(text);
	response->data = gnutls_malloc(response->size);
	memcpy(response->data, text, response->size);
	return 0;
}

static struct proto_result meet_stapled(struct scene *scene, enum proto_role role, const char *name,
					const struct peer_wish *wish, const char *status)
{
	struct proto_job job = make_job(role, PROTO_AUTH_X509, role == PROTO_ROLE_CLIENT ? name : "");
	struct proto_result result;
	struct peer_wish other = *wish;
	struct peer peer;
	int fd, peer_fd;

	kernel = (struct kernel){ 0 };
	tcp_pair(&fd, &peer_fd);
	other.server = role == PROTO_ROLE_CLIENT;
	peer_init(&peer, &other, peer_fd);
	if (status)
		gnutls_certificate_set_ocsp_status_request_function(peer.x509, staple, (void *)status);
	run_handshake(scene, &job, fd, &peer, &result);
	peer_done(&peer);
	close(fd);
	return result;
}

static struct proto_result meet(struct scene *scene, enum proto_role role, const char *name, const struct peer_wish *wish)
{
	return meet_stapled(scene, role, name, wish, NULL);
}

static void make_scene(struct scene *scene, const struct issued *anchor)
{
	const struct issued *ours[] = { host, NULL };

	ahead = 0;
	scene_init(scene);
	scene_trust(&scene->client, anchor);
	scene_trust(&scene->server, anchor);
	scene_identity(scene, &scene->client, ours);
	scene_identity(scene, &scene->server, ours);
	scene_ready(scene);
}

static bool met(struct scene *scene, enum proto_role role, const struct issued *peer)
{
	return knows(scene->known, role, &peer->der, 1, time(NULL));
}

static const enum proto_role roles[] = { PROTO_ROLE_CLIENT, PROTO_ROLE_SERVER };

static void test_again(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
		struct peer_wish wish = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
		struct scene scene;

		make_scene(&scene, ca);
		struct proto_result first = meet(&scene, roles[i], "peer.example", &wish);
		g_assert_cmpint(first.reason, ==, REASON_OK);
		g_assert_true(met(&scene, roles[i], wish.identity));
		struct proto_result second = meet(&scene, roles[i], "peer.example", &wish);
		g_assert_cmpint(second.reason, ==, REASON_OK);
		g_assert_cmpint(second.peer_authenticated, ==, 1);
		g_assert_cmpstr(second.peer_subject, ==, first.peer_subject);
		g_assert_cmpstr(second.peer_san, ==, first.peer_san);
		g_assert_cmpstr(second.peer_serial, ==, first.peer_serial);
		g_assert_cmpint(second.peer_not_before, ==, first.peer_not_before);
		g_assert_cmpint(second.peer_not_after, ==, first.peer_not_after);
		scene_done(&scene);
	}
}

/* The name is the mount's, and no part of what is remembered. */
static void test_other_name(void)
{
	struct peer_wish wish = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
	struct scene scene;

	make_scene(&scene, ca);
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "other.example", &wish).reason, ==, REASON_NAME);
	g_assert_true(met(&scene, PROTO_ROLE_CLIENT, wish.identity));
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "other.example", &wish).reason, ==, REASON_NAME);
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "peer.example", &wish).reason, ==, REASON_OK);
	scene_done(&scene);
}

/* The certificate is known, but not the key of whoever shows it. */
static void test_thief(void)
{
	const struct issued *owner = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });
	struct issued thief = *issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });

	thief.crt = owner->crt;
	thief.der = owner->der;
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
		struct peer_wish good = { .identity = owner }, bad = { .identity = &thief };
		struct scene scene;

		make_scene(&scene, ca);
		g_assert_cmpint(meet(&scene, roles[i], "peer.example", &good).reason, ==, REASON_OK);
		struct proto_result result = meet(&scene, roles[i], "peer.example", &bad);
		g_assert_cmpint(result.reason, ==, REASON_PROTOCOL);
		g_assert_cmpint(result.library_error, ==, GNUTLS_E_PK_SIG_VERIFY_FAILED);
		g_assert_cmpint(result.peer_authenticated, ==, 0);
		scene_done(&scene);
	}
}

static void test_refused(void)
{
	const struct issued *other = issue(&(struct wish){ .subject = "CN=other ca", .authority = true });
	const struct issued *purpose = issue(&(struct wish){ .issuer = ca, .dns = "peer.example",
							     .purpose = GNUTLS_KP_TLS_WWW_SERVER });
	struct peer_wish stranger = { .identity = issue(&(struct wish){ .issuer = other, .dns = "peer.example" }) };
	struct peer_wish server = { .identity = purpose };
	struct scene scene;

	make_scene(&scene, ca);
	for (int i = 0; i < 2; i++) {
		g_assert_cmpint(meet(&scene, PROTO_ROLE_SERVER, "", &stranger).verify, ==, PROTO_VERIFY_UNKNOWN_CA);
		g_assert_false(met(&scene, PROTO_ROLE_SERVER, stranger.identity));
	}
	/* Good as a server, and therefore known as one; never as a client. */
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "peer.example", &server).reason, ==, REASON_OK);
	g_assert_cmpint(meet(&scene, PROTO_ROLE_SERVER, "", &server).verify, ==, PROTO_VERIFY_PURPOSE);
	g_assert_false(met(&scene, PROTO_ROLE_SERVER, server.identity));
	scene_done(&scene);
}

/* Who brings a status is judged by it, however well known; no memory of it stays. */
static void test_status(void)
{
	struct peer_wish wish = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
	struct scene scene;

	make_scene(&scene, ca);
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "peer.example", &wish).reason, ==, REASON_OK);
	g_assert_true(met(&scene, PROTO_ROLE_CLIENT, wish.identity));
	g_assert_cmpint(meet_stapled(&scene, PROTO_ROLE_CLIENT, "peer.example", &wish, "no status").reason, ==,
			REASON_UNTRUSTED);
	scene_done(&scene);
}

/* Names that could not be read may be read the next time, so nobody is remembered as one who has none. */
static void test_unread_names(void)
{
	struct peer_wish wish = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
	struct scene scene;

	make_scene(&scene, ca);
	altnames_error = -ENOMEM;
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "peer.example", &wish).reason, ==, REASON_NAME);
	altnames_error = 0;
	g_assert_false(met(&scene, PROTO_ROLE_CLIENT, wish.identity));
	g_assert_cmpint(meet(&scene, PROTO_ROLE_CLIENT, "peer.example", &wish).reason, ==, REASON_OK);
	scene_done(&scene);
}

/* @peer in an hour, when it or what vouches for it is out of date: as if it had never been here. */
static void expire(const struct issued *anchor, const struct peer_wish *wish)
{
	for (size_t i = 0; i < G_N_ELEMENTS(roles); i++) {
		struct scene scene;

		make_scene(&scene, anchor);
		g_assert_cmpint(meet(&scene, roles[i], "peer.example", wish).reason, ==, REASON_OK);
		ahead = HOUR / 2;
		g_assert_cmpint(meet(&scene, roles[i], "peer.example", wish).reason, ==, REASON_OK);
		ahead = HOUR + 10;
		struct proto_result result = meet(&scene, roles[i], "peer.example", wish);
		g_assert_cmpint(result.reason, ==, REASON_UNTRUSTED);
		g_assert_true(result.verify & PROTO_VERIFY_EXPIRED);
		g_assert_cmpint(result.peer_authenticated, ==, 0);
		ahead = 0;
		scene_done(&scene);
	}
}

static void test_expiry(void)
{
	const struct issued *old = issue(&(struct wish){ .subject = "CN=old ca", .authority = true, .until = HOUR });
	const struct issued *middle = issue(&(struct wish){ .subject = "CN=middle", .issuer = ca, .authority = true,
							    .until = HOUR });
	struct peer_wish itself = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example", .until = HOUR }) };
	struct peer_wish between = { .identity = issue(&(struct wish){ .issuer = middle, .dns = "peer.example" }),
				     .chain = { middle } };
	struct peer_wish above = { .identity = issue(&(struct wish){ .issuer = old, .dns = "peer.example" }) };

	expire(ca, &itself);
	expire(ca, &between);
	expire(old, &above);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	host = issue(&(struct wish){ .issuer = ca, .dns = "us.example" });
	g_test_add_func("/known/bytes", test_bytes);
	g_test_add_func("/known/window", test_window);
	g_test_add_func("/known/crowd", test_crowd);
	g_test_add_func("/known/long-chain", test_long_chain);
	g_test_add_func("/known/reference", test_reference);
	g_test_add_func("/known/again", test_again);
	g_test_add_func("/known/other-name", test_other_name);
	g_test_add_func("/known/thief", test_thief);
	g_test_add_func("/known/refused", test_refused);
	g_test_add_func("/known/status", test_status);
	g_test_add_func("/known/unread-names", test_unread_names);
	g_test_add_func("/known/expiry", test_expiry);
	int ret = g_test_run();
	issued_done();
	return ret;
}
