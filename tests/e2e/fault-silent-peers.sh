#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240 alone=1
#
# Many peers that agree to TLS and then say nothing, or next to nothing: they cost memory and an nfsd thread each, and
# nobody else time.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

PEERS=256
THREADS=300
LOAD_MS=1000	# what a busy machine may add to a deadline
MNT=/mnt/test

median()
{
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

mount_times()
{
	local i
	for i in $(seq "$1"); do mount_time_ms; done
}

# wait_all_open UNTIL: nfsd gives up by itself after 5 s, so all have to be there by then; those that it gave up come again
wait_all_open()
{
	local open=0 most=0
	until [ "$open" -ge $PEERS ]; do
		if [ "$(now_ms)" -ge "$1" ]; then
			peers_stop silent
			agent_stop server
			[ "$most" -lt $((PEERS * 3 / 4)) ] ||
				not_here "this machine opens only $most handshakes in the 5 s that nfsd waits for each, not $PEERS"
			give_up "never more than $most handshakes open, $(requests | wc -l) accepted"
		fi
		open=$(handshakes_open)
		[ "$open" -le "$most" ] || most=$open
	done
}

# A mount may fall into the moment in which nfsd drops the peers and all of them come again, which is work of its own for
# a slow machine: the best of three counts.
all_open()
{
	local normal meanwhile best=999999 round until
	fault_config hello_timeout_ms=60000 server_timeout_ms=60000
	agent_start server
	mount_works
	agent_base
	normal=$(mount_times 5 | median)
	requests_record
	peers_paced silent silent count=$PEERS seconds=60 keep
	until=$(($(now_ms) + 55000))
	for round in 1 2 3; do
		wait_all_open "$until"
		meanwhile=$(mount_time_ms)
		comment "$round: $PEERS open before the mount, $(<"$WORK/open") after it; mount: $normal ms alone, $meanwhile ms meanwhile"
		[ "$(<"$WORK/open")" -gt 0 ] || give_up "the peers were gone before the mount was done"
		[ "$meanwhile" -ge "$best" ] || best=$meanwhile
		[ "$best" -ge $((2 * normal)) ] || break
	done
	peers_stop silent
	requests_sound
	agent_stop server
	[ "$best" -lt $((2 * normal)) ] || give_up "a mount takes $best ms, $normal without the peers"
}

# By default a silent peer is answered after 2 s.
each_answered()
{
	fault_config
	agent_start server
	mount_works
	requests_record
	peers_paced silent silent count=$PEERS seconds=60
	peers_end silent 60
	requests_sound
	comment "answered after at most $(requests_took 110) ms"
	peers_all silent alert 80 $PEERS
	[ "$(requests_count 110)" -eq $PEERS ] || give_up "$(requests_count 110) requests with ETIMEDOUT"
	[ "$(requests_took 110)" -le 2500 ] || give_up "an answer took $(requests_took 110) ms"
	mount_works
}

# A byte each half second, or ChangeCipherSpec records: the deadline covers the whole handshake.
dripping()
{
	requests_record
	peers_paced drip "$1" "count=$2" seconds=60
	peers_end drip 60
	requests_sound
	comment "answered after at most $(requests_took 110) ms"
	[ "$(requests_count 110)" -eq "$2" ] || give_up "$(requests_count 110) requests with ETIMEDOUT"
	[ "$(requests_took 110)" -ge 3900 ] || give_up "the drip did not keep the handshakes open"
	[ "$(requests_took 110)" -le $((4000 + LOAD_MS)) ] || give_up "an answer took $(requests_took 110) ms"
	mount_works
}

plan 4
fault_setup $THREADS
attempt fault-silent-peers-open all_open
attempt fault-silent-peers-answered each_answered
attempt fault-silent-peers-drip dripping drip $PEERS
attempt fault-silent-peers-change-cipher-spec dripping drip-ccs 32
