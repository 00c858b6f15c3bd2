#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# Two agents in one network namespace would take each other's requests: the second is refused, whatever program the
# first is. Another namespace is another matter.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
REFUSED=3	# the exit status after which a service manager must not try again

# second_status HOST: start one more tlshd in the foreground; its exit status is the output
second_status()
{
	local status=0
	on "$1" timeout 20 "$TLSHD_BIN" --stderr --config "$(agent_dir server)/config" </dev/null >"$WORK/second" 2>&1 ||
		status=$?
	echo $status
}

refused_by()
{
	[ "$(second_status server)" -eq $REFUSED ] || give_up "not refused with status $REFUSED: $(tail -n 1 "$WORK/second")"
	grep -q "another agent serves this network namespace already: process $1 ($2)" "$WORK/second" ||
		give_up "the message does not name process $1 ($2): $(tail -n 1 "$WORK/second")"
	comment "$(tail -n 1 "$WORK/second")"
}

same_namespace()
{
	refused_by "$(agent_pid server)" tlshd
	# The first one has lost nothing by it.
	nfs_mount server server.test tls "$MNT"
	proof_tls server
	nfs_umount server "$MNT"
}

other_namespace()
{
	agent_start client
	alive "$(agent_pid server)" || give_up "the first agent ended"
	nfs_mount client server.test tls "$MNT"
	proof_tls client
	nfs_umount client "$MNT"
	agent_stop client
}

# An agent that knows nothing of our claim, as any other program for this interface.
foreign()
{
	local pid
	agent_stop server
	"$(tool holder)" true </dev/null >"$WORK/foreign" 2>&1 &
	pid=$!
	wait_for 10 grep -q ready "$WORK/foreign" || give_up "the foreign agent did not start: $(cat "$WORK/foreign")"
	refused_by "$pid" holder
	kill -TERM "$pid"
	wait_for 10 gone "$pid"
	agent_start server
}

# The name and the group are open to all users. One that is not root cannot be an agent, nor keep one from serving.
not_root()
{
	local pid what
	agent_stop server
	setpriv --reuid nobody --regid nogroup --clear-groups "$(tool holder)" -p true </dev/null >"$WORK/pretender" 2>&1 &
	pid=$!
	wait_for 10 grep -q ready "$WORK/pretender" || give_up "the pretender did not start: $(cat "$WORK/pretender")"
	agent_start server
	wait_for 20 agent_logged server 'READY: serving' || give_up "tlshd does not serve"
	for what in 'a socket in the multicast group of the handshake family' 'the abstract socket tlshd.agent'; do
		agent_logged server "process $pid of user [0-9]+ holds $what: it cannot be an agent" ||
			give_up "the log does not say who holds $what"
	done
	nfs_mount server server.test tls "$MNT"
	nfs_umount server "$MNT"
	kill -TERM $pid
	wait_for 10 gone $pid
}

# Neither is there first: one serves, and the other says so.
same_moment()
{
	local first second status=0
	agent_stop server
	become server "$TLSHD_BIN" --stderr --config "$(agent_dir server)/config" </dev/null >"$WORK/race.1" 2>&1 &
	first=$!
	become server "$TLSHD_BIN" --stderr --config "$(agent_dir server)/config" </dev/null >"$WORK/race.2" 2>&1 &
	second=$!
	wait -n -p ended "$first" "$second" || status=$?
	[ "$status" -eq $REFUSED ] || give_up "the first to end has status $status: $(cat "$WORK/race.1" "$WORK/race.2")"
	wait_for 20 agent_serves server || give_up "none of the two serves"
	if [ "$ended" -eq "$first" ]; then alive "$second"; else alive "$first"; fi
}

plan 5
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - -
agent_start server
attempt second-agent-refused same_namespace
attempt second-agent-other-namespace other_namespace
attempt second-agent-foreign foreign
attempt second-agent-not-root not_root
attempt second-agent-same-moment same_moment
