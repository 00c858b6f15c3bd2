#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# Peers of two libraries in both roles, with certificates on both sides, and a whole mount through each: also with what a
# peer may send that the kernel's consumer has to see untouched, or to pass over.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

TYPE_HANDSHAKE=HANDSHAKE	# the kernel's name for a record with a handshake message

# use_mount MODE: through the peer, with what is written and read
use_mount()
{
	nfs_mount server server.test "$1" "$MNT" "port=$PEER_PORT"
	nfs_exchange "$MNT"
	cp /proc/self/mountstats "$WORK/mountstats"
	umount "$MNT"
	peer_end
}

# with_client LIBRARY IDENTITY [OPTION...]: the peer is the client of our server, and lends its TLS to a mount without
with_client()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start "$1" client 2049 $(peer_identity "$2") "trust=$PKI/ca.crt" "relay=$PEER_PORT" "${@:3}"
	use_mount none
	request_was 0
	peer_was shake ok
	peer_was end relayed
	log_says "handshake with client .* succeeded: x509, TLS1.3 .* peer \"CN=$2\""
}

# with_server LIBRARY IDENTITY [OPTION...]: the peer is the server of our client, with certificates on both sides
with_server()
{
	begin handshake/tls_contenttype
	# shellcheck disable=SC2046 # two arguments
	peer_start "$1" server $PEER_PORT $(peer_identity "$2") "trust=$PKI/ca.crt" ask relay=2049 "${@:3}"
	use_mount mtls
	request_was 0
	peer_was shake ok
	peer_was end relayed
	log_says "handshake with server server.test .* succeeded: x509, TLS1.3 .* peer \"CN=$2\""
}

# Tickets come behind the handshake, so it is the kernel that finds them among its records.
tickets()
{
	with_server "$1" server tickets
	[ "$(peer_value tickets)" -ge 1 ] || give_up "the server sent no ticket"
	grep "tls_contenttype: .* $TYPE_HANDSHAKE" $TRACE/trace >/dev/null || give_up "the kernel saw no ticket"
}

# The server's first data is there before our client has ended the handshake. It is a reply that nobody waits for: the
# kernel's consumer counts it, and what follows is in order.
early_data()
{
	local unknown
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start "$1" server $PEER_PORT $(peer_identity server) early relay=2049
	use_mount tls
	request_was 0
	unknown=$(awk '$1 == "xprt:" && $2 == "tcp" { print $10; exit }' "$WORK/mountstats")
	comment "$(grep -m 1 'xprt:' "$WORK/mountstats")"
	[ "$unknown" = 1 ] || give_up "the client counts ${unknown:-no} replies that it did not wait for, not 1"
}

# As many certificates as are allowed, and next to no byte below the limit of a message.
limits()
{
	local i issuer=ca size=0
	for i in 1 2 3; do
		pki_intermediate "step$i" "$issuer"
		issuer=step$i
		size=$((size + $(pki_size "step$i")))
	done
	pki_issue short step3 ecdsa dns=server.test client server "line=$(pki_padding 1000)"
	size=$((131072 - size - $(pki_size short) + 1000 - 100))
	pki_issue longest step3 ecdsa dns=server.test client server "line=$(pki_padding $size)"
}

# pki_size NAME: bytes of DER
pki_size()
{
	certtool --certificate-info --outder --infile "$PKI/$1.crt" --outfile "$WORK/der" >/dev/null 2>&1
	stat -c %s "$WORK/der"
}

plan 10
fault_setup
pki_issue client ca ecdsa client
limits
agent_x509 server ca server client
echo max_certificates=4 >>"$(agent_dir server)/config"
agent_start server
for library in gnutls openssl; do
	attempt interop-peers-client-$library with_client $library client
	attempt interop-peers-server-$library with_server $library server
	attempt interop-peers-tickets-$library tickets $library
	attempt interop-peers-early-data-$library early_data $library
done
attempt interop-peers-longest-chain-of-client with_client gnutls longest
attempt interop-peers-longest-chain-of-server with_server gnutls longest
