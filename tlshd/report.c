// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The one line for each handshake.
 */
#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "log.h"
#include "reason.h"
#include "report.h"
#include "socket.h"

bool report_is_client(const struct report *report)
{
	return report->request->role == PROTO_ROLE_CLIENT;
}

static const char *status_name(uint32_t status)
{
	const char *name = strerrorname_np(status);

	return status == 0 ? "success" : name ? name : "an unknown status";
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

/* "client 192.0.2.7:811" on the server's side, "server nfs1 (192.0.2.7:2049)" on the client's. */
static void describe_peer(const struct report *report, char *text, size_t size)
{
	const char *peer = report->peer[0] ? report->peer : "address unknown";

	if (report_is_client(report) && report->request->peername[0])
		snprintf(text, size, "server %s (%s)", report->request->peername, peer);
	else
		snprintf(text, size, "%s %s", report_is_client(report) ? "server" : "client", peer);
}

static void describe_certificate(const struct proto_result *result, char *text, size_t size)
{
	char date[40];

	text[0] = '\0';
	if (!result->peer_serial[0])
		return;
	reason_date(result->peer_not_after, date, sizeof(date));
	snprintf(text, size, ", peer \"%s\" san \"%s\" serial %s expires %s", result->peer_subject, result->peer_san,
		 result->peer_serial, date);
}

/* Sentences about pre-shared keys that name the identity, or the keys that cannot be used, themselves. */
static bool says_it_itself(uint32_t reason)
{
	return reason == REASON_PSK_UNKNOWN || reason == REASON_PSK_MISMATCH || reason == REASON_PSK_FAILED ||
	       reason == REASON_PSK_NO_KEY || reason == REASON_PSK_HASH;
}

/* The identity that was offered or agreed on, and the keys that were passed over on the way there. */
static void describe_psk(const struct report *report, char *text, size_t size)
{
	text[0] = '\0';
	if (report->request->auth != PROTO_AUTH_PSK || says_it_itself(report->result->reason))
		return;
	if (report->identity[0])
		snprintf(text, size, ", identity \"%s\"", report->identity);
	if (report->left_out[0])
		snprintf(text + strlen(text), size - strlen(text), ", not usable: %s", report->left_out);
}

void report_line(const struct report *report, char *line, size_t size)
{
	const struct proto_result *result = report->result;
	char peer[PROTO_NAME_MAX + SOCKET_ADDRESS_MAX], certificate[1200], reason[REASON_TEXT_MAX], session[160] = "";
	char psk[PROTO_PSK_IDENTITY_MAX + 320];

	describe_peer(report, peer, sizeof(peer));
	describe_certificate(result, certificate, sizeof(certificate));
	describe_psk(report, psk, sizeof(psk));
	if (result->cipher[0])
		snprintf(session, sizeof(session), ", %s %s %s %s", result->version, result->cipher, result->group,
			 result->signature[0] ? result->signature : report->request->auth == PROTO_AUTH_PSK ? "no certificate" : "no signature");
	if (result->status == 0) {
		snprintf(line, size, "handshake with %s succeeded: %s%s%s%s, %" PRId64 " ms%s", peer,
			 auth_name(report->request->auth), psk, session, certificate, report->duration_ms,
			 report->ended ? "; but the connection had ended by then" : "");
		return;
	}
	reason_text(report, reason, sizeof(reason));
	snprintf(line, size, "handshake with %s failed: %s [%s, %s%s%s%s, %" PRId64 " ms%s]", peer, reason,
		 status_name(result->status), auth_name(report->request->auth), psk, session, certificate, report->duration_ms,
		 report->ended ? ", connection ended" : "");
}

void report_log(const struct report *report)
{
	const struct proto_result *result = report->result;
	char line[4400], reason[REASON_TEXT_MAX], duration[24], expires[40] = "";

	report_line(report, line, sizeof(line));
	reason_text(report, reason, sizeof(reason));
	snprintf(duration, sizeof(duration), "%" PRId64, report->duration_ms);
	if (result->peer_serial[0])
		reason_date(result->peer_not_after, expires, sizeof(expires));
	const struct log_field fields[] = {
		{ "TLSHD_ROLE", report_is_client(report) ? "client" : "server" },
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
		{ "TLSHD_PSK_IDENTITY", report->identity },
		{ "TLSHD_PSK_NOT_USABLE", report->left_out },
		{ "TLSHD_DURATION_MS", duration },
	};
	log_event(result->status == 0 ? LOG_INFO : LOG_WARNING, fields, sizeof(fields) / sizeof(fields[0]), line);
}
