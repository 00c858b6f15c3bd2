#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# What is wrong with a server's certificate: our client says so in one sentence, the mount fails with EACCES, and the
# server gets the alert that names the fault (RFC 8446, 6.2).
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

PAST='server certificate has expired \(last day: [0-9]{4}-.* UTC\): renew it there'
EARLY='server certificate is not valid yet \(first day: [0-9]{4}-.* UTC\)'
PAST_ABOVE='a CA certificate above the server certificate, from "CN=past" on, has expired: renew the CA certificate'
STRANGE='server certificate was issued by "CN=stranger", and no trust anchor leads there: add that CA to x509.truststore in \[authenticate.client\]'
PURPOSE='server certificate is not made for this use: its extended key usage lacks serverAuth'
USAGE='server certificate may not sign handshakes: its key usage lacks digitalSignature'
WEAK='server certificate, or one of its chain, has a key or a signature algorithm that is too weak'
OTHER_NAME='server certificate names DNS:server.test, not other.test: mount by that name, or add the SAN DNS:other.test'
NO_ADDRESS='server certificate names DNS:server.test, not 127.0.0.1: mount by that name, or add the SAN IP:127.0.0.1'
VIOLATE='NORMAL:-VERS-ALL:+VERS-TLS1.3:%DEBUG_ALLOW_KEY_USAGE_VIOLATIONS'

# ours NAME ISSUER TYPE [OPTION...]: an identity with the right name
ours()
{
	pki_issue "$1" "$2" "$3" dns=server.test "${@:4}"
}

identities()
{
	local i issuer=ca
	pki_ca stranger
	pki_intermediate weak-key ca rsa1024
	pki_intermediate past ca ecdsa '-20 days' '-2 days'
	PKI_HASH=sha1 pki_intermediate weak-hash ca
	ours good ca ecdsa server
	ours expired ca ecdsa server 'from=-20 days' 'to=-2 days'
	ours below-past past ecdsa server
	ours early ca ecdsa server 'from=+2 days' 'to=+20 days'
	ours stranger-server stranger ecdsa server
	ours for-clients ca ecdsa client
	ours for-encryption ca rsa server usage=encryption_key
	ours short-key ca rsa1024 server
	ours below-weak-key weak-key ecdsa server
	ours below-weak-hash weak-hash ecdsa server
	ours large ca ecdsa server "line=$(pki_padding 133000)"
	for i in 1 2 3; do
		pki_intermediate "step$i" "$issuer"
		issuer=step$i
	done
	ours long step3 ecdsa server
}

# The control of all that follows: the same server, with nothing wrong, carries a mount.
accepted()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start gnutls server $PEER_PORT $(peer_identity good) relay=2049
	nfs_mount server server.test tls "$MNT" "port=$PEER_PORT"
	umount "$MNT"
	peer_end
	request_was 0
	log_says 'handshake with server server.test .* succeeded: unauthenticated, .* peer "CN=good" san "DNS:server.test"'
	peer_was end relayed
}

# Who shows another's certificate without its key.
thief()
{
	begin
	peer_start gnutls server $PEER_PORT "certificate=$PKI/good.chain" "key=$PKI/expired.key"
	mount_fails server.test
	peer_end
	request_was 13
	log_says "handshake with server server.test .* failed: the server certificate is not the peer's own: .*\\[EACCES"
	peer_was shake refused
	peer_was alert $ALERT_DECRYPT_ERROR
}

plan 17
fault_setup
host_alias other.test 127.0.0.1
identities
ours revoked ca ecdsa server
pki_revoke list ca revoked
fault_config max_certificates=3
printf '[authenticate.client]\nx509.crl=%s\n' "$PKI/list.crl" >>"$(agent_dir server)/config"
agent_start server
attempt refusals-server-none-wrong accepted
attempt refusals-server-expired server_refused gnutls expired server.test $ALERT_CERTIFICATE_EXPIRED "$PAST"
attempt refusals-server-expired-above server_refused gnutls below-past server.test $ALERT_CERTIFICATE_EXPIRED \
	"$PAST_ABOVE"
attempt refusals-server-not-yet-valid server_refused gnutls early server.test $ALERT_CERTIFICATE_EXPIRED "$EARLY"
attempt refusals-server-name server_refused gnutls good other.test $ALERT_BAD_CERTIFICATE "$OTHER_NAME"
attempt refusals-server-address server_refused gnutls good 127.0.0.1 $ALERT_BAD_CERTIFICATE "$NO_ADDRESS"
attempt refusals-server-unknown-authority server_refused gnutls stranger-server server.test $ALERT_UNKNOWN_CA "$STRANGE"
attempt refusals-server-revoked server_refused gnutls revoked server.test $ALERT_CERTIFICATE_REVOKED \
	'server certificate, or one of its chain, is revoked'
attempt refusals-server-purpose server_refused gnutls for-clients server.test $ALERT_UNSUPPORTED_CERTIFICATE "$PURPOSE"
attempt refusals-server-usage server_refused gnutls for-encryption server.test $ALERT_UNSUPPORTED_CERTIFICATE "$USAGE" \
	"policy=$VIOLATE"
attempt refusals-server-usage-openssl server_refused openssl for-encryption server.test $ALERT_UNSUPPORTED_CERTIFICATE "$USAGE"
attempt refusals-server-short-key server_refused gnutls short-key server.test $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-server-short-key-above server_refused gnutls below-weak-key server.test $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-server-sha1-above server_refused gnutls below-weak-hash server.test $ALERT_BAD_CERTIFICATE "$WEAK"
attempt refusals-server-long-chain server_refused gnutls long server.test $ALERT_CERTIFICATE_UNKNOWN \
	"the peer's chain has more than 3 certificates: shorten it there, or raise max_certificates here"
attempt refusals-server-large-chain server_refused gnutls large server.test $ALERT_DECODE_ERROR \
	'the peer sent a handshake message over the limit \(max_message 131072,'
attempt refusals-server-other-key thief
