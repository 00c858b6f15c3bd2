#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# Peers of both roles with which no handshake is possible: an older version, nothing in common, one that drips its bytes, or
# leaves after any of its records. What a retry may cure is answered with ETIMEDOUT, the rest with EACCES.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

CLIENT_TIMEOUT=3000
FOREIGN='NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-CCM-8'
OLD='the peer offers no TLS 1.3, and no other version will do'
SMALL='the peer takes small records only, and this kernel cannot keep to that'
LEFT='the (peer closed the connection|connection broke) in the middle of the handshake'

# client_hears ALERT SENTENCE LIBRARY OPTION...: a client that our server has to refuse before it has seen a certificate
client_hears()
{
	begin
	peer_visit "${@:3}"
	request_was 13
	log_says "handshake with client .* failed: $2.*\\[EACCES"
	peer_was shake refused
	peer_was alert "$1"
}

# server_refuses SENTENCE LIBRARY OPTION...: a server that refuses our client; its sentence has the alert
server_refuses()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start "$2" server $PEER_PORT $(peer_identity server) "${@:3}"
	mount_fails server.test
	peer_end
	request_was 13
	log_says "handshake with server server.test .* failed: $1.*\\[EACCES"
	peer_was shake failed
}

# rude_server MODE STATUS ALERT SENTENCE: of the tool peer, which knows no TLS
rude_server()
{
	begin
	"$(fault_tool peer)" server 127.0.0.1 $PEER_PORT "$1" count=1 seconds=20 </dev/null >"$WORK/peers-rude" 2>&1 &
	echo "$!" >"$WORK/peers-rude.pid"
	wait_for 10 grep -q listening "$WORK/peers-rude" || give_up "the server does not listen"
	mount_fails server.test
	peers_stop rude
	request_was "$2"
	log_says "handshake with server server.test .* failed: $4"
	[ "$(peers_value rude alert)" = "$3" ] || give_up "the server got the alert $(peers_value rude alert), not $3"
	[ "$(requests_took "$2")" -le $((CLIENT_TIMEOUT + 1000)) ] || give_up "the answer took $(requests_took "$2") ms"
}

# answered STEPS: each of so many requests with what may be tried again; the one whose peer sent everything may be good
answered()
{
	local bad
	requests_sound
	comment "$(requests | awk '{ print $3 }' | tr '\n' ' ')"
	[ "$(requests | wc -l)" -ge "$1" ] || give_up "only $(requests | wc -l) requests for $1 peers"
	bad=$(requests | awk -v last="$1" '$3 != "110" && $3 != "cancelled" && !(NR >= last && $3 == "0")' | head -n 1)
	[ -z "$bad" ] || give_up "another status: $bad"
	! log_since 'handshake with .* failed' | grep -vE "$LEFT.*\\[ETIMEDOUT" || give_up "another sentence in the log"
}

# client_leaves OPTION...: a client sends hello, ChangeCipherSpec, Certificate, CertificateVerify and Finished
client_leaves()
{
	local records count=0
	begin
	for records in 1 2 3 4 5; do
		# shellcheck disable=SC2046 # two arguments
		[ $records -eq 5 ] || peer_visit gnutls $(peer_identity client) "leave=$records" half "$@"
		# shellcheck disable=SC2046 # two arguments
		peer_visit gnutls $(peer_identity client) "leave=$records" "$@"
		count=$((count + 2))
	done
	peer_was records 5
	peer_was shake left
	answered $((count - 1))
}

# server_leaves RECORDS OPTION...: a server sends hello, ChangeCipherSpec, EncryptedExtensions, Certificate, CertificateVerify and
# Finished. RECORDS says after which of them it leaves.
server_leaves()
{
	local records
	begin
	for records in $1; do
		# shellcheck disable=SC2046 # two arguments
		peer_start gnutls server $PEER_PORT $(peer_identity server) "leave=$records" "${@:2}"
		mount_fails server.test
		peer_end
		peer_was records $records
	done
	peer_was shake left
	# shellcheck disable=SC2086 # a list
	answered "$(wc -w <<<$1)"
}

# The other side has shaken hands by then: its Finished is there before our keys are made.
small_client()
{
	begin
	peer_visit gnutls record=2048
	request_was 13
	log_says "handshake with client .* failed: $SMALL.*\\[EACCES"
	peer_was end alerted
	peer_was alert $ALERT_HANDSHAKE_FAILURE
}

small_server()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start gnutls server $PEER_PORT $(peer_identity server) record=2048
	mount_fails server.test
	peer_end
	request_was 13
	log_says "handshake with server server.test .* failed: $SMALL.*\\[EACCES"
	peer_was alert $ALERT_HANDSHAKE_FAILURE
}

# server_gone MODE: a server that agrees to TLS and leaves without a word of it
server_gone()
{
	begin
	"$(fault_tool peer)" server 127.0.0.1 $PEER_PORT "$1" count=1 seconds=20 </dev/null >"$WORK/peers-gone" 2>&1 &
	echo "$!" >"$WORK/peers-gone.pid"
	wait_for 10 grep -q listening "$WORK/peers-gone" || give_up "the server does not listen"
	mount_fails server.test
	peers_stop gone
	answered 1
}

plan 17
fault_setup
pki_issue client ca ecdsa client
fault_config client_timeout_ms=$CLIENT_TIMEOUT
agent_start server
attempt refusals-protocol-old-client client_hears $ALERT_PROTOCOL_VERSION "$OLD" gnutls old
attempt refusals-protocol-old-client-openssl client_hears $ALERT_PROTOCOL_VERSION "$OLD" openssl old
attempt refusals-protocol-foreign-cipher client_hears $ALERT_HANDSHAKE_FAILURE \
	'no TLS 1.3 cipher, group or signature in common with the peer' gnutls "policy=$FOREIGN"
attempt refusals-protocol-old-server server_refuses \
	'the peer refused with alert 40 .*: it found no TLS 1.3, or no cipher, group or signature in common' gnutls old
attempt refusals-protocol-old-server-openssl server_refuses \
	'the peer refused with alert 70 .*: it does not speak TLS 1.3' openssl old
attempt refusals-protocol-foreign-cipher-of-server server_refuses \
	'the peer refused with alert 40 .*: it found no TLS 1.3, or no cipher, group or signature in common' gnutls "policy=$FOREIGN"
attempt refusals-protocol-server-chooses-old rude_server old-hello 13 $ALERT_PROTOCOL_VERSION "$OLD"
attempt refusals-protocol-server-drips rude_server drip 110 $ALERT_INTERNAL_ERROR \
	'the handshake was not finished within its deadline: the peer, or the network, is slow or silent \[ETIMEDOUT'
attempt refusals-protocol-client-closes client_leaves
attempt refusals-protocol-client-resets client_leaves reset
attempt refusals-protocol-server-closes server_leaves '1 2 3 4 5 6'
attempt refusals-protocol-server-resets server_leaves '1 2 3 4 5 6' reset
attempt refusals-protocol-server-closes-at-once server_gone close-agreed
attempt refusals-protocol-server-resets-at-once server_gone reset-agreed
attempt refusals-protocol-small-records-of-client small_client
attempt refusals-protocol-small-records-of-server small_server
attempt refusals-protocol-still-works mount_works
