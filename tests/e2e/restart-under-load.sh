#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# A restart refuses nobody. The holder keeps the notify socket as systemd's descriptor store does, so the kernel has a
# listener all the time and requests wait in its queue. The kernel's own trace says whether one was refused.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

RESTARTS=3
NO_LISTENER=-3	# ESRCH
QUEUE_FULL=-11	# EAGAIN
AGENT=$(agent_dir server)

# The errors of refused requests since trace_start, a line each.
refusals()
{
	sed -n 's/.* handshake_\(submit\|notify\)_err: .*err=\(-[0-9]*\).*/\2/p' $TRACE/trace
}

refused()
{
	refusals | grep -cx -- "$1" || true
}

holder_start()
{
	mkdir -p "$AGENT"
	: >"$WORK/holder"
	"$(tool holder)" "$@" "$TLSHD_BIN" --stderr --config "$AGENT/config" </dev/null >"$WORK/holder" \
		2>>"$AGENT/log" &
	echo $! >"$WORK/holder.pid"
	wait_for 20 grep -q ready "$WORK/holder" || give_up "the holder does not start"
}

holder_signal()
{
	kill "-$1" "$(cat "$WORK/holder.pid")"
}

holder_count()
{
	[ "$(grep -c "^$1" "$WORK/holder")" -ge "$2" ]
}

served()
{
	grep -c 'READY: serving' "$AGENT/log" || true
}

served_beyond()
{
	[ "$(served)" -gt "$1" ]
}

tlshd_pid()
{
	sed -n 's/^started //p' "$WORK/holder" | tail -n 1
}

# wait_served NUMBER: the next tlshd is ready
wait_served()
{
	wait_for 40 served_beyond "$1" || give_up "tlshd did not come back: $(tail -n 2 "$AGENT/log")"
	tlshd_pid >"$AGENT/pid"
}

# Bytes wait on the holder's socket: the kernel has announced a request.
request_waits()
{
	local pid group
	group=$(agent_group)
	awk '$2 == 16 && $5 > 0 { found = 1 } END { exit !found }' /proc/net/netlink
}

# The request is in the kernel's queue before there is a tlshd. It is served, not refused and not forgotten.
queued_before_start()
{
	local mount
	nfs_mount server one.test tls /mnt/queued &
	mount=$!
	wait_for 20 request_waits || give_up "no request was announced"
	: >"$AGENT/log"
	holder_signal USR1
	wait_served 0
	wait "$mount" || give_up "the mount that was waiting failed"
	proof_tls server
	agent_lines_reach server 'handshake with server one.test .* succeeded' 1 || give_up "not logged"
	nothing_refused
	nfs_umount server /mnt/queued
}

nothing_refused()
{
	[ "$(refused $NO_LISTENER)" -eq 0 ] || give_up "$(refused $NO_LISTENER) requests found no listener (ESRCH)"
	only_when_full
}

# EAGAIN is the kernel's, and right, while as many requests wait as it allows. How many wait is counted from its events;
# a request waits before its own event is written, so one may be missing in the count, and its accept may come first.
only_when_full()
{
	local limit
	limit=$(awk '/^MemTotal/ { n = int($2 / 4 / 102400); print (n < 3 ? 3 : (n > 50 ? 50 : n)) }' /proc/meminfo)
	awk -v limit="$limit" -v full="err=$QUEUE_FULL$" '
		match($0, /req=[^ ]+/) { request = substr($0, RSTART, RLENGTH) }
		/ handshake_submit: / { if (request in early) delete early[request]; else waits[request] = 1 }
		/ (handshake_cmd_accept|handshake_cancel): / { if (request in waits) delete waits[request]
			else if (/accept/) early[request] = 1 }
		/ handshake_submit_err: / && $0 ~ full { refused++; if (length(waits) + 1 < limit) wrong++ }
		END { printf "refused at the limit of %d waiting requests: %d; below it: %d\n", limit, refused, wrong
			exit wrong > 0 }
	' $TRACE/trace >"$WORK/full" || give_up "$(cat "$WORK/full")"
	comment "$(cat "$WORK/full")"
}

# Mounts and unmounts until the file "end" appears; an unmount cannot fail, a mount must not.
mounting()
{
	local number=0
	while [ ! -e "$WORK/end" ]; do
		if mount -t nfs -o vers=4.2,xprtsec=tls three.test:/ /mnt/three 2>"$WORK/mounting.err"; then
			umount /mnt/three
			number=$((number + 1))
		else
			echo "failed: $(tail -n 1 "$WORK/mounting.err")" >>"$WORK/mounting.failed"
		fi
	done
	echo $number >"$WORK/mounting.count"
}

cutting()
{
	local number=0
	while [ ! -e "$WORK/end" ]; do
		ss -tnHK 'dport = :2049' >/dev/null 2>&1 || true
		number=$((number + 1))
		# The connections need a moment to exist at all.
		wait_for 3 false || true
	done
	echo $number >"$WORK/cutting.count"
}

load_begin()
{
	rm -f "$WORK/end" "$WORK/mounting.failed"
	mkdir -p /mnt/three
	mounting &
	echo $! >"$WORK/mounting.pid"
	cutting &
	echo $! >"$WORK/cutting.pid"
}

load_end()
{
	touch "$WORK/end"
	wait_for 60 gone "$(cat "$WORK/mounting.pid")" || give_up "a mount hangs"
	wait_for 60 gone "$(cat "$WORK/cutting.pid")"
	comment "$(cat "$WORK/mounting.count") mounts, $(cat "$WORK/cutting.count") cuts of all connections"
}

applications_start()
{
	nfs_mount server one.test mtls /mnt/one
	nfs_mount server two.test tls /mnt/two
	load_start one /mnt/one
	load_start two /mnt/two
}

applications_unharmed()
{
	load_goes_on one 60
	load_goes_on two 60
}

under_load()
{
	local i before
	applications_start
	load_begin
	for ((i = 1; i <= RESTARTS; i++)); do
		before=$(served)
		holder_signal HUP
		wait_served "$before"
		applications_unharmed
	done
	load_end
	nothing_refused
	[ ! -e "$WORK/mounting.failed" ] || give_up "$(head -n 1 "$WORK/mounting.failed")"
	[ "$(grep -c '^ended status 0' "$WORK/holder")" -eq $RESTARTS ] || give_up "tlshd ended badly: $(cat "$WORK/holder")"
}

# Without a chance to answer: what it had accepted is lost, and the kernel's consumers wait for their own time-outs.
killed()
{
	local before
	before=$(served)
	cut_connections server
	kill -KILL "$(tlshd_pid)"
	wait_for 10 holder_count 'ended signal 9' 1
	holder_signal USR1
	wait_served "$before"
	applications_unharmed
	nothing_refused
	load_stop one
	load_stop two
	nfs_umount_all
}

nfs_umount_all()
{
	umount /mnt/one /mnt/two
	wait_for 20 nfs_no_connection server || give_up "connections outlive their mounts"
}

# The same restart with nobody who holds the socket: there the trace has its ESRCH, and mounts fail.
control()
{
	local before
	holder_signal TERM
	wait_for 20 gone "$(cat "$WORK/holder.pid")"
	trace_start handshake
	holder_start -n
	before=$(served)
	holder_signal USR1
	wait_served "$before"
	load_begin
	before=$(served)
	holder_signal HUP
	wait_served "$before"
	load_end
	[ "$(refused $NO_LISTENER)" -gt 0 ] || give_up "without the holder nothing was refused: this test sees nothing"
	[ -e "$WORK/mounting.failed" ] || give_up "without the holder no mount failed"
	comment "without the holder: $(refused $NO_LISTENER) requests refused, $(wc -l <"$WORK/mounting.failed") mounts failed"
}

plan 4
pki_ca ca
pki_issue server ca ecdsa dns=one.test dns=two.test dns=three.test server
pki_issue client ca ecdsa dns=client.test client
host_alias one.test 127.0.0.1
host_alias two.test 127.0.0.2
host_alias three.test 127.0.0.3
cut_prepare
modprobe tls
nfs_server_start
agent_install
agent_x509 server ca server client
: >"$AGENT/log"
trace_start handshake
holder_start
attempt restart-queued-before-start queued_before_start
attempt restart-under-load under_load
attempt restart-after-kill killed
attempt restart-control control
