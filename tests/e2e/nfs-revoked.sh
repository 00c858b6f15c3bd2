#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# Revocation lists: a client whose certificate is on the server's list is refused, with the reason on the server; the same
# the other way round, where the alert reaches the server's agent, too; a new list is in force after SIGHUP, and one that
# cannot be read leaves the old one in force.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test

# lists NAME: the server's list from now on
lists()
{
	cp "$PKI/$1.crl" "$PKI/current.crl"
}

# reload_server PATTERN: SIGHUP, and wait for what the log says of it
reload_server()
{
	local before
	before=$(grep -cE -- "$1" "$(agent_log server)" || true)
	kill -HUP "$(agent_pid server)"
	agent_logs server "$1" $((before + 1))
}

client_is()
{
	agent_x509 client ca - "$1"
	agent_start client
}

revoked_client()
{
	client_is bad
	nfs_refused client server.test mtls "$MNT"
	agent_logs server 'client 192.0.2.* failed: client certificate, or one of its chain, is revoked \(x509.crl in \[authenticate.server\]\)' 1
	agent_stop client
}

good_client()
{
	client_is good
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_umount client "$MNT"
	agent_stop client
}

new_list()
{
	lists second
	reload_server 'READY: serving'
	client_is good
	nfs_refused client server.test mtls "$MNT"
	agent_stop client
	client_is bad
	nfs_mount client server.test mtls "$MNT"
	nfs_umount client "$MNT"
	agent_stop client
}

# What cannot be read changes nothing: he who was revoked stays so.
broken_list()
{
	head -c 200 "$PKI/first.crl" >"$PKI/current.crl"
	reload_server 'current.crl:1: a revocation list begins here and has no END line'
	: >"$PKI/current.crl"
	reload_server 'current.crl: the file is empty, so nobody would be refused'
	rm "$PKI/current.crl"
	reload_server 'x509.crl: .*current.crl: no such file'
	client_is good
	nfs_refused client server.test mtls "$MNT"
	agent_stop client
}

revoked_server()
{
	agent_x509 client ca - good "client:x509.crl=$PKI/servers.crl"
	agent_start client
	nfs_refused client server.test tls "$MNT"
	agent_logs client 'server server.test .* failed: server certificate, or one of its chain, is revoked \(x509.crl in \[authenticate.client\]\)' 1
	agent_logs server 'client 192.0.2.* failed: .*alert.*[Rr]evoked' 1
	agent_stop client
}

plan 5
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue good ca ecdsa dns=client.test client
pki_issue bad ca ecdsa dns=client.test client
pki_revoke first ca bad
pki_revoke second ca good
pki_revoke servers ca server
host_add client
nfs_server_start
nfs_require mtls
lists first
agent_x509 server ca server - "server:x509.crl=$PKI/current.crl"
agent_start server
attempt nfs-revoked-client revoked_client
attempt nfs-revoked-other-client good_client
attempt nfs-revoked-new-list new_list
attempt nfs-revoked-broken-list broken_list
attempt nfs-revoked-server revoked_server
