// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A sentence for each reason: what failed, with which name, why, and what to do about it.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnutls/gnutls.h>

#include "reason.h"

/* Whose certificate is being judged: ours is the other side. */
static const char *whose(const struct report *report)
{
	return report_is_client(report) ? "server certificate" : "client certificate";
}

static const char *section(const struct report *report)
{
	return report_is_client(report) ? "[authenticate.client]" : "[authenticate.server]";
}

void reason_date(int64_t seconds, char *text, size_t size)
{
	time_t when = seconds;
	struct tm utc;

	if (!gmtime_r(&when, &utc) || strftime(text, size, "%Y-%m-%d %H:%M:%S UTC", &utc) == 0)
		snprintf(text, size, "a date out of range");
}

/* Of the peer's own certificate the dates are known; if they are good, it is one above it. */
static void out_of_time(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	const char *certificate = whose(report);
	time_t now = time(NULL);
	char date[40];

	if (result->peer_not_after < now) {
		reason_date(result->peer_not_after, date, sizeof(date));
		snprintf(text, size, "%s has expired (last day: %s): renew it there, or correct the clock here", certificate, date);
	} else if (result->peer_not_before > now) {
		reason_date(result->peer_not_before, date, sizeof(date));
		snprintf(text, size, "%s is not valid yet (first day: %s): correct the clock on one of the two sides", certificate,
			 date);
	} else {
		snprintf(text, size, "a CA certificate above the %s, from \"%s\" on, %s: renew the CA certificate, or correct the "
			 "clock here", certificate, result->peer_issuer,
			 result->verify & PROTO_VERIFY_EXPIRED ? "has expired" : "is not valid yet");
	}
}

/* The first that applies, in the order in which they have to be mended. */
static void untrusted(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	const char *certificate = whose(report);

	if (result->verify & PROTO_VERIFY_REVOKED) {
		snprintf(text, size, "%s, or one of its chain, is revoked (x509.crl in %s): the peer needs a new certificate",
			 certificate, section(report));
	} else if (result->verify & (PROTO_VERIFY_EXPIRED | PROTO_VERIFY_NOT_YET)) {
		out_of_time(report, text, size);
	} else if (result->verify & PROTO_VERIFY_UNKNOWN_CA) {
		snprintf(text, size, "%s was issued by \"%s\", and no trust anchor leads there: add that CA to "
			 "x509.truststore in %s, or have the peer send its intermediate certificates", certificate,
			 result->peer_issuer, section(report));
	} else if (result->verify & PROTO_VERIFY_NOT_CA) {
		snprintf(text, size, "%s was signed by a certificate that may not sign others: reissue it from a CA",
			 certificate);
	} else if (result->verify & PROTO_VERIFY_PURPOSE) {
		snprintf(text, size, "%s is not made for this use: its extended key usage lacks %s; have it issued anew with it, or with none", certificate,
			 report_is_client(report) ? "serverAuth" : "clientAuth");
	} else if (result->verify & PROTO_VERIFY_KEY_USAGE) {
		snprintf(text, size, "%s may not sign handshakes: its key usage lacks digitalSignature; have it issued anew with "
			 "it", certificate);
	} else if (result->verify & PROTO_VERIFY_WEAK) {
		snprintf(text, size, "%s, or one of its chain, has a key or a signature algorithm that is too weak: reissue it "
			 "with at least RSA-2048 and SHA-256", certificate);
	} else if (result->verify & PROTO_VERIFY_SIGNATURE) {
		snprintf(text, size, "a signature in the chain of the %s is wrong: the chain is damaged or forged; install it "
			 "there anew, as its CA has issued it", certificate);
	} else {
		snprintf(text, size, "%s was not accepted: %s", certificate, gnutls_strerror(result->library_error));
	}
}

static void wrong_name(const struct report *report, char *text, size_t size)
{
	const struct proto_result *result = report->result;
	bool address = strspn(report->request->peername, "0123456789.") == strlen(report->request->peername) ||
		       strchr(report->request->peername, ':');

	if (strstr(result->peer_san, "DNS:*."))
		snprintf(text, size, "server certificate names %s, not %s, and wildcards do not count (RFC 9289, 5.2.1): reissue it "
			 "with the SAN %s:%s", result->peer_san, report->request->peername, address ? "IP" : "DNS",
			 report->request->peername);
	else if (result->peer_san[0])
		snprintf(text, size, "server certificate names %s, not %s: mount by that name, or add the SAN %s:%s",
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

/* What an alert of the peer's (RFC 8446, 6.2) asks of us. */
static const char *alert_advice(const struct report *report, uint16_t alert)
{
	switch (alert) {
	case GNUTLS_A_UNKNOWN_CA:
		return "it does not trust our certificate's issuer: add our CA to its trust store";
	case GNUTLS_A_CERTIFICATE_EXPIRED:
		return "our certificate has expired or is not valid yet, or its clock is wrong: look at both, and renew the "
		       "certificate if it is ours";
	case GNUTLS_A_CERTIFICATE_REVOKED:
		return "our certificate is on a revocation list there: have a new one issued";
	case GNUTLS_A_BAD_CERTIFICATE:
	case GNUTLS_A_CERTIFICATE_UNKNOWN:
		return "it does not accept our certificate; often the name by which it knows us is not in it, or it does not "
		       "trust the issuer: its log says why";
	case GNUTLS_A_UNSUPPORTED_CERTIFICATE:
		return "our certificate is not made for this use: look at its extended key usage and key usage";
	case GNUTLS_A_CERTIFICATE_REQUIRED:
		return "it wants a certificate from us: set x509.certificate and x509.private_key, or mount with xprtsec=mtls";
	case GNUTLS_A_PROTOCOL_VERSION:
		return "it does not speak TLS 1.3: update its TLS library, or look at its crypto policy";
	case GNUTLS_A_UNKNOWN_PSK_IDENTITY:
		return "it has no key for the identity that we offered: compare host NQN and subsystem NQN, and provision the "
		       "same key there";
	case GNUTLS_A_DECRYPT_ERROR:
		return report->request->auth == PROTO_AUTH_PSK ?
		       "it has another key for this identity: provision the same key on both sides" :
		       "it could not verify our signature: does our private key belong to our certificate?";
	case GNUTLS_A_HANDSHAKE_FAILURE:
		return "it found no TLS 1.3, or no cipher, group or signature in common, or something is configured wrong there: its log "
		       "says which";
	case GNUTLS_A_NO_APPLICATION_PROTOCOL:
		return "it does not serve this application protocol (ALPN): is it an RPC server at all?";
	}
	return "its log says why";
}

static void peer_alert(const struct report *report, char *text, size_t size)
{
	uint16_t alert = report->result->alert_received;

	snprintf(text, size, "the peer refused with alert %u (%s): %s", alert, alert_name(alert),
		 alert_advice(report, alert));
}

static void wants_value(const struct report *report, char *text, size_t size)
{
	const struct snapshot_settings *settings = report->settings;

	switch (report->result->reason) {
	case REASON_HELLO_TIMEOUT:
		snprintf(text, size, "the peer sent nothing for %u ms (hello_timeout_ms): it has not begun with TLS, or the "
			 "network lost it", settings->hello_timeout_ms);
		break;
	case REASON_CHAIN_LENGTH:
		snprintf(text, size, "the peer's chain has more than %u certificates: shorten it there, or raise "
			 "max_certificates here", settings->max_certificates);
		break;
	case REASON_KEY_SIZE:
		snprintf(text, size, "the peer's chain has an RSA key of more than %u bits, or with an exponent of more than "
			 "64: reissue that certificate, or raise max_rsa_bits here", settings->max_rsa_bits);
		break;
	case REASON_MESSAGE_SIZE:
		snprintf(text, size, "the peer sent a handshake message over the limit (max_message %u, max_client_hello %u "
			 "bytes): raise it here if this peer's certificates need it", settings->max_message, settings->max_client_hello);
		break;
	case REASON_SIGN_TIMEOUT:
		snprintf(text, size, "the keeper did not sign within %u ms (sign_timeout_ms): look whether its token, or "
			 "the machine, is overloaded", settings->sign_timeout_ms);
		break;
	}
}

static const char *psk_advice(int error)
{
	if (error == EACCES)
		return ": put it into the keyring of the request or one that [authenticate] keyrings names, or let root read it "
		       "(keyctl setperm)";
	return error == EINVAL ? ": it has to be a key of type psk with 32 or 48 bytes" : "";
}

/* The identity is named in words of its own: for a host it is in the key's description, for a target the peer chose it. */
static void preshared(const struct report *report, char *text, size_t size)
{
	const char *error = strerror(report->result->error);

	switch (report->result->reason) {
	case REASON_PSK_UNKNOWN:
		if (report->left_out[0])
			snprintf(text, size, "the pre-shared key for the identity \"%s\" that the peer offers cannot be used here "
				 "(%s): use a key of 32 bytes (SHA-256), or install GnuTLS 3.8.11 or later and build tlshd with it",
				 report->identity, report->left_out);
		else
			snprintf(text, size, "no pre-shared key for the identity \"%s\" that the peer offers: add it to the keyring "
				 "of the target (.nvme), with exactly this description", report->identity);
		break;
	case REASON_PSK_MISMATCH:
		snprintf(text, size, "the peer has another key for the identity \"%s\": provision the same key on both sides",
			 report->identity);
		break;
	case REASON_PSK_NO_KEY:
		snprintf(text, size, "the request names no pre-shared key that can be used%s%s%s: add one to the keyring",
			 report->left_out[0] ? " (" : "", report->left_out, report->left_out[0] ? ")" : "");
		break;
	case REASON_PSK_HASH:
		snprintf(text, size, "no pre-shared key of the request can be used here (%s): use a key of 32 bytes (SHA-256), or "
			 "install GnuTLS 3.8.11 or later and build tlshd with it", report->left_out);
		break;
	default:
		snprintf(text, size, "the pre-shared key could not be read: %s%s%s%s%s", error, report->left_out[0] ? " (" : "",
			 report->left_out, report->left_out[0] ? ")" : "", psk_advice(report->result->error));
	}
}

/* Keys of the kernel that a mount names by their serial numbers. */
static void requested(const struct report *report, char *text, size_t size)
{
	bool private = report->result->reason == REASON_REQUEST_PRIVATE_KEY;

	snprintf(text, size, "the %s that the mount names (%s %d) cannot be used: %s; it has to be a key of type user, in DER, "
		 "in the keyring .nfs", private ? "private key" : "certificate", private ? "privkey_serial" : "cert_serial",
		 private ? report->request->private_key : report->request->certificate, strerror(report->result->error));
}

/* Where the configuration is at fault, the section that mends it is named. */
static void configuration(const struct report *report, char *text, size_t size)
{
	if (report->result->reason == REASON_NO_IDENTITY)
		snprintf(text, size, "there is no certificate for the %s role: set x509.certificate and x509.private_key in %s",
			 report_is_client(report) ? "client" : "server", section(report));
	else
		snprintf(text, size, "there is no trust anchor to judge the peer by: set x509.truststore in %s, or install "
			 "ca-certificates", section(report));
}

static void library(const struct report *report, char *text, size_t size)
{
	const char *what = gnutls_strerror(report->result->library_error);

	switch (report->result->reason) {
	case REASON_NOTHING_COMMON:
		if (report->result->alert_sent == GNUTLS_A_PROTOCOL_VERSION) {
			snprintf(text, size, "the peer offers no TLS 1.3, and no other version will do: update its TLS library, or "
				 "look at its crypto policy");
			break;
		}
		snprintf(text, size, "no TLS 1.3 cipher, group or signature in common with the peer (%s): look at the crypto "
			 "policy of both sides", what);
		break;
	case REASON_PROTOCOL:
		if (report->result->library_error == GNUTLS_E_PK_SIG_VERIFY_FAILED) {
			snprintf(text, size, "the %s is not the peer's own: its signature was made by another key. Look there whether "
				 "certificate and private key belong together", whose(report));
			break;
		}
		snprintf(text, size, "the peer does not speak TLS 1.3 as it should: %s", what);
		break;
	case REASON_CERTIFICATE:
		snprintf(text, size, "the certificate that the mount names (cert_serial %d) is none: %s; it has to be one certificate in "
			 "DER", report->request->certificate, what);
		break;
	default:
		snprintf(text, size, "the TLS library failed: %s", what);
	}
}

static void system_call(const struct report *report, char *text, size_t size)
{
	const char *what = strerror(report->result->error);

	switch (report->result->reason) {
	case REASON_PEER_RESET:
		snprintf(text, size, "the connection broke in the middle of the handshake: %s", what);
		break;
	case REASON_ULP:
		snprintf(text, size, "the kernel cannot attach TLS to the socket (TCP_ULP): %s%s", what,
			 report->result->error == ENOENT ? ": load the module tls (CONFIG_TLS)" : "");
		break;
	case REASON_KTLS:
		/* Asked for only where the peer's limit makes it necessary (worker/ktls.c). */
		if (report->result->error == ENOPROTOOPT) {
			snprintf(text, size, "the peer takes small records only, and this kernel cannot keep to that (it has "
				 "no TLS_TX_MAX_PAYLOAD_LEN): use a newer kernel here, or lift the limit there");
			break;
		}
		snprintf(text, size, "the kernel did not take the session keys (SOL_TLS, %s): %s", report->result->cipher,
			 what);
		break;
	default:
		snprintf(text, size, "out of memory or descriptors (LimitNOFILE and max_handshakes set how many)%s%s", report->result->error ? ": " : "",
			 report->result->error ? what : "");
	}
}

/* A reason has a sentence of its own, or a function that fills one in. */
static const struct {
	const char *sentence;
	void (*fill)(const struct report *report, char *text, size_t size);
} reasons[REASON_CODES] = {
	[REASON_OK] = { "ok", NULL },
	[REASON_DEADLINE] = { "the handshake was not finished within its deadline: the peer, or the network, is slow or "
			      "silent", NULL },
	[REASON_HELLO_TIMEOUT] = { NULL, wants_value },
	[REASON_PEER_CLOSED] = { "the peer closed the connection in the middle of the handshake: its log says why", NULL },
	[REASON_PEER_RESET] = { NULL, system_call },
	[REASON_PEER_ALERT] = { NULL, peer_alert },
	[REASON_UNTRUSTED] = { NULL, untrusted },
	[REASON_NAME] = { NULL, wrong_name },
	[REASON_CHAIN_LENGTH] = { NULL, wants_value },
	[REASON_KEY_SIZE] = { NULL, wants_value },
	[REASON_MESSAGE_SIZE] = { NULL, wants_value },
	[REASON_NOTHING_COMMON] = { NULL, library },
	[REASON_PROTOCOL] = { NULL, library },
	[REASON_ALPN] = { "the peer offers other application protocols (ALPN) than \"sunrpc\": it is no RPC client", NULL },
	[REASON_NO_IDENTITY] = { NULL, configuration },
	[REASON_NO_TRUST] = { NULL, configuration },
	[REASON_NO_NAME] = { "the kernel named no server to verify, or no possible name, so no certificate could be right: mount by a DNS "
			     "name or an address", NULL },
	[REASON_SIGN_TIMEOUT] = { NULL, wants_value },
	[REASON_SIGN_FAILED] = { "the keeper refused to sign, or could not: its lines in this log say why", NULL },
	[REASON_SIGN_LOST] = { "the keeper, which holds the private keys, went away", NULL },
	[REASON_ULP] = { NULL, system_call },
	[REASON_KTLS] = { NULL, system_call },
	[REASON_READ_AHEAD] = { "the peer sent data before it was asked, which the kernel can no longer get: it may be tried again; look at "
				"the peer's implementation if it goes on", NULL },
	[REASON_RESOURCES] = { NULL, system_call },
	[REASON_LIBRARY] = { NULL, library },
	[REASON_CANCELLED] = { "cancelled", NULL },
	[REASON_UNSUPPORTED] = { "this version cannot authenticate in the way that the kernel asks for: update tlshd", NULL },
	[REASON_PSK_UNKNOWN] = { NULL, preshared },
	[REASON_PSK_MISMATCH] = { NULL, preshared },
	[REASON_PSK_FAILED] = { NULL, preshared },
	[REASON_PSK_LOST] = { "the worker had no answer from tlshd when it asked for the pre-shared key: is the machine overloaded?", NULL },
	[REASON_PSK_NO_KEY] = { NULL, preshared },
	[REASON_PSK_HASH] = { NULL, preshared },
	[REASON_KEY_MISMATCH] = { "the certificate and the private key that the mount names do not belong together: give the serial "
				  "numbers of a pair (cert_serial, privkey_serial)", NULL },
	[REASON_CERTIFICATE] = { NULL, library },
	[REASON_REQUEST_CERTIFICATE] = { NULL, requested },
	[REASON_REQUEST_PRIVATE_KEY] = { NULL, requested },
	[REASON_WORKER_LOST] = { "the worker died in the middle of the handshake", NULL },
	[REASON_NO_WORKER] = { "no worker became free before the deadline: too many handshakes at a time, or workers that "
			       "cannot start", NULL },
	[REASON_NOT_TCP] = { "the socket is not a TCP socket: the kernel's consumer asks for what TLS over TCP cannot do", NULL },
	[REASON_SHUTDOWN] = { "tlshd is ending", NULL },
	[REASON_REQUEST] = { "the kernel's request cannot be understood", NULL },
};

void reason_text(const struct report *report, char *text, size_t size)
{
	if (reasons[report->result->reason].fill)
		reasons[report->result->reason].fill(report, text, size);
	else
		snprintf(text, size, "%s", reasons[report->result->reason].sentence);
}
