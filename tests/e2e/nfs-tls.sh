#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180
#
# An NFS export mounted with xprtsec=tls, for each type of server key, directly under the authority and below an
# intermediate one. Both ends live in one network namespace and are served by one agent.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MARKER=this-text-must-not-cross-the-wire
MNT=/mnt/test

identities()
{
	local type
	pki_ca ca
	pki_intermediate below ca
	for type in rsa ecdsa ed25519; do
		pki_issue "direct-$type" ca "$type" dns=server.test ip=127.0.0.1 server
	done
	pki_issue chain-ecdsa below ecdsa dns=server.test server
}

mount_with()
{
	agent_x509 server ca "$1" -
	agent_start server
	nfs_mount server server.test tls "$MNT"
	proof_tls server
	nfs_exchange "$MNT"
	nfs_umount server "$MNT"
	agent_stop server
}

# The same write over a plain mount shows that the capture would find the text.
wire()
{
	local capture=$WORK/capture.$1
	proof_capture_start server lo 127.0.0.1 "$capture"
	nfs_mount server server.test "$1" "$MNT"
	echo "$MARKER" >"$MNT/marker"
	sync -f "$MNT/marker"
	grep -q "$MARKER" "$NFS_EXPORT/marker"
	[ "$1" = tls ] || proof_plain server
	nfs_umount server "$MNT"
	proof_capture_stop "$capture"
}

wire_is_encrypted()
{
	local tx rx
	agent_x509 server ca direct-ecdsa -
	agent_start server
	tx=$(proof_counter server TlsTxSw)
	rx=$(proof_counter server TlsRxSw)
	wire tls
	proof_wire_lacks "$WORK/capture.tls" "$MARKER"
	[ "$(proof_counter server TlsTxSw)" -ge $((tx + 2)) ] || give_up "the kernel did not count two TLS senders"
	[ "$(proof_counter server TlsRxSw)" -ge $((rx + 2)) ] || give_up "the kernel did not count two TLS receivers"
	wire none
	proof_wire_has "$WORK/capture.none" "$MARKER"
	agent_stop server
}

plan 5
identities
host_alias server.test 127.0.0.1
nfs_server_start
attempt nfs-tls-rsa mount_with direct-rsa
attempt nfs-tls-ecdsa mount_with direct-ecdsa
attempt nfs-tls-ed25519 mount_with direct-ed25519
attempt nfs-tls-intermediate mount_with chain-ecdsa
attempt nfs-tls-wire wire_is_encrypted
