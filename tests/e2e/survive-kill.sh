#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# Processes of the agent die by kill -9 while a hard mount under I/O has to connect anew, with both ends served by the
# same agent: the mount comes back, and no application sees an error.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
WORKERS=3	# one for each processor, and a spare one

# The bound is several of sunrpc's own time-outs (10 s each), since one handshake may be lost to each death.
RECOVERY=60

reconnects()
{
	cut_connections server
	load_goes_on writer $RECOVERY
	proof_tls server
}

# The control of all that follows: the cut alone, and the applications know nothing of it.
cut_alone()
{
	local before
	before=$(agent_lines server 'handshake with server .* succeeded')
	reconnects
	[ "$(agent_lines server 'handshake with server .* succeeded')" -gt "$before" ] ||
		give_up "there was no new handshake: the cut did not cut"
}

kill_one()
{
	local pid
	pid=$(agent_children server "$1" | head -n 1)
	[ -n "$pid" ] || give_up "no $1 to kill"
	kill -KILL "$pid"
}

# Before the cut, so that the handshake finds it dead; and after it, so that it dies with the handshake in hand.
worker_dies()
{
	kill_one worker
	reconnects
	cut_connections server
	kill_one worker
	load_goes_on writer $RECOVERY
	wait_for 30 agent_has server $WORKERS 1 || give_up "not all workers were replaced"
}

all_workers_die()
{
	local pids
	cut_connections server
	pids=$(agent_children server worker)
	# shellcheck disable=SC2086
	kill -KILL $pids
	load_goes_on writer $RECOVERY
	wait_for 30 agent_has server $WORKERS 1 || give_up "not all workers were replaced"
}

keeper_dies()
{
	kill_one keeper
	reconnects
	wait_for 30 agent_has server $WORKERS 1 || give_up "the generation was not replaced"
	cut_connections server
	kill_one keeper
	load_goes_on writer $RECOVERY
	wait_for 30 agent_has server $WORKERS 1 || give_up "the generation was not replaced"
}

# The kernel needs the agent for handshakes only. Its children cannot outlive it: they would hold keys and sockets.
supervisor_dies()
{
	local pids pid
	pids=$(agent_children server worker; agent_children server keeper)
	[ "$(wc -w <<<"$pids")" -eq $((WORKERS + 1)) ] || give_up "processes before: $pids"
	kill -KILL "$(agent_pid server)"
	for pid in $pids; do
		wait_for 5 gone "$pid" || give_up "process $pid outlives the supervisor"
	done
	load_goes_on writer 20
	load_goes_on reader 20
	agent_start server
	reconnects
}

plan 6
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_alias server.test 127.0.0.1
cut_prepare
nfs_server_start
agent_x509 server ca server client
agent_start server
nfs_mount server server.test mtls "$MNT"
load_start writer "$MNT"
load_start reader "$MNT"
attempt survive-cut cut_alone
attempt survive-kill-worker worker_dies
attempt survive-kill-all-workers all_workers_die
attempt survive-kill-keeper keeper_dies
attempt survive-kill-supervisor supervisor_dies

applications_end()
{
	load_stop writer
	load_stop reader
}
attempt survive-kill-no-errors applications_end
