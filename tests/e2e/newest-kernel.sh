#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180 kernel=newest
#
# The newest kernel of the distribution's backports: the same interfaces, some more attributes, and keyrings that older
# kernels do not have.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test

mounts()
{
	comment "Linux $(uname -r)"
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

# An NFS client of this kernel has a keyring for certificates.
keyring()
{
	modprobe nfs
	wait_for 10 grep -Eq ' keyring +\.nfs: ' /proc/keys || give_up "there is no keyring .nfs"
}

plan 2
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_add client
nfs_server_start
nfs_require mtls
agent_x509 server ca server -
agent_x509 client ca - client
agent_start server
agent_start client
attempt newest-kernel-nfs-mtls mounts
attempt newest-kernel-keyring keyring
