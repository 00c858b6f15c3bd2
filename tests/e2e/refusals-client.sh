#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# What is wrong with a client's certificate: our server says so in one sentence, its consumer gets EACCES, and the client,
# who believes by then that it is connected, the alert that names the fault (RFC 8446, 6.2).
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

PAST='client certificate has expired \(last day: [0-9]{4}-.* UTC\): renew it there'
EARLY='client certificate is not valid yet \(first day: [0-9]{4}-.* UTC\)'
PAST_ABOVE='a CA certificate above the client certificate, from "CN=past" on, has expired: renew the CA certificate'
STRANGE='client certificate was issued by "CN=stranger", and no trust anchor leads there: add that CA to x509.truststore in \[authenticate.server\]'
PURPOSE='client certificate is not made for this use: its extended key usage lacks clientAuth'
USAGE='client certificate may not sign handshakes: its key usage lacks digitalSignature'
WEAK='client certificate, or one of its chain, has a key or a signature algorithm that is too weak'
VIOLATE='NORMAL:-VERS-ALL:+VERS-TLS1.3:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS'

identities()
{
	local i issuer=ca
	pki_ca stranger
	pki_intermediate weak-key ca rsa1024
	pki_intermediate past ca ecdsa '-20 days' '-2 days'
	PKI_HASH=sha1 pki_intermediate weak-hash ca
	pki_issue good ca ecdsa client
	pki_issue expired ca ecdsa client 'from=-20 days' 'to=-2 days'
	pki_issue below-past past ecdsa client
	pki_issue early ca ecdsa client 'from=+2 days' 'to=+20 days'
	pki_issue stranger-client stranger ecdsa client
	pki_issue for-servers ca ecdsa server
	pki_issue for-encryption ca rsa client usage=encryption_key
	pki_issue short-key ca rsa1024 client
	pki_issue below-weak-key weak-key ecdsa client
	pki_issue below-weak-hash weak-hash ecdsa client
	pki_issue large ca ecdsa client "line=$(pki_padding 133000)"
	for i in 1 2 3; do
		pki_intermediate "step$i" "$issuer"
		issuer=step$i
	done
	pki_issue long step3 ecdsa client
}

# The control of all that follows.
accepted()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_visit gnutls $(peer_identity good)
	request_was 0
	log_says 'handshake with client .* succeeded: x509, .* peer "CN=good"'
	peer_was end served
}

# Who shows another's certificate without its key.
thief()
{
	begin
	peer_visit gnutls "certificate=$PKI/good.chain" "key=$PKI/expired.key"
	request_was 13
	log_says "handshake with client .* failed: the client certificate is not the peer's own: .*\\[EACCES"
	peer_was shake ok
	peer_was alert $ALERT_DECRYPT_ERROR
}

# refuses_us LIBRARY ALERT ADVICE: a client that does not trust our certificate, and says so
refuses_us()
{
	begin
	peer_visit "$1" "trust=$PKI/stranger.crt"
	request_was 13
	peer_was shake failed
	log_says "handshake with client .* failed: the peer refused with alert $2 .*: $3.*\\[EACCES"
}

plan 18
fault_setup
identities
pki_issue revoked ca ecdsa dns=client.test client
pki_revoke list ca revoked
fault_config max_certificates=3
printf '[authenticate.server]\nx509.crl=%s\n' "$PKI/list.crl" >>"$(agent_dir server)/config"
agent_start server
attempt refusals-client-none-wrong accepted
attempt refusals-client-expired client_refused gnutls expired $ALERT_CERTIFICATE_EXPIRED "$PAST"
attempt refusals-client-expired-above client_refused gnutls below-past $ALERT_CERTIFICATE_EXPIRED "$PAST_ABOVE"
attempt refusals-client-not-yet-valid client_refused gnutls early $ALERT_CERTIFICATE_EXPIRED "$EARLY"
attempt refusals-client-unknown-authority client_refused gnutls stranger-client $ALERT_UNKNOWN_CA "$STRANGE"
attempt refusals-client-revoked client_refused gnutls revoked $ALERT_CERTIFICATE_REVOKED \
	'client certificate, or one of its chain, is revoked'
attempt refusals-client-purpose client_refused gnutls for-servers $ALERT_UNSUPPORTED_CERTIFICATE "$PURPOSE"
attempt refusals-client-usage client_refused gnutls for-encryption $ALERT_UNSUPPORTED_CERTIFICATE "$USAGE" "policy=$VIOLATE"
attempt refusals-client-usage-openssl client_refused openssl for-encryption $ALERT_UNSUPPORTED_CERTIFICATE "$USAGE"
attempt refusals-client-expired-openssl client_refused openssl expired $ALERT_CERTIFICATE_EXPIRED "$PAST"
attempt refusals-client-short-key client_refused gnutls short-key $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-client-short-key-above client_refused gnutls below-weak-key $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-client-sha1-above client_refused gnutls below-weak-hash $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-client-long-chain client_refused gnutls long $ALERT_CERTIFICATE_UNKNOWN \
	"the peer's chain has more than 3 certificates: shorten it there, or raise max_certificates here"
attempt refusals-client-large-chain client_refused gnutls large $ALERT_DECODE_ERROR \
	'the peer sent a handshake message over the limit \(max_message 131072,'
attempt refusals-client-other-key thief
attempt refusals-client-refuses-us refuses_us gnutls $ALERT_BAD_CERTIFICATE 'it does not accept our certificate'
attempt refusals-client-refuses-us-openssl refuses_us openssl $ALERT_UNKNOWN_CA 'it does not trust our certificate.s issuer'
