#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=120
#
# More requests than the daemon may have open files: they wait in the kernel's queue or are told to come again, none
# fails with EIO, and all get their answer.
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

plan 2
fault_setup 300
fault_config
agent_start server prlimit "--nofile=$FILES:$FILES"
mount_works
attempt fault-nofile-all-answered more_than_files
attempt fault-nofile-mount-afterwards mount_works
