#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240 root=trixie
#
# What an export demands is set by exportfs, as an administrator does it: each demand with each kind of mount.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test

# demand XPRTSEC MOUNT...: these mounts succeed, and the others do not
demand()
{
	local mode demanded=$1
	shift
	nfs_export "$demanded"
	exportfs -v | grep -w "xprtsec=$demanded" >/dev/null || give_up "exportfs shows $(exportfs -v)"
	for mode in none tls mtls; do
		if proof_one_of "$mode" "$@"; then
			nfs_mount client server.test $mode "$MNT"
			if [ $mode = none ]; then proof_plain client; else proof_tls client; fi
			nfs_exchange "$MNT"
			nfs_umount client "$MNT"
		else
			nfs_refused client server.test $mode "$MNT"
		fi
	done
}

plan 4
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - client
agent_start server
agent_start client
attempt exportfs-mtls demand mtls mtls
attempt exportfs-tls demand tls tls
attempt exportfs-tls-mtls demand tls:mtls tls mtls
attempt exportfs-none-mtls demand none:mtls none mtls
