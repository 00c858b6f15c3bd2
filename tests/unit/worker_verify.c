// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which certificates are refused, for which reason, and with which alert.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/worker_fixture.h"

static const struct issued *ca;

/* In judge() both profiles have a revocation list of this issuer's for this certificate; NULL: none. */
static const struct issued *list_issuer, *revoked;

/* A server's certificate as our client sees it, or a client's as our server does. */
struct verdict {
	enum proto_reason reason;
	int alert;
	uint32_t bits;
};

static struct proto_result judge(enum proto_role role, const char *name, struct peer_wish wish,
				 const struct issued *trust, const struct snapshot_settings *settings,
				 const struct verdict *expected)
{
	const struct issued *ours[] = { issue(&(struct wish){ .issuer = ca, .dns = "us.example" }), NULL };
	struct proto_job job = make_job(role, role == PROTO_ROLE_CLIENT ? PROTO_AUTH_UNAUTH : PROTO_AUTH_X509, name);
	struct scene scene;
	struct peer peer;
	struct proto_result result;
	int fd, peer_fd;

	scene_init(&scene);
	if (settings)
		scene.settings = *settings;
	if (trust) {
		scene_trust(&scene.client, trust);
		scene_trust(&scene.server, trust);
	}
	if (revoked) {
		scene_revoke(&scene.client, list_issuer, revoked);
		scene_revoke(&scene.server, list_issuer, revoked);
	}
	scene_identity(&scene, &scene.server, ours);
	scene_ready(&scene);
	tcp_pair(&fd, &peer_fd);
	wish.server = role == PROTO_ROLE_CLIENT;
	peer_init(&peer, &wish, peer_fd);
	run_handshake(&scene, &job, fd, &peer, &result);

	g_test_message("reason %u, bits %#x, alert %u, library %d", result.reason, result.verify, result.alert_sent,
		       result.library_error);
	g_assert_cmpint(result.reason, ==, expected->reason);
	g_assert_cmphex(result.verify, ==, expected->bits);
	g_assert_cmpint(result.status, ==, expected->reason == REASON_OK ? 0 : EACCES);
	g_assert_cmpint(result.peer_authenticated, ==, expected->reason == REASON_OK);
	if (expected->reason != REASON_OK) {
		g_assert_cmpint(result.alert_sent, ==, expected->alert);
		g_assert_cmpint(peer_alert(&peer), ==, expected->alert);
		g_assert_cmpint(kernel.tx.size, ==, 0);
	}
	peer_done(&peer);
	close(fd);
	scene_done(&scene);
	return result;
}

static const struct verdict good = { .reason = REASON_OK };

static void judge_server(const char *name, const struct wish *wish, const struct verdict *expected)
{
	struct peer_wish peer = { .identity = issue(wish) };

	judge(PROTO_ROLE_CLIENT, name, peer, ca, NULL, expected);
}

static void test_names(void)
{
	static const struct verdict wrong = { REASON_NAME, GNUTLS_A_BAD_CERTIFICATE, 0 };
	const struct wish dns = { .issuer = ca, .dns = "nfs1.example.net" };
	const struct wish wildcard = { .issuer = ca, .dns = "*.example.net" };
	const struct wish common = { .issuer = ca, .subject = "CN=nfs1.example.net" };
	const struct wish ip4 = { .issuer = ca, .ip = "192.0.2.7" };
	const struct wish ip6 = { .issuer = ca, .ip = "2001:db8::7" };
	const struct wish both = { .issuer = ca, .dns = "nfs1.example.net", .ip = "192.0.2.7" };
	const struct wish disguised = { .issuer = ca, .dns = "192.0.2.7" };

	judge_server("nfs1.example.net", &dns, &good);
	judge_server("NFS1.Example.NET", &dns, &good);
	judge_server("nfs1.example.net.", &dns, &good);
	judge_server("nfs2.example.net", &dns, &wrong);
	judge_server("nfs1.example.ne", &dns, &wrong);
	judge_server("nfs1.example.net.evil.example", &dns, &wrong);
	judge_server("nfs1.example.net", &wildcard, &wrong);
	judge_server("nfs1.example.net", &common, &wrong);
	judge_server("192.0.2.7", &ip4, &good);
	judge_server("192.0.2.8", &ip4, &wrong);
	judge_server("192.0.2.7", &dns, &wrong);
	judge_server("192.0.2.7", &disguised, &wrong);
	judge_server("2001:db8::7", &ip6, &good);
	judge_server("2001:0db8:0:0::0007", &ip6, &good);
	judge_server("2001:db8::7%eth0", &ip6, &good);
	judge_server("2001:db8::8", &ip6, &wrong);
	judge_server("192.0.2.7", &both, &good);
	judge_server("nfs1.example.net", &both, &good);
}

/* As DER, because the library itself would cut the name at the NUL. */
static void hidden_nul(gnutls_x509_crt_t certificate)
{
	static const char extension[] = "\x30\x20\x82\x1enfs1.example.net\0.evil.example";

	g_assert_cmpint(sizeof(extension) - 1, ==, 0x22);
	OK(gnutls_x509_crt_set_extension_by_oid(certificate, "2.5.29.17", extension, sizeof(extension) - 1, 0));
}

static void crowd(gnutls_x509_crt_t certificate)
{
	for (int i = 0; i < 150; i++) {
		char name[160];
		int length = g_snprintf(name, sizeof(name), "host%0130d.example", i);

		OK(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, name, length,
							GNUTLS_FSAN_APPEND));
	}
}

static void test_odd_names(void)
{
	static const struct verdict wrong = { REASON_NAME, GNUTLS_A_BAD_CERTIFICATE, 0 };
	const struct wish nul = { .issuer = ca, .decorate = hidden_nul };
	const struct wish many = { .issuer = ca, .dns = "nfs1.example.net", .decorate = crowd };

	judge_server("nfs1.example.net", &nul, &wrong);
	/* Over the limit of names that are looked at. */
	judge_server("nfs1.example.net", &many, &wrong);
}

/* The name goes into SNI, an address never. */
static void test_sni(void)
{
	static const struct {
		const char *name;
		const char *sni;
	} cases[] = { { "nfs1.example.net", "nfs1.example.net" }, { "192.0.2.7", NULL }, { "2001:db8::7", NULL } };
	struct peer_wish wish = { .server = true, .identity = issue(&(struct wish){ .issuer = ca }) };

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct proto_job job = make_job(PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, cases[i].name);
		struct scene scene;
		struct peer peer;
		struct proto_result result;
		char sni[256] = "";
		size_t size = sizeof(sni);
		unsigned int type;
		int fd, peer_fd;

		scene_init(&scene);
		scene_trust(&scene.client, ca);
		scene_ready(&scene);
		tcp_pair(&fd, &peer_fd);
		peer_init(&peer, &wish, peer_fd);
		run_handshake(&scene, &job, fd, &peer, &result);
		int ret = gnutls_server_name_get(peer.session, sni, &size, &type, 0);
		if (cases[i].sni)
			g_assert_cmpstr(sni, ==, cases[i].sni);
		else
			g_assert_cmpint(ret, ==, GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
		peer_done(&peer);
		close(fd);
		scene_done(&scene);
	}
}

static void test_no_name(void)
{
	static const char *const names[] = { "", ".", "bad name\n" };
	struct scene scene;
	struct proto_result result;

	scene_init(&scene);
	scene_trust(&scene.client, ca);
	scene_ready(&scene);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		struct proto_job job = make_job(PROTO_ROLE_CLIENT, PROTO_AUTH_UNAUTH, names[i]);
		int fd, peer_fd;

		tcp_pair(&fd, &peer_fd);
		/* A peer that would agree to anything never gets a chance. */
		run_handshake(&scene, &job, fd, NULL, &result);
		g_test_message("reason %u", result.reason);
		g_assert_cmpint(result.reason, ==, REASON_NO_NAME);
		g_assert_cmpint(result.status, ==, EACCES);
		g_assert_cmpint(result.alert_sent, ==, GNUTLS_A_HANDSHAKE_FAILURE);
		close(fd);
		close(peer_fd);
	}
	scene_done(&scene);
}

/* Both roles: what is wrong with the certificate is the same. */
static void judge_both(struct wish wish, const struct issued *trust, const struct verdict *expected)
{
	struct peer_wish peer;

	wish.dns = "peer.example";
	peer = (struct peer_wish){ .identity = issue(&wish) };
	judge(PROTO_ROLE_CLIENT, "peer.example", peer, trust, NULL, expected);
	judge(PROTO_ROLE_SERVER, "", peer, trust, NULL, expected);
}

static void test_validity(void)
{
	static const struct verdict expired = { REASON_UNTRUSTED, GNUTLS_A_CERTIFICATE_EXPIRED, PROTO_VERIFY_EXPIRED };
	static const struct verdict early = { REASON_UNTRUSTED, GNUTLS_A_CERTIFICATE_EXPIRED, PROTO_VERIFY_NOT_YET };

	judge_both((struct wish){ .issuer = ca, .from = -7200, .until = -60 }, ca, &expired);
	judge_both((struct wish){ .issuer = ca, .from = 600 }, ca, &early);
}

static void test_trust(void)
{
	static const struct verdict unknown = { REASON_UNTRUSTED, GNUTLS_A_UNKNOWN_CA, PROTO_VERIFY_UNKNOWN_CA };
	static const struct verdict forged = { REASON_UNTRUSTED, GNUTLS_A_BAD_CERTIFICATE, PROTO_VERIFY_SIGNATURE };
	const struct issued *other = issue(&(struct wish){ .subject = "CN=other ca", .authority = true });
	/* The right name, another key. */
	const struct issued *impostor = issue(&(struct wish){ .subject = "CN=ca", .authority = true });

	judge_both((struct wish){ .issuer = ca }, ca, &good);
	judge_both((struct wish){ .issuer = other }, ca, &unknown);
	judge_both((struct wish){ 0 }, ca, &unknown);
	judge_both((struct wish){ .issuer = impostor }, ca, &forged);
}

/* The list is out of date, and what it names stays revoked. */
static void test_revoked(void)
{
	static const struct verdict expected = { REASON_UNTRUSTED, GNUTLS_A_CERTIFICATE_REVOKED, PROTO_VERIFY_REVOKED };
	const struct issued *middle = issue(&(struct wish){ .subject = "CN=middle", .issuer = ca, .authority = true });
	struct peer_wish bad = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
	struct peer_wish other = { .identity = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" }) };
	struct peer_wish below = { .identity = issue(&(struct wish){ .issuer = middle, .dns = "peer.example" }),
				   .chain = { middle } };

	list_issuer = ca;
	revoked = bad.identity;
	judge(PROTO_ROLE_CLIENT, "peer.example", bad, ca, NULL, &expected);
	judge(PROTO_ROLE_SERVER, "", bad, ca, NULL, &expected);
	judge(PROTO_ROLE_CLIENT, "peer.example", other, ca, NULL, &good);
	judge(PROTO_ROLE_SERVER, "", other, ca, NULL, &good);
	judge(PROTO_ROLE_SERVER, "", below, ca, NULL, &good);
	/* The one in between, and a list of an issuer that is no anchor itself. */
	revoked = middle;
	judge(PROTO_ROLE_SERVER, "", below, ca, NULL, &expected);
	list_issuer = middle;
	revoked = below.identity;
	judge(PROTO_ROLE_SERVER, "", below, ca, NULL, &expected);
	/* A serial number means something together with its issuer only. */
	revoked = other.identity;
	judge(PROTO_ROLE_SERVER, "", other, ca, NULL, &good);
	revoked = NULL;
}

static void test_no_trust(void)
{
	static const struct verdict expected = { REASON_NO_TRUST, GNUTLS_A_UNKNOWN_CA, PROTO_VERIFY_UNKNOWN_CA };
	struct peer_wish peer = { .identity = issue(&(struct wish){ .issuer = ca }) };

	struct proto_result result = judge(PROTO_ROLE_SERVER, "", peer, NULL, NULL, &expected);
	g_assert_cmpstr(result.peer_issuer, ==, "CN=ca");
}

static void test_purpose(void)
{
	static const struct verdict wrong = { REASON_UNTRUSTED, GNUTLS_A_UNSUPPORTED_CERTIFICATE, PROTO_VERIFY_PURPOSE };
	struct peer_wish server = { .identity = issue(&(struct wish){
		.issuer = ca, .dns = "peer.example", .purpose = GNUTLS_KP_TLS_WWW_SERVER }) };
	struct peer_wish client = { .identity = issue(&(struct wish){
		.issuer = ca, .dns = "peer.example", .purpose = GNUTLS_KP_TLS_WWW_CLIENT }) };
	struct peer_wish mail = { .identity = issue(&(struct wish){
		.issuer = ca, .dns = "peer.example", .purpose = GNUTLS_KP_EMAIL_PROTECTION }) };

	judge(PROTO_ROLE_CLIENT, "peer.example", server, ca, NULL, &good);
	judge(PROTO_ROLE_SERVER, "", client, ca, NULL, &good);
	judge(PROTO_ROLE_CLIENT, "peer.example", client, ca, NULL, &wrong);
	judge(PROTO_ROLE_SERVER, "", server, ca, NULL, &wrong);
	judge(PROTO_ROLE_CLIENT, "peer.example", mail, ca, NULL, &wrong);
	/* Also where the certificate itself is the anchor. */
	judge(PROTO_ROLE_CLIENT, "peer.example", client, client.identity, NULL, &wrong);
	judge(PROTO_ROLE_CLIENT, "peer.example", server, server.identity, NULL, &good);
}

static void test_key_usage(void)
{
	static const struct verdict wrong = { REASON_UNTRUSTED, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
					      PROTO_VERIFY_KEY_USAGE };
	const struct wish agreement = { .issuer = ca, .dns = "peer.example", .usage = GNUTLS_KEY_KEY_AGREEMENT };
	/* With this the library's own server signs all the same. */
	struct peer_wish peer = { .identity = issue(&agreement),
				  .priority = "NORMAL:-VERS-ALL:+VERS-TLS1.3:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS" };

	judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, NULL, &wrong);
}

/* Who shows a certificate has to have its key (RFC 8446, 4.4.3). */
static void test_other_key(void)
{
	static const struct verdict wrong = { REASON_PROTOCOL, GNUTLS_A_DECRYPT_ERROR, 0 };
	const struct issued *shown = issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });
	struct issued thief = *issue(&(struct wish){ .issuer = ca, .dns = "peer.example" });

	thief.crt = shown->crt;
	thief.der = shown->der;
	struct peer_wish peer = { .identity = &thief };
	struct proto_result result = judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, NULL, &wrong);
	g_assert_cmpint(result.library_error, ==, GNUTLS_E_PK_SIG_VERIFY_FAILED);
	result = judge(PROTO_ROLE_SERVER, "", peer, ca, NULL, &wrong);
	g_assert_cmpint(result.library_error, ==, GNUTLS_E_PK_SIG_VERIFY_FAILED);
}

static void test_chains(void)
{
	static const struct verdict not_ca = { REASON_UNTRUSTED, GNUTLS_A_BAD_CERTIFICATE, PROTO_VERIFY_NOT_CA };
	static const struct verdict unknown = { REASON_UNTRUSTED, GNUTLS_A_UNKNOWN_CA, PROTO_VERIFY_UNKNOWN_CA };
	static const struct verdict too_long = { REASON_CHAIN_LENGTH, GNUTLS_A_CERTIFICATE_UNKNOWN, 0 };
	const struct issued *middle = issue(&(struct wish){ .subject = "CN=middle", .issuer = ca, .authority = true });
	const struct issued *leaf = issue(&(struct wish){ .issuer = middle, .dns = "peer.example" });
	const struct issued *no_ca = issue(&(struct wish){ .subject = "CN=nobody", .issuer = ca });
	const struct issued *child = issue(&(struct wish){ .issuer = no_ca, .dns = "peer.example" });
	struct peer_wish peer = { .identity = leaf, .chain = { middle } };

	judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, NULL, &good);
	judge(PROTO_ROLE_CLIENT, "peer.example", (struct peer_wish){ .identity = leaf }, ca, NULL, &unknown);
	judge(PROTO_ROLE_CLIENT, "peer.example", (struct peer_wish){ .identity = child, .chain = { no_ca } }, ca, NULL,
	      &not_ca);
	/* Ten are the limit, the certificate itself included. */
	struct peer_wish crowded = { .identity = leaf, .chain = { middle } };
	const struct issued *issuer = middle;
	for (int i = 0; i < 9; i++) {
		if (i == 8) {
			crowded.identity = issue(&(struct wish){ .issuer = issuer, .dns = "peer.example" });
			judge(PROTO_ROLE_CLIENT, "peer.example", crowded, ca, NULL, &good);
		}
		char *subject = g_strdup_printf("CN=step %d", i);
		issuer = issue(&(struct wish){ .subject = subject, .issuer = issuer, .authority = true });
		g_free(subject);
		memmove(&crowded.chain[1], &crowded.chain[0], sizeof(crowded.chain) - sizeof(crowded.chain[0]));
		crowded.chain[0] = issuer;
	}
	crowded.identity = issue(&(struct wish){ .issuer = issuer, .dns = "peer.example" });
	judge(PROTO_ROLE_CLIENT, "peer.example", crowded, ca, NULL, &too_long);
	judge(PROTO_ROLE_SERVER, "", crowded, ca, NULL, &too_long);
}

static void test_keys(void)
{
	static const struct verdict large = { REASON_KEY_SIZE, GNUTLS_A_UNSUPPORTED_CERTIFICATE, 0 };
	static const struct verdict weak = { REASON_UNTRUSTED, GNUTLS_A_BAD_CERTIFICATE, PROTO_VERIFY_WEAK };
	struct snapshot_settings settings = { .sign_timeout_ms = 10000, .max_message = 131072, .max_client_hello = 16384,
					      .max_certificates = 10, .max_rsa_bits = 2048 };
	struct peer_wish peer = { .identity = issue(&(struct wish){
		.issuer = ca, .dns = "peer.example", .pk = GNUTLS_PK_RSA, .bits = 3072 }) };

	judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, &settings, &large);
	judge(PROTO_ROLE_SERVER, "", peer, ca, &settings, &large);
	settings.max_rsa_bits = 3072;
	judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, &settings, &good);
	judge_both((struct wish){ .issuer = ca, .pk = GNUTLS_PK_RSA, .bits = 1024 }, ca, &weak);
}

/* A message over the limit, though the chain is short. */
static void test_message_size(void)
{
	static const struct verdict large = { REASON_MESSAGE_SIZE, GNUTLS_A_DECODE_ERROR, 0 };
	struct snapshot_settings settings = { .sign_timeout_ms = 10000, .max_message = 1024, .max_client_hello = 16384,
					      .max_certificates = 10, .max_rsa_bits = 8192 };
	struct peer_wish peer = { .identity = issue(&(struct wish){ .issuer = ca, .decorate = crowd }) };

	judge(PROTO_ROLE_CLIENT, "peer.example", peer, ca, &settings, &large);
	judge(PROTO_ROLE_SERVER, "", peer, ca, &settings, &large);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ca = issue(&(struct wish){ .subject = "CN=ca", .authority = true });
	g_test_add_func("/verify/names", test_names);
	g_test_add_func("/verify/odd-names", test_odd_names);
	g_test_add_func("/verify/sni", test_sni);
	g_test_add_func("/verify/no-name", test_no_name);
	g_test_add_func("/verify/validity", test_validity);
	g_test_add_func("/verify/trust", test_trust);
	g_test_add_func("/verify/revoked", test_revoked);
	g_test_add_func("/verify/no-trust", test_no_trust);
	g_test_add_func("/verify/purpose", test_purpose);
	g_test_add_func("/verify/key-usage", test_key_usage);
	g_test_add_func("/verify/other-key", test_other_key);
	g_test_add_func("/verify/chains", test_chains);
	g_test_add_func("/verify/keys", test_keys);
	g_test_add_func("/verify/message-size", test_message_size);
	int ret = g_test_run();
	issued_done();
	return ret;
}
