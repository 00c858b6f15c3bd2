#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# Mutual TLS between two hosts, each with an agent of its own, for each pair of key types. The server's export demands
# xprtsec=mtls, so a mount proves that the server's agent told its kernel that the peer is authenticated.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test
TYPES='rsa ecdsa ed25519'

identities()
{
	local type
	pki_ca ca
	pki_ca stranger
	pki_intermediate below ca
	for type in $TYPES; do
		pki_issue "server-$type" ca "$type" dns=server.test server
		pki_issue "client-$type" ca "$type" dns=client.test client
	done
	pki_issue client-chain below ecdsa dns=client.test client
	pki_issue client-stranger stranger ecdsa dns=client.test client
}

mutual()
{
	agent_x509 client ca - "$1"
	agent_start client
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	agent_stop client
}

# A client that shows no certificate has a good TLS connection, but the export is closed to it.
anonymous_refused()
{
	agent_x509 client ca - client-ecdsa
	agent_start client
	nfs_refused client server.test tls "$MNT"
	nfs_refused client server.test none "$MNT"
	agent_stop client
}

# A certificate from an authority that the server does not know.
stranger_refused()
{
	agent_x509 client ca - client-stranger
	agent_start client
	nfs_refused client server.test mtls "$MNT"
	agent_stop client
}

# xprtsec=mtls without an identity must not fall back to an anonymous client.
no_identity_refused()
{
	agent_x509 client ca - -
	agent_start client
	nfs_refused client server.test mtls "$MNT"
	agent_stop client
}

plan 13
identities
host_add client
nfs_server_start
nfs_require mtls
for server in $TYPES; do
	agent_x509 server ca "server-$server" -
	agent_start server
	for client in $TYPES; do
		attempt "nfs-mtls-server-$server-client-$client" mutual "client-$client"
	done
done
attempt nfs-mtls-intermediate mutual client-chain
attempt nfs-mtls-anonymous-refused anonymous_refused
attempt nfs-mtls-stranger-refused stranger_refused
attempt nfs-mtls-no-identity-refused no_identity_refused
