#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# Private keys are in the keeper and nowhere else: their numbers are searched for in the memory of each process after
# handshakes in both roles.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

NAMES='one two three four'

# All at once, so that every worker in use gets some.
handshakes()
{
	local name mounts=()
	for name in $NAMES; do
		nfs_mount server "$name.test" mtls "/mnt/$name" &
		mounts+=($!)
	done
	for name in "${mounts[@]}"; do
		wait "$name" || give_up "a mount failed: $(cat "$WORK/mount.err")"
	done
	for name in $NAMES; do
		umount "/mnt/$name"
	done
	wait_for 20 nfs_no_connection server || give_up "connections outlive their mounts"
	agent_logs server 'handshake with client .* succeeded: x509' 4
	agent_logs server 'handshake with server .* succeeded: x509' 4
}

# search PID KEY...: prints "FILE NUMBER: PLACES"
search()
{
	local pid=$1
	shift
	"$(tool memsearch)" "$pid" "$@" || give_up "the memory of process $pid cannot be searched"
}

# only_in_keeper SERVER-KEY CLIENT-KEY
only_in_keeper()
{
	local pid keys=("$PKI/$1.key" "$PKI/$2.key")
	agent_x509 server ca "$1" "$2"
	agent_start server
	handshakes
	for pid in $(agent_pid server) $(agent_children server worker); do
		search "$pid" "${keys[@]}" >"$WORK/found"
		comment "$(cat "/proc/$pid/comm"): $(tail -n 1 "$WORK/found")"
		grep -E ': [1-9][0-9]*$' "$WORK/found" >"$WORK/leaks" &&
			give_up "process $pid ($(cat "/proc/$pid/comm")) holds $(tr '\n' ';' <"$WORK/leaks")"
	done
	# The control: the same search finds every number where it has to be. (Pieces of the file's text may be there, too.)
	search "$(agent_children server keeper)" "${keys[@]}" >"$WORK/found"
	sed 's/^/# keeper: /' "$WORK/found"
	if grep -v ' text: ' "$WORK/found" | grep ': 0$' >/dev/null; then
		give_up "not even the keeper has it: $(grep ': 0$' "$WORK/found")"
	fi
	agent_stop server
}

plan 3
pki_ca ca
for type in rsa ecdsa ed25519; do
	pki_issue "server-$type" ca "$type" dns=one.test dns=two.test dns=three.test dns=four.test server
	pki_issue "client-$type" ca "$type" dns=client.test client
done
number=1
for name in $NAMES; do
	host_alias "$name.test" "127.0.0.$number"
	number=$((number + 1))
done
nfs_server_start
agent_install
attempt secrets-rsa-ed25519 only_in_keeper server-rsa client-ed25519
attempt secrets-ecdsa-rsa only_in_keeper server-ecdsa client-rsa
attempt secrets-ed25519-ecdsa only_in_keeper server-ed25519 client-ecdsa
