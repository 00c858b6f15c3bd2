#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180 kernel=newest
#
# A peer that takes small records only (RFC 8449), and a kernel that can keep to that: whole mounts through such a peer,
# whose library ends the connection at the first record that is larger.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

# What is read and written is many times as large as a record.
use_mount()
{
	nfs_mount server server.test "$1" "$MNT" "port=$PEER_PORT"
	nfs_exchange "$MNT"
	umount "$MNT"
	peer_end
	request_was 0
	peer_was shake ok
	peer_was end relayed
}

# of_client SIZE: our server keeps to what the client takes
of_client()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start gnutls client 2049 $(peer_identity client) "relay=$PEER_PORT" "record=$1"
	use_mount none
	log_says 'handshake with client .* succeeded: x509, .* peer "CN=client"'
}

of_server()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start gnutls server $PEER_PORT $(peer_identity server) relay=2049 "record=$1"
	use_mount tls
	log_says 'handshake with server server.test .* succeeded'
}

plan 4
fault_setup
pki_issue client ca ecdsa client
agent_x509 server ca server -
agent_start server
for size in 512 4096; do
	attempt record-size-of-client-$size of_client $size
	attempt record-size-of-server-$size of_server $size
done
