#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=120
#
# SIGTERM with handshakes in flight: they get two seconds, then their consumers and their peers are told to come again.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

PEERS=3

ends_with_answers()
{
	local began took pid
	pid=$(agent_pid server)
	requests_record
	peers silent silent count=$PEERS seconds=30
	wait_for 20 requests_open_are $PEERS || give_up "$(requests_open) requests are open"
	began=$(now_ms)
	kill -TERM "$pid"
	wait_for 10 gone "$pid" || give_up "tlshd did not end"
	took=$(($(now_ms) - began))
	comment "ended after $took ms"
	[ "$took" -ge 1500 ] || give_up "handshakes in flight got only $took ms"
	[ "$took" -le 3500 ] || give_up "it took $took ms to end"
	requests_sound
	[ "$(requests_count 110)" -eq $PEERS ] || give_up "not all were answered with ETIMEDOUT: $(requests | tr '\n' ';')"
	peers_end silent 20
	peers_all silent alert 80 $PEERS
	agent_logged server "$PEERS handshakes did not end in time"
}

# Nothing in flight: it ends at once, and its children with it.
ends_at_once()
{
	local pid children
	agent_start server
	pid=$(agent_pid server)
	children=$(pgrep -P "$pid" | tr '\n' ' ')
	mount_works
	within 1500 agent_stop server
	for pid in $children; do
		wait_for 5 gone "$pid" || give_up "the child $pid lives on"
	done
}

plan 2
fault_setup
fault_config hello_timeout_ms=60000 server_timeout_ms=60000
agent_start server
mount_works
attempt shutdown-answers ends_with_answers
attempt shutdown-at-once ends_at_once
