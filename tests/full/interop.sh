#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=360 root=forky kernel=newest
#
# ktls-utils' agent at the other end, as its package installs it: theirs on the client and ours on the server, and the other
# way round. Theirs needs a kernel as new as itself.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test
THEIRS=$WORK/ktls-utils-tlshd

# start HOST ours|theirs
start()
{
	case $2 in
	ours) agent_start "$1" ;;
	theirs) TLSHD_BIN=$THEIRS agent_start "$1" ;;
	esac
}

is_program()
{
	[ "/proc/$(agent_pid "$1")/exe" -ef "$2" ] || give_up "the agent of $1 is $(readlink "/proc/$(agent_pid "$1")/exe")"
}

# mounted MODE TYPE: with this type of key on both sides
mounted()
{
	nfs_export "$1"
	nfs_mount client server.test "$1" "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

# agents SERVER CLIENT TYPE: a mount of each kind, and one more by a client whom the server does not know
agents()
{
	agent_x509 server ca "server-$3" -
	agent_x509 client ca - "client-$3"
	start server "$1"
	start client "$2"
	if [ "$1" = theirs ]; then is_program server "$THEIRS"; else is_program client "$THEIRS"; fi
	mounted tls
	mounted mtls
	agent_stop client
	agent_x509 client ca - stranger
	start client "$2"
	nfs_refused client server.test mtls "$MNT"
	agent_stop client
	agent_stop server
}

plan 6
cp /usr/sbin/tlshd "$THEIRS"
comment "$(dpkg-query -W ktls-utils | tr '\t' ' '), $(dpkg-query -W libgnutls30t64 | tr '\t' ' ')"
agent_install
! cmp -s "$THEIRS" "$TLSHD_BIN" || give_up "theirs is ours"
pki_ca ca
pki_ca others
pki_issue stranger others ecdsa dns=client.test client
for type in rsa ecdsa ed25519; do
	pki_issue server-$type ca $type dns=server.test server
	pki_issue client-$type ca $type dns=client.test client
done
host_add client
nfs_server_start
for type in rsa ecdsa ed25519; do
	attempt interop-server-ours-client-theirs-$type agents ours theirs $type
	attempt interop-server-theirs-client-ours-$type agents theirs ours $type
done
