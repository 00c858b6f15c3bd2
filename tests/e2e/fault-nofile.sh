#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=120
#
# More requests than the daemon may have open files: they wait in the kernel's queue or are told to come again, none
# fails with EIO, and all get their answer. And what else a limit on files can do: none can be given to a worker, or taken
# by it.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

FILES=128
PEERS=160

soft_limit()
{
	awk '/^Max open files/ { print $4 }' "/proc/$(agent_pid server)/limits"
}

more_than_files()
{
	local most=0 open
	[ "$(soft_limit)" -eq $FILES ] || give_up "the limit is $(soft_limit)"
	agent_base
	requests_record
	peers_paced many silent count=$PEERS seconds=60
	until gone "$(cat "$WORK/peers-many.pid")"; do
		open=$(handshakes_open)
		[ "$open" -le "$most" ] || most=$open
	done
	comment "up to $most handshakes at a time with $FILES files"
	requests_sound
	peers_all many alert 80 $PEERS
	[ "$most" -ge 32 ] || give_up "never more than $most at a time: the limit was not reached"
	! agent_logged server 'could not hand over a request' || give_up "an ACCEPT failed"
}

# While too many descriptors of this user are under way somewhere, no worker can be given a socket (ETOOMANYREFS).
too_many_under_way()
{
	local other
	agent_base
	"$(tool inflight)" $((FILES * 2)) </dev/null >"$WORK/inflight" 2>&1 &
	other=$!
	wait_for 10 grep -q ready "$WORK/inflight" || give_up "$(cat "$WORK/inflight")"
	trace_start syscalls/sys_exit_sendmsg
	peers waiting full seconds=20
	# -ETOOMANYREFS
	wait_for 10 traced 'sys_sendmsg -> 0xffffffffffffff93' || give_up "the limit was not reached"
	handshakes_are 1 || give_up "$(handshakes_open) requests are open"
	requests_record
	kill -TERM $other
	peers_end waiting 20
	grep -q 'end served' "$WORK/peers-waiting" || give_up "the request did not succeed: $(cat "$WORK/peers-waiting")"
}

traced()
{
	[ "$(trace_count "$1")" -gt 0 ]
}

# set_limit PID FILES: the highest number that it may use, plus one
set_limit()
{
	prlimit --pid "$1" "--nofile=$2:$FILES"
}

# The socket is lost on its way into the worker, which says so; the consumer is told to come again.
full_workers()
{
	local pid highest
	for pid in $(workers); do
		highest=$(find "/proc/$pid/fd" -mindepth 1 -printf '%f\n' | sort -n | tail -n 1)
		[ "$(process_fds "$pid")" -eq $((highest + 1)) ] || give_up "worker $pid has gaps: $(ls "/proc/$pid/fd")"
		set_limit "$pid" $((highest + 1))
	done
	log_mark
	requests_record
	peers lost silent seconds=20
	log_says 'Too many open files'
	peers_end lost 20
	requests_sound
	[ "$(requests_count 110)" -ge 1 ] || give_up "not told to come again: $(requests)"
	for pid in $(workers); do set_limit "$pid" $FILES; done
	peer_served || give_up "the same worker does not serve again: $(cat "$WORK/peers-served")"
}

plan 4
fault_setup 300
fault_config
agent_start server prlimit "--nofile=$FILES:$FILES"
mount_works
attempt fault-nofile-under-way too_many_under_way
attempt fault-nofile-full-workers full_workers
attempt fault-nofile-all-answered more_than_files
attempt fault-nofile-mount-afterwards mount_works
