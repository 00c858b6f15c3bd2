#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240 root=trixie
#
# A peer that has shown who it is is expected to send no padding, and its data go to where the reader wants them with one copy
# less; an anonymous one is not, because it could make the kernel decrypt all that it sends twice. ss(8) of older releases
# does not say which of both a socket does.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test

# expects HOST no_pad_rx|-
expects()
{
	local line count=0
	while read -r line; do
		[ -n "$line" ] || continue
		count=$((count + 1))
		case "$2 $line" in
		no_pad_rx\ *\ no_pad_rx*) ;;
		-\ *\ no_pad_rx*) give_up "$1 expects no padding of somebody unknown: $line" ;;
		no_pad_rx\ *) give_up "$1 expects padding of a peer that it knows: $line" ;;
		esac
	done <<<"$(proof_sockets "$1")"
	[ "$count" -gt 0 ] || give_up "no NFS connection on $1"
}

# mounted tls|mtls SERVER: what the server expects of its client; a client always knows its server
mounted()
{
	nfs_mount client server.test "$1" "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	expects client no_pad_rx
	expects server "$2"
	nfs_umount client "$MNT"
	[ "$(awk '$1 == "TlsDecryptRetry" { print $2 }' /proc/net/tls_stat)" = 0 ] || give_up "the kernel decrypted records twice"
}

plan 2
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - client
agent_start server
agent_start client
attempt no-padding-anonymous mounted tls -
attempt no-padding-mutual mounted mtls no_pad_rx
