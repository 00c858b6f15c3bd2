// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Sentences for people: each reason has one, and it names what has to be mended.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>
#include <gnutls/gnutls.h>

#include "log.h"
#include "reason.h"
#include "refusals.h"

static struct handshake_request request;
static struct snapshot_settings settings;
static union proto_message message;
static struct report report;

static void start(uint32_t role, const char *peername, uint32_t status, enum proto_reason reason)
{
	memset(&request, 0, sizeof(request));
	memset(&settings, 0, sizeof(settings));
	proto_init(&message, PROTO_RESULT);
	request.role = role;
	request.auth = PROTO_AUTH_X509;
	g_strlcpy(request.peername, peername, sizeof(request.peername));
	message.result.status = status;
	message.result.reason = reason;
	report = (struct report){ .request = &request, .peer = "192.0.2.7:2049", .result = &message.result, .identity = "", .left_out = "",
				  .settings = &settings, .duration_ms = 12 };
}

static void expect(const char *line)
{
	char text[3000];

	report_line(&report, text, sizeof(text));
	g_assert_cmpstr(text, ==, line);
}

static void every_reason_has_a_sentence(void)
{
	char text[1200];

	for (int reason = 0; reason < REASON_CODES; reason++) {
		for (uint32_t role = PROTO_ROLE_CLIENT; role <= PROTO_ROLE_SERVER; role++) {
			start(role, "nfs1", reason ? EACCES : 0, reason);
			text[0] = '\0';
			reason_text(&report, text, sizeof(text));
			g_assert_cmpuint(strlen(text), >, 1);
			g_assert_null(strstr(text, "(null)"));
		}
	}
}

/* What the peer says about our certificate is told apart. */
static void every_certificate_alert_has_advice(void)
{
	static const uint16_t alerts[] = { GNUTLS_A_BAD_CERTIFICATE, GNUTLS_A_UNSUPPORTED_CERTIFICATE,
					   GNUTLS_A_CERTIFICATE_REVOKED, GNUTLS_A_CERTIFICATE_EXPIRED,
					   GNUTLS_A_CERTIFICATE_UNKNOWN, GNUTLS_A_UNKNOWN_CA };
	char text[1200];

	for (size_t i = 0; i < G_N_ELEMENTS(alerts); i++) {
		start(PROTO_ROLE_SERVER, "", EACCES, REASON_PEER_ALERT);
		message.result.alert_received = alerts[i];
		reason_text(&report, text, sizeof(text));
		g_assert_nonnull(strstr(text, "our certificate"));
	}
}

static void wrong_name(void)
{
	start(PROTO_ROLE_CLIENT, "192.0.2.7", EACCES, REASON_NAME);
	strcpy(message.result.peer_san, "DNS:nfs1.example.net");
	expect("handshake with server 192.0.2.7 (192.0.2.7:2049) failed: server certificate names DNS:nfs1.example.net, "
	       "not 192.0.2.7: mount by that name, or add the SAN IP:192.0.2.7 [EACCES, x509, 12 ms]");
	start(PROTO_ROLE_CLIENT, "nfs1", EACCES, REASON_NAME);
	strcpy(message.result.peer_san, "DNS:*.example.net");
	expect("handshake with server nfs1 (192.0.2.7:2049) failed: server certificate names DNS:*.example.net, not nfs1, and "
	       "wildcards do not count (RFC 9289, 5.2.1): reissue it with the SAN DNS:nfs1 [EACCES, x509, 12 ms]");
	message.result.peer_san[0] = '\0';
	expect("handshake with server nfs1 (192.0.2.7:2049) failed: server certificate has no subject alternative name, so "
	       "it does not name nfs1: reissue it with the SAN DNS:nfs1 [EACCES, x509, 12 ms]");
}

/* The key that was agreed on, and those that were passed over on the way to it. */
static void preshared(void)
{
	start(PROTO_ROLE_CLIENT, "", 0, REASON_OK);
	request.auth = PROTO_AUTH_PSK;
	strcpy(message.result.version, "TLS1.3");
	strcpy(message.result.cipher, "AES-128-GCM");
	strcpy(message.result.group, "SECP256R1");
	report.identity = "NVMe0R01 host sub";
	expect("handshake with server 192.0.2.7:2049 succeeded: psk, identity \"NVMe0R01 host sub\", TLS1.3 AES-128-GCM "
	       "SECP256R1 no certificate, 12 ms");
	report.left_out = "key 1: Key has expired";
	expect("handshake with server 192.0.2.7:2049 succeeded: psk, identity \"NVMe0R01 host sub\", not usable: key 1: Key has "
	       "expired, TLS1.3 AES-128-GCM SECP256R1 no certificate, 12 ms");
	start(PROTO_ROLE_CLIENT, "", EKEYREJECTED, REASON_PEER_ALERT);
	request.auth = PROTO_AUTH_PSK;
	message.result.alert_received = GNUTLS_A_UNKNOWN_PSK_IDENTITY;
	report.identity = "NVMe0R01 host sub";
	report.left_out = "key 1: Key has expired";
	expect("handshake with server 192.0.2.7:2049 failed: the peer refused with alert 115 (The SRP/PSK username is missing or not known): it has no key "
	       "for the identity that we offered: compare host NQN and subsystem NQN, and provision the same key there "
	       "[EKEYREJECTED, psk, identity \"NVMe0R01 host sub\", not usable: key 1: Key has expired, 12 ms]");
	start(PROTO_ROLE_CLIENT, "", EACCES, REASON_PSK_FAILED);
	request.auth = PROTO_AUTH_PSK;
	message.result.error = EACCES;
	report.left_out = "key 1: Permission denied";
	expect("handshake with server 192.0.2.7:2049 failed: the pre-shared key could not be read: Permission denied (key 1: "
	       "Permission denied): put it into the keyring of the request or one that [authenticate] keyrings names, or let root "
	       "read it (keyctl setperm) [EACCES, psk, 12 ms]");
}

static void success(void)
{
	start(PROTO_ROLE_SERVER, "", 0, REASON_OK);
	strcpy(message.result.version, "TLS1.3");
	strcpy(message.result.cipher, "AES-256-GCM");
	strcpy(message.result.group, "X25519");
	strcpy(message.result.signature, "EdDSA-Ed25519");
	strcpy(message.result.peer_subject, "CN=client");
	strcpy(message.result.peer_san, "DNS:client.example");
	strcpy(message.result.peer_serial, "0a0b");
	message.result.peer_not_after = 1801624953;
	expect("handshake with client 192.0.2.7:2049 succeeded: x509, TLS1.3 AES-256-GCM X25519 EdDSA-Ed25519, peer "
	       "\"CN=client\" san \"DNS:client.example\" serial 0a0b expires 2027-02-03 03:22:33 UTC, 12 ms");
}

static void refusals(void)
{
	start(PROTO_ROLE_SERVER, "", EACCES, REASON_UNTRUSTED);
	message.result.verify = PROTO_VERIFY_EXPIRED | PROTO_VERIFY_UNKNOWN_CA;
	message.result.peer_not_after = 1700000000;
	expect("handshake with client 192.0.2.7:2049 failed: client certificate has expired (last day: 2023-11-14 "
	       "22:13:20 UTC): renew it there, or correct the clock here [EACCES, x509, 12 ms]");
	message.result.peer_not_after = INT64_MAX;
	strcpy(message.result.peer_issuer, "CN=below");
	expect("handshake with client 192.0.2.7:2049 failed: a CA certificate above the client certificate, from \"CN=below\" "
	       "on, has expired: renew the CA certificate, or correct the clock here [EACCES, x509, 12 ms]");
	message.result.verify = PROTO_VERIFY_NOT_YET;
	message.result.peer_not_before = 4070908800;
	expect("handshake with client 192.0.2.7:2049 failed: client certificate is not valid yet (first day: 2099-01-01 "
	       "00:00:00 UTC): correct the clock on one of the two sides [EACCES, x509, 12 ms]");
	start(PROTO_ROLE_CLIENT, "nfs1", EACCES, REASON_PEER_ALERT);
	message.result.alert_received = GNUTLS_A_UNKNOWN_CA;
	report.peer = "";
	report.ended = true;
	expect("handshake with server nfs1 (address unknown) failed: the peer refused with alert 48 (CA is unknown): it does "
	       "not trust our certificate's issuer: add our CA to its trust store [EACCES, x509, 12 ms, connection ended]");
	start(PROTO_ROLE_CLIENT, "nfs1", EACCES, REASON_KTLS);
	message.result.error = ENOPROTOOPT;
	expect("handshake with server nfs1 (192.0.2.7:2049) failed: the peer takes small records only, and this kernel cannot "
	       "keep to that (it has no TLS_TX_MAX_PAYLOAD_LEN): use a newer kernel here, or lift the limit there [EACCES, x509, "
	       "12 ms]");
	start(PROTO_ROLE_SERVER, "", EACCES, REASON_NOTHING_COMMON);
	message.result.alert_sent = GNUTLS_A_PROTOCOL_VERSION;
	expect("handshake with client 192.0.2.7:2049 failed: the peer offers no TLS 1.3, and no other version will do: update "
	       "its TLS library, or look at its crypto policy [EACCES, x509, 12 ms]");
	start(PROTO_ROLE_CLIENT, "nfs1", EACCES, REASON_PROTOCOL);
	message.result.library_error = GNUTLS_E_PK_SIG_VERIFY_FAILED;
	expect("handshake with server nfs1 (192.0.2.7:2049) failed: the server certificate is not the peer's own: its "
	       "signature was made by another key. Look there whether certificate and private key belong together [EACCES, "
	       "x509, 12 ms]");
	start(PROTO_ROLE_SERVER, "", EACCES, REASON_NO_IDENTITY);
	expect("handshake with client 192.0.2.7:2049 failed: there is no certificate for the server role: set "
	       "x509.certificate and x509.private_key in [authenticate.server] [EACCES, x509, 12 ms]");
}

/* The longest texts that a peer can bring: cut, never past the end. */
static void longest(void)
{
	char line[3000];

	start(PROTO_ROLE_CLIENT, "", EACCES, REASON_NAME);
	memset(request.peername, 'n', sizeof(request.peername) - 1);
	memset(message.result.peer_san, 's', sizeof(message.result.peer_san) - 1);
	memset(message.result.peer_subject, 'u', sizeof(message.result.peer_subject) - 1);
	memset(message.result.peer_serial, '1', sizeof(message.result.peer_serial) - 1);
	memset(message.result.cipher, 'c', sizeof(message.result.cipher) - 1);
	message.result.peer_not_after = INT64_MAX;
	report_line(&report, line, sizeof(line));
	g_assert_nonnull(strstr(line, "a date out of range"));
	report_line(&report, line, 40);
	g_assert_cmpuint(strlen(line), ==, 39);
}

/* Sixty lines for an address, and one for the rest; addresses beyond the table share a count. */
static void repeated(void)
{
	struct deadlines *deadlines = deadlines_new();
	struct refusals *refusals = refusals_new(deadlines);
	char peer[64];
	unsigned int lines = 0;

	for (int i = 0; i < 1000; i++) {
		snprintf(peer, sizeof(peer), "[2001:db8::1]:%d", 40000 + i);
		lines += refusals_admit(refusals, peer);
	}
	g_assert_cmpuint(lines, ==, REFUSALS_LINES);
	g_assert_true(refusals_admit(refusals, "192.0.2.1:40000"));
	lines = 0;
	for (int i = 0; i < 10000; i++) {
		snprintf(peer, sizeof(peer), "10.1.%d.%d:811", i / 250, i % 250);
		lines += refusals_admit(refusals, peer);
	}
	g_assert_cmpuint(lines, <=, REFUSALS_ADDRESSES + REFUSALS_LINES);
	g_test_message("the counts are said at the end");
	refusals_free(refusals);
	deadlines_free(deadlines);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/report/every-reason-has-a-sentence", every_reason_has_a_sentence);
	g_test_add_func("/report/every-certificate-alert-has-advice", every_certificate_alert_has_advice);
	g_test_add_func("/report/wrong-name", wrong_name);
	g_test_add_func("/report/success", success);
	g_test_add_func("/report/preshared", preshared);
	g_test_add_func("/report/refusals", refusals);
	g_test_add_func("/report/longest", longest);
	g_test_add_func("/report/repeated", repeated);
	return g_test_run();
}
