#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# Each cipher that the kernel's TLS and TLS 1.3 share, chosen by the system's crypto policy: GnuTLS' configuration file
# disables the others. The kernel then says which cipher the connection has.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/cipher.sh"

MNT=/mnt/test

with_cipher()
{
	cipher_allow "$1"
	agent_start server
	agent_start client
	nfs_mount client server.test tls "$MNT"
	proof_tls client "$2"
	proof_tls server "$2"
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	agent_stop client
	agent_stop server
}

# The two ends may have different policies: with nothing in common there is no connection, and no hang.
nothing_in_common()
{
	cipher_allow AES-128-GCM
	agent_start server
	cipher_allow AES-256-GCM
	agent_start client
	nfs_refused client server.test tls "$MNT"
	agent_stop client
	agent_stop server
}

# prefers HOST LIST: beside the usual configuration
prefers()
{
	printf '[service]\nprefer_ciphers=%s\n' "$2" >>"$(agent_dir "$1")/config"
}

# Ours as the client, and ours as the server, whatever the client has first.
preferred()
{
	rm -f /etc/gnutls/config
	agent_x509 server ca server -
	agent_x509 client ca - -
	agent_start server
	prefers client 'AES-128-GCM'
	agent_start client
	nfs_mount client server.test tls "$MNT"
	proof_tls client aes-gcm-128
	nfs_umount client "$MNT"
	agent_stop server
	prefers server 'CHACHA20-POLY1305;AES-256-GCM'
	agent_start server
	nfs_mount client server.test tls "$MNT"
	proof_tls client chacha20-poly1305
	nfs_umount client "$MNT"
	agent_stop client
	agent_stop server
}

plan 6
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - -
attempt nfs-cipher-aes-128-gcm with_cipher AES-128-GCM aes-gcm-128
attempt nfs-cipher-aes-256-gcm with_cipher AES-256-GCM aes-gcm-256
attempt nfs-cipher-chacha20-poly1305 with_cipher CHACHA20-POLY1305 chacha20-poly1305
attempt nfs-cipher-aes-128-ccm with_cipher AES-128-CCM aes-ccm-128
attempt nfs-cipher-nothing-in-common nothing_in_common
attempt nfs-cipher-preferred preferred
