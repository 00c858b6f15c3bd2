#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=600 kernel=newest
#
# What users feel after the handshake: an NFS mount's writing and reading, with each cipher beside none, in turns. The file is
# larger than the client's memory of it is allowed to be: all goes past its cache, in one stream, to a file system in the
# server's memory. Results are lines of JSON in /run/out/records.
#
# BENCH_QUICK=1: one round of a small file.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/cipher.sh"
. "$LIB/record.sh"

MNT=/mnt/test
MB=64 ROUNDS=${BENCH_ROUNDS:-3}
[ -z "${BENCH_QUICK:-}" ] || MB=16 ROUNDS=1

# mb_per_s OPERAND...: how fast dd does this
mb_per_s()
{
	local began took
	began=${EPOCHREALTIME/[.,]/}
	dd bs=1M "count=$MB" "$@" 2>"$WORK/dd.err" || give_up "dd $*: $(tail -n 1 "$WORK/dd.err")"
	took=$((${EPOCHREALTIME/[.,]/} - began))
	awk -v mb="$MB" -v us="$took" 'BEGIN { printf "%.1f\n", mb * 1e6 / us }'
}

# transfer NAME ROUND
transfer()
{
	local write read
	mb_per_s if=/dev/zero "of=$MNT/warm" oflag=direct count=4 >/dev/null
	write=$(mb_per_s if=/dev/zero "of=$MNT/file" oflag=direct conv=fsync)
	read=$(mb_per_s "if=$MNT/file" of=/dev/null iflag=direct)
	record data "cipher=$1" "round=$2" "kernel=$(uname -r)" "mb=$MB" "write_mb_per_s=$write" "read_mb_per_s=$read"
	rm "$MNT/file" "$MNT/warm"
}

plain()
{
	nfs_mount client server.test none "$MNT"
	proof_plain client
	transfer none "$1"
	nfs_umount client "$MNT"
}

# encrypted CIPHER ROUND
encrypted()
{
	cipher_allow "$1"
	agent_start server
	agent_start client
	nfs_mount client server.test tls "$MNT"
	proof_tls client "$(cipher_kernel "$1")"
	transfer "$1" "$2"
	nfs_umount client "$MNT"
	agent_stop client
	agent_stop server
}

# shellcheck disable=SC2086 # words
set -- $CIPHERS
plan $((ROUNDS * ($# + 1)))
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - -
for ((round = 1; round <= ROUNDS; round++)); do
	attempt "data-none-$round" plain "$round"
	for cipher; do attempt "data-$cipher-$round" encrypted "$cipher" "$round"; done
done
