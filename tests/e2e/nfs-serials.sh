#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300 kernel=newest
#
# A mount that names its certificate and private key by their serial numbers in the kernel's keyring .nfs. The client's
# configuration has neither.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/keyring.sh"

MNT=/mnt/test
NFS_KEYS=%keyring:.nfs

# import IDENTITY: both halves in DER; leaves $WORK/IDENTITY.serials
import()
{
	pki_certtool --certificate-info --infile "$PKI/$1.crt" --outder --outfile "$WORK/$1.crt.der"
	pki_certtool --key-info --infile "$PKI/$1.key" --outder --outfile "$WORK/$1.key.der"
	echo "$(keyring_add user "$1:cert" "$WORK/$1.crt.der" "$NFS_KEYS") $(keyring_add user "$1:key" "$WORK/$1.key.der" "$NFS_KEYS")" >"$WORK/$1.serials"
}

serials()
{
	local certificate key
	read -r certificate _ <"$WORK/$1.serials"
	read -r _ key <"$WORK/${2:-$1}.serials"
	echo "cert_serial=$certificate,privkey_serial=$key"
}

mounts()
{
	nfs_mount client server.test mtls "$MNT" "$(serials "$1")"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	wait_for 10 agent_logged server "handshake with client .* succeeded: x509.* peer \"CN=$1\"" ||
		give_up "the server does not log CN=$1"
}

# refused_with OPTIONS REASON
refused_with()
{
	nfs_refused client server.test mtls "$MNT" "$1"
	wait_for 10 agent_logged client "failed: $2.*\\[EACCES, x509" || give_up "the log does not say: $2"
}

not_a_pair()
{
	refused_with "$(serials client-ecdsa client-rsa)" 'the certificate and the private key that the mount names do not belong together'
}

unusable()
{
	local garbage
	head -c 300 /dev/urandom >"$WORK/garbage"
	garbage=$(keyring_add user garbage "$WORK/garbage" "$NFS_KEYS")
	read -r certificate key <"$WORK/client-ecdsa.serials"
	refused_with "cert_serial=$garbage,privkey_serial=$key" "the certificate that the mount names \\(cert_serial $garbage\\) is none"
	refused_with "cert_serial=$certificate,privkey_serial=$garbage" "the private key that the mount names \\(privkey_serial $garbage\\) cannot be used"
	agent_logged client "private key $garbage, which a mount names, is not a private key" || give_up "the keeper does not say why"
}

search()
{
	"$(tool memsearch)" "$1" "$PKI/$2.key" >"$WORK/found" || give_up "the memory of process $1 cannot be searched"
}

# absent IDENTITY: its key is neither in the supervisor nor in a worker
absent()
{
	local pid
	for pid in $(agent_pid client) $(agent_children client worker); do
		search "$pid" "$1"
		! grep -E ': [1-9][0-9]*$' "$WORK/found" >"$WORK/leaks" ||
			give_up "process $pid ($(cat "/proc/$pid/comm")) holds $(tr '\n' ';' <"$WORK/leaks")"
	done
}

# secret IDENTITY: while its handshake is open the key is in the keeper, and it is never anywhere else, also where a
# handshake succeeds.
secret()
{
	local keeper pid
	keeper=$(agent_children client keeper)
	become client "$(fault_tool peer)" server 192.0.2.2 2049 silent seconds=60 </dev/null >"$WORK/silent" 2>&1 &
	pid=$!
	wait_for 10 listens || give_up "the silent server does not listen: $(cat "$WORK/silent")"
	nfs_refused client client.test mtls "$MNT" "$(serials "$1")" &
	wait_for 20 keeper_holds "$keeper" "$1" || give_up "not even the keeper had it: $(cat "$WORK/found")"
	absent "$1"
	wait $!
	kill -TERM $pid 2>/dev/null || true
	wait_for 10 gone $pid || give_up "the silent server does not end"
	wait_for 10 agent_logged client 'handshake with server client.test .*failed: the handshake was not finished' ||
		give_up "the handshake did not wait"
	absent "$1"
	mounts "$1"
	absent "$1"
	! grep -E ' (req|job)-' /proc/keys || give_up "a keyring of a request is left"
}

listens()
{
	[ -n "$(on client ss -tlnH 'sport = :2049')" ]
}

keeper_holds()
{
	search "$1" "$2"
	grep -v ' text: ' "$WORK/found" | grep ': [1-9]' >/dev/null
}

plan 8
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
host_add client
modprobe nfs
for type in rsa ecdsa ed25519; do
	pki_issue "client-$type" ca "$type" dns=client.test client
	import "client-$type"
done
nfs_server_start
nfs_require mtls
agent_x509 server ca server -
agent_x509 client ca - -
agent_start server
agent_start client
for type in rsa ecdsa ed25519; do
	attempt "nfs-serials-$type" mounts "client-$type"
done
attempt nfs-serials-not-a-pair not_a_pair
attempt nfs-serials-unusable unusable
for type in rsa ecdsa ed25519; do
	attempt "nfs-serials-secret-$type" secret "client-$type"
done
