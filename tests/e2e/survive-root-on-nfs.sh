#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# tlshd's programs and their libraries lie on the NFS mount that this tlshd serves, as on a machine without a disk. The
# pages of them that can be taken away are taken away, then the connection is cut: what the handshake needs has to be in
# memory, and a worker that dies has to have its replacement running already.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/root
CGROUP=/sys/fs/cgroup/agent
PROGRAMS="$TLSHD_BIN /usr/libexec/tlshd/worker /usr/libexec/tlshd/keeper /usr/libexec/tlshd/loader"
RECOVERY=60

# All files that are mapped by the programs, without symbolic links
needed_files()
{
	local program
	for program in $PROGRAMS; do
		echo "$program"
		ldd "$program" | grep -o '/[^ ]*' | xargs readlink -f
	done | sort -u
}

copy_to_export()
{
	needed_files >"$WORK/files"
	tar -C / -c -T <(sed 's,^/,,' "$WORK/files") | tar -C "$NFS_EXPORT" -x
	head -c 1000000 /dev/urandom >"$NFS_EXPORT/data"
}

# The agent of host "client" in a mount namespace, where the files are those of the mount, and in a cgroup, by which
# their pages can be reclaimed: who reads a page first has it on its account. It knows one worker, so that one death
# leaves the spare one only.
start_from_mount()
{
	local dir
	dir=$(agent_dir client)
	mkdir -p $CGROUP
	echo +memory >/sys/fs/cgroup/cgroup.subtree_control
	echo "--- start" >>"$dir/log"
	# shellcheck disable=SC2016
	become client unshare --mount --propagation private sh -c '
		set -e
		while read -r file; do
			mount --bind "$1$file" "$file"
		done <"$2"
		echo $$ >"$3/cgroup.procs"
		shift 3
		exec "$@"' sh "$MNT" "$WORK/files" $CGROUP "$TLSHD_BIN" --stderr --config "$dir/config" \
		</dev/null >>"$dir/log" 2>&1 &
	echo "$!" >"$dir/pid"
	# All of it is read over the network, with the encryption of an emulated processor.
	wait_for 90 agent_serves client || give_up "tlshd did not start from the mount"
}

# mapped_elsewhere PID: programs and libraries that this process does not have from the mount
mapped_elsewhere()
{
	local device
	device=$(printf '%02x:%02x' "$(stat -c %Hd $MNT)" "$(stat -c %Ld $MNT)")
	awk -v device="$device" '$2 ~ /x/ && $6 ~ "^/" && $4 != device { print $6 }' "/proc/$1/maps"
}

lies_on_mount()
{
	local pid elsewhere
	for pid in $(agent_pid client) $(agent_children client worker) $(agent_children client keeper); do
		elsewhere=$(mapped_elsewhere "$pid")
		[ -z "$elsewhere" ] || give_up "process $pid maps a file that is not on the mount: $elsewhere"
		grep -q libgnutls "/proc/$pid/maps" || give_up "process $pid has no libgnutls"
	done
}

memory_stat()
{
	awk -v key="$1" '$1 == key { print $2 }' $CGROUP/memory.stat
}

# Both ways to lose clean pages: drop_caches takes those that nobody has mapped, reclaim the mapped ones, too.
evict()
{
	sync
	echo 3 >/proc/sys/vm/drop_caches
	# It fails when there is not as much to take, which is the aim.
	echo 1G >$CGROUP/memory.reclaim 2>/dev/null || true
	comment "file pages in memory: $(($(memory_stat file) / 1024)) KiB, not evictable: $(($(memory_stat unevictable) / 1024)) KiB"
}

# Past the page cache; only the server can answer.
readable()
{
	timeout -s KILL $RECOVERY dd if=$MNT/data of="$WORK/data" iflag=direct bs=100k status=none ||
		give_up "the mount did not come back within $RECOVERY s"
	cmp "$WORK/data" "$NFS_EXPORT/data"
}

comes_back()
{
	local before
	before=$(agent_lines client 'handshake with server .* succeeded')
	evict
	cut_connections client
	readable
	[ "$(agent_lines client 'handshake with server .* succeeded')" -gt "$before" ] || give_up "no new handshake"
	evict
	cut_connections client
	readable
}

# The network is down while the worker dies, so that nothing can be read for the start of another.
worker_dies()
{
	local pid
	pid=$(agent_children client worker | sort -n | head -n 1)
	[ -n "$pid" ] || give_up "there is no worker"
	evict
	ip -n client link set eth0 down
	cut_connections client
	kill -KILL "$pid"
	# The last user of a file cannot even end before the server has answered.
	wait_for 10 gone "$pid" || comment "the end of the worker waits for the mount"
	ip -n client link set eth0 up
	readable
	# With the mount back, the programs can be read again.
	wait_for 60 agent_has client 2 1 || give_up "the worker was not replaced"
}

plan 3
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_add client
cut_prepare
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - client
printf '[service]\nworkers=1\n' >>"$(agent_dir client)/config"
agent_start server
agent_start client
nfs_mount client server.test mtls $MNT hard
copy_to_export
agent_stop client
start_from_mount
attempt root-on-nfs-programs lies_on_mount
attempt root-on-nfs-comes-back comes_back
attempt root-on-nfs-worker-dies worker_dies
