// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a result to a sentence. A reason names what failed, with which name, and what to do about it.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "log.h"
#include "report.h"
#include "socket.h"

static bool is_client(const struct report *report)
{
	return report->request->role == PROTO_ROLE_CLIENT;
}

/* Whose certificate is being judged: ours is the other side. */
static const char *whose(const struct report *report)
{
	return is_client(report) ? "server certificate" : "client certificate";
}

static const char *section(const struct report *report)
{
	return is_client(report) ? "[authenticate.client]" : "[authenticate.server]";
}

static void format_date(int64_t seconds, char *text, size_t size)
{
	time_t when = seconds;
	struct tm utc;

	if (!gmtime_r(&when, &utc) || strftime(text, size, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
		snprintf(text, size, "a date out of range");
}

static const char *status_name(uint32_t status)
{
	switch (status) {
	case 0:
		return "success";
	case EACCES:
		return "EACCES";
	case ETIMEDOUT:
		return "ETIMEDOUT";
	case EOPNOTSUPP:
		return "EOPNOTSUPP";
	default:
		return strerrorname_np(status) ? strerrorname_np(status) : "unknown status";
	}
}

static const char *auth_name(uint32_t auth)
{
	switch (auth) {
	case PROTO_AUTH_UNAUTH:
		return "unauthenticated";
	case PROTO_AUTH_PSK:
		return "psk";
	case PROTO_AUTH_X509:
		return "x509";
	default:
		return "unknown";
	}
}

/* The first that applies, in the order in which they have to be mended. */
static void untrusted(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	const char *certificate = whose(report);
	char date[40];

	if (result->verify & PROTO_VERIFY_REVOKED) {
		snprintf(text, size, "%s is revoked: it needs a new certificate", certificate);
	} else if (result->verify & PROTO_VERIFY_EXPIRED) {
		format_date(result->peer_not_after, date, sizeof(date));
		snprintf(text, size, "%s, or one of its chain, has expired (its own last day: %s): renew it there, or "
			 "correct the clock here", certificate, date);
	} else if (result->verify & PROTO_VERIFY_NOT_YET) {
		format_date(result->peer_not_before, date, sizeof(date));
		snprintf(text, size, "%s, or one of its chain, is not valid yet (its own first day: %s): correct the clock "
			 "on one of the two sides", certificate, date);
	} else if (result->verify & PROTO_VERIFY_UNKNOWN_CA) {
		snprintf(text, size, "%s was issued by \"%s\", and no trust anchor leads there: add that CA to "
			 "x509.truststore in %s, or have the peer send its intermediate certificates", certificate,
			 result->peer_issuer, section(report));
	} else if (result->verify & PROTO_VERIFY_NOT_CA) {
		snprintf(text, size, "%s was signed by a certificate that may not sign others: reissue it from a CA",
			 certificate);
	} else if (result->verify & PROTO_VERIFY_PURPOSE) {
		snprintf(text, size, "%s is not made for this use: its extended key usage lacks %s", certificate,
			 is_client(report) ? "serverAuth" : "clientAuth");
	} else if (result->verify & PROTO_VERIFY_KEY_USAGE) {
		snprintf(text, size, "%s may not sign handshakes: its key usage lacks digitalSignature", certificate);
	} else if (result->verify & PROTO_VERIFY_WEAK) {
		snprintf(text, size, "%s, or one of its chain, has a key or a signature algorithm that is too weak: reissue it "
			 "with at least RSA-2048 and SHA-256", certificate);
	} else if (result->verify & PROTO_VERIFY_SIGNATURE) {
		snprintf(text, size, "a signature in the chain of the %s is wrong: the chain is damaged or forged", certificate);
	} else {
		snprintf(text, size, "%s was not accepted: %s", certificate, gnutls_strerror(result->library_error));
	}
}

static void wrong_name(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	bool address = strspn(report->request->peername, "0123456789.") == strlen(report->request->peername) ||
		       strchr(report->request->peername, ':');

	if (result->peer_san[0])
		snprintf(text, size, "server certificate names %s, not %s: mount by such a name, or add the SAN %s:%s",
			 result->peer_san, report->request->peername, address ? "IP" : "DNS", report->request->peername);
	else
		snprintf(text, size, "server certificate has no subject alternative name, so it does not name %s: reissue it "
			 "with the SAN %s:%s", report->request->peername, address ? "IP" : "DNS", report->request->peername);
}

static const char *alert_name(uint16_t alert)
{
	const char *name = gnutls_alert_get_name(alert);

	return name ? name : "unknown";
}

static void peer_alert(const struct report *report, char *text, size_t size)
{
	uint16_t alert = report->result->alert_received;
	const char *advice = "its log says why";

	switch (alert) {
	case GNUTLS_A_UNKNOWN_CA:
		advice = "it does not trust our certificate's issuer: add our CA to its trust store";
		break;
	case GNUTLS_A_CERTIFICATE_EXPIRED:
		advice = "our certificate has expired, or its clock is wrong";
		break;
	case GNUTLS_A_CERTIFICATE_REQUIRED:
		advice = "it wants a certificate from us: set x509.certificate and x509.private_key, or mount with "
			 "xprtsec=mtls";
		break;
	case GNUTLS_A_PROTOCOL_VERSION:
		advice = "it does not speak TLS 1.3";
		break;
	case GNUTLS_A_HANDSHAKE_FAILURE:
		advice = "it found no cipher, group or signature in common";
		break;
	}
	snprintf(text, size, "the peer refused with alert %u (%s): %s", alert, alert_name(alert), advice);
}

void report_reason(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	const struct snapshot_settings *settings = report->settings;
	const char *role = is_client(report) ? "client" : "server";

	switch ((enum proto_reason)result->reason) {
	case REASON_OK:
		snprintf(text, size, "ok");
		break;
	case REASON_DEADLINE:
		snprintf(text, size, "the handshake was not finished within its deadline: the peer, or the network, is slow or "
			 "silent");
		break;
	case REASON_HELLO_TIMEOUT:
		snprintf(text, size, "the peer sent nothing for %u ms (hello_timeout_ms)",
			 settings ? settings->hello_timeout_ms : 0);
		break;
	case REASON_PEER_CLOSED:
		snprintf(text, size, "the peer closed the connection in the middle of the handshake: its log says why");
		break;
	case REASON_PEER_RESET:
		snprintf(text, size, "the connection broke in the middle of the handshake: %s", strerror(result->error));
		break;
	case REASON_PEER_ALERT:
		peer_alert(report, text, size);
		break;
	case REASON_UNTRUSTED:
		untrusted(report, text, size);
		break;
	case REASON_NAME:
		wrong_name(report, text, size);
		break;
	case REASON_CHAIN_LENGTH:
		snprintf(text, size, "the peer's chain has more than %u certificates (max_certificates)",
			 settings ? settings->max_certificates : 0);
		break;
	case REASON_KEY_SIZE:
		snprintf(text, size, "the peer's chain has an RSA key of more than %u bits (max_rsa_bits)",
			 settings ? settings->max_rsa_bits : 0);
		break;
	case REASON_MESSAGE_SIZE:
		snprintf(text, size, "the peer sent a handshake message over the limit (max_message %u, max_client_hello %u "
			 "bytes)", settings ? settings->max_message : 0, settings ? settings->max_client_hello : 0);
		break;
	case REASON_NOTHING_COMMON:
		snprintf(text, size, "no TLS 1.3 cipher, group or signature in common with the peer (%s): look at the crypto "
			 "policy of both sides", gnutls_strerror(result->library_error));
		break;
	case REASON_PROTOCOL:
		snprintf(text, size, "the peer does not speak TLS 1.3 as it should: %s",
			 gnutls_strerror(result->library_error));
		break;
	case REASON_ALPN:
		snprintf(text, size, "the peer offers no application protocol that is served here (ALPN)");
		break;
	case REASON_NO_IDENTITY:
		snprintf(text, size, "there is no certificate for the %s role: set x509.certificate and x509.private_key in %s",
			 role, section(report));
		break;
	case REASON_NO_TRUST:
		snprintf(text, size, "there is no trust anchor to judge the peer by: set x509.truststore in %s, or install "
			 "ca-certificates", section(report));
		break;
	case REASON_NO_NAME:
		snprintf(text, size, "the kernel named no server to verify, so no certificate could be right");
		break;
	case REASON_SIGN_TIMEOUT:
		snprintf(text, size, "the keeper did not sign within %u ms (sign_timeout_ms)",
			 settings ? settings->sign_timeout_ms : 0);
		break;
	case REASON_SIGN_FAILED:
		snprintf(text, size, "the keeper refused or failed to sign with the private key of the %s role", role);
		break;
	case REASON_SIGN_LOST:
		snprintf(text, size, "the keeper, which holds the private keys, went away");
		break;
	case REASON_ULP:
		snprintf(text, size, "the kernel cannot attach TLS to the socket (TCP_ULP): %s%s", strerror(result->error),
			 result->error == ENOENT ? ": load the module tls (CONFIG_TLS)" : "");
		break;
	case REASON_KTLS:
		snprintf(text, size, "the kernel did not take the session keys (SOL_TLS, %s): %s", result->cipher,
			 strerror(result->error));
		break;
	case REASON_READ_AHEAD:
		snprintf(text, size, "the TLS library had read data that belongs to the kernel");
		break;
	case REASON_RESOURCES:
		snprintf(text, size, "out of memory or descriptors: %s", strerror(result->error));
		break;
	case REASON_LIBRARY:
		snprintf(text, size, "the TLS library failed: %s", gnutls_strerror(result->library_error));
		break;
	case REASON_CANCELLED:
		snprintf(text, size, "cancelled");
		break;
	case REASON_UNSUPPORTED:
		snprintf(text, size, "authentication by %s is not supported by this version",
			 auth_name(report->request->auth));
		break;
	case REASON_WORKER_LOST:
		snprintf(text, size, "the worker died in the middle of the handshake");
		break;
	case REASON_NO_WORKER:
		snprintf(text, size, "no worker became free before the deadline: too many handshakes at a time, or workers "
			 "that cannot start");
		break;
	case REASON_NOT_TCP:
		snprintf(text, size, "the socket is not a TCP socket");
		break;
	case REASON_SHUTDOWN:
		snprintf(text, size, "tlshd is ending");
		break;
	case REASON_REQUEST:
		snprintf(text, size, "the kernel's request cannot be understood");
		break;
	case REASON_CODES:
		break;
	}
}

/* "client 192.0.2.7:811" on the server's side, "server nfs1 (192.0.2.7:2049)" on the client's. */
static void describe_peer(const struct report *report, char *text, size_t size)
{
	const char *peer = report->peer[0] ? report->peer : "address unknown";

	if (is_client(report))
		snprintf(text, size, "server %s (%s)", report->request->peername[0] ? report->request->peername : "unnamed", peer);
	else
		snprintf(text, size, "client %s", peer);
}

static void describe_certificate(const struct proto_result *result, char *text, size_t size)
{
	char date[40];

	text[0] = '\0';
	if (!result->peer_serial[0])
		return;
	format_date(result->peer_not_after, date, sizeof(date));
	snprintf(text, size, ", peer \"%s\" san \"%s\" serial %s expires %s", result->peer_subject, result->peer_san,
		 result->peer_serial, date);
}

void report_line(const struct report *report, char *line, size_t size)
{
	const struct proto_result *result = report->result;
	char peer[PROTO_NAME_MAX + SOCKET_ADDRESS_MAX], certificate[1200], reason[1200], session[160] = "";

	describe_peer(report, peer, sizeof(peer));
	describe_certificate(result, certificate, sizeof(certificate));
	if (result->cipher[0])
		snprintf(session, sizeof(session), ", %s %s %s %s", result->version, result->cipher, result->group,
			 result->signature[0] ? result->signature : "no signature");
	if (result->status == 0) {
		snprintf(line, size, "handshake with %s succeeded: %s%s%s, %" PRId64 " ms%s", peer,
			 auth_name(report->request->auth), session, certificate, report->duration_ms,
			 report->ended ? "; but the connection had ended by then" : "");
		return;
	}
	report_reason(report, reason, sizeof(reason));
	snprintf(line, size, "handshake with %s failed: %s [%s, %s%s%s, %" PRId64 " ms%s]", peer, reason,
		 status_name(result->status), auth_name(report->request->auth), session, certificate, report->duration_ms,
		 report->ended ? ", connection ended" : "");
}

void report_log(const struct report *report)
{
	const struct proto_result *result = report->result;
	char line[3000], reason[1200], duration[24], expires[40] = "";

	report_line(report, line, sizeof(line));
	report_reason(report, reason, sizeof(reason));
	snprintf(duration, sizeof(duration), "%" PRId64, report->duration_ms);
	if (result->peer_serial[0])
		format_date(result->peer_not_after, expires, sizeof(expires));
	const struct log_field fields[] = {
		{ "TLSHD_ROLE", is_client(report) ? "client" : "server" },
		{ "TLSHD_PEER_ADDRESS", report->peer },
		{ "TLSHD_PEER_NAME", report->request->peername },
		{ "TLSHD_AUTH", auth_name(report->request->auth) },
		{ "TLSHD_STATUS", status_name(result->status) },
		{ "TLSHD_REASON", reason },
		{ "TLSHD_VERSION", result->version },
		{ "TLSHD_CIPHER", result->cipher },
		{ "TLSHD_GROUP", result->group },
		{ "TLSHD_SIGNATURE", result->signature },
		{ "TLSHD_ALPN", result->alpn },
		{ "TLSHD_PEER_SUBJECT", result->peer_subject },
		{ "TLSHD_PEER_SAN", result->peer_san },
		{ "TLSHD_PEER_SERIAL", result->peer_serial },
		{ "TLSHD_PEER_EXPIRES", expires },
		{ "TLSHD_DURATION_MS", duration },
	};
	log_event(result->status == 0 ? LOG_INFO : LOG_WARNING, fields, sizeof(fields) / sizeof(fields[0]), line);
}
