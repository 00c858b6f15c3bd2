#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# The name or address in the mount command is what the server's certificate must carry: dNSName for a name, iPAddress
# for an address (RFC 9289, section 5.2.1), and nothing else will do.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test

serve_with()
{
	agent_x509 server ca "$1" -
	agent_start server
}

mount_as()
{
	nfs_mount client "$1" tls "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

plan 10
pki_ca ca
pki_ca stranger
pki_issue all-names ca ecdsa dns=server.test dns=alias.test "ip=$SERVER_IP4" "ip=$SERVER_IP6" server
pki_issue name-only ca ecdsa dns=server.test server
pki_issue expired ca ecdsa dns=server.test server 'from=-20 days' 'to=-2 days'
pki_issue stranger-server stranger ecdsa dns=server.test server
host_add client
host_alias alias.test "$SERVER_IP4"
host_alias six.test "$SERVER_IP6"
host_alias other.test "$SERVER_IP4"
nfs_server_start
agent_x509 client ca - -
agent_start client

serve_with all-names
attempt nfs-names-dns mount_as server.test
attempt nfs-names-second-dns mount_as alias.test
attempt nfs-names-ip4 mount_as "$SERVER_IP4"
attempt nfs-names-ip6 mount_as "$SERVER_IP6"
attempt nfs-names-wrong-name-refused nfs_refused client other.test tls "$MNT"
attempt nfs-names-wrong-name-over-ip6-refused nfs_refused client six.test tls "$MNT"
agent_stop server

serve_with name-only
attempt nfs-names-address-without-san-refused nfs_refused client "$SERVER_IP4" tls "$MNT"
attempt nfs-names-control mount_as server.test
agent_stop server

serve_with expired
attempt nfs-names-expired-refused nfs_refused client server.test tls "$MNT"
agent_stop server

serve_with stranger-server
attempt nfs-names-unknown-authority-refused nfs_refused client server.test tls "$MNT"
