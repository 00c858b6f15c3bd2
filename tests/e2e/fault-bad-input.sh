#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180
#
# Peers of both roles that send what is no handshake, too much of it, or nothing, or leave in the middle: each has the
# right alert and each consumer the right status, no process of ours ends, and none keeps a descriptor.
# fault-bad-input-sanitized.sh runs the same on a build with sanitizers.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

ALERT_UNEXPECTED_MESSAGE=10
ALERT_DECODE_ERROR=50
ALERT_INTERNAL_ERROR=80
HELLO_TIMEOUT=1000
CLIENT_TIMEOUT=3000
PORT=2050	# of servers that misbehave

# to_server MODE STATUS ALERT END: one peer, and what its request and itself have to see
to_server()
{
	requests_record
	peers bad "$1" seconds=15
	peers_end bad 20
	requests_sound
	expect_request "$2"
	expect_peer bad "$3" "$4"
}

# expect_request STATUS: of the first one
expect_request()
{
	local got
	got=$(requests | awk 'NR == 1 { print $3 }')
	[ "$got" = "$1" ] || give_up "the request was answered with ${got:-nothing}, not $1"
}

expect_peer()
{
	peers_all "$1" alert "$2" 1
	peers_all "$1" end "$3" 1
}

# Leaving peers: the request, if there is one, fails as what may be tried again, or is given up by its consumer.
leaves()
{
	local step
	requests_record
	for step in connect probe agreed half hello answer; do
		peers closes "close-$step" seconds=15
		peers resets "reset-$step" seconds=15
		peers_end closes 20
		peers_end resets 20
		peers_all closes end closed 1
		peers_all resets end reset 1
	done
	requests_sound
	comment "$(requests | awk '{ print $3 }' | sort | uniq -c | tr -s '\n ' ' ')"
	[ "$(requests | wc -l)" -ge 6 ] || give_up "only $(requests | wc -l) requests"
	! requests | awk '$3 != "110" && $3 != "cancelled"' | grep . || give_up "other statuses: $(requests | tr '\n' ';')"
}

# to_client MODE STATUS: a server that misbehaves towards the kernel's client. The mount has to fail, and may try twice.
to_client()
{
	requests_record
	"$(fault_tool peer)" server 127.0.0.1 $PORT "$1" count=1 seconds=20 </dev/null >"$WORK/peers-evil" 2>&1 &
	echo "$!" >"$WORK/peers-evil.pid"
	wait_for 10 grep -q listening "$WORK/peers-evil" || give_up "the server does not listen"
	mkdir -p /mnt/evil
	! timeout -s KILL 20 mount -t nfs -o "vers=4.2,xprtsec=tls,port=$PORT,retry=0,soft,timeo=50" server.test:/ /mnt/evil \
		>"$WORK/mount.err" 2>&1 || give_up "the mount succeeded"
	peers_stop evil
	requests_sound
	expect_request "$2"
	[ "$(requests_took "$2")" -le $((CLIENT_TIMEOUT + 1000)) ] || give_up "the answer took $(requests_took "$2") ms"
}

# census: supervisor, workers and keeper, each with its process number and how many descriptors it has
census()
{
	local pid
	for pid in $(agent_pid server) $(pgrep -P "$(agent_pid server)"); do
		echo "$pid $(process_fds "$pid")"
	done
}

as_before()
{
	[ "$(census)" = "$(cat "$WORK/census")" ]
}

nothing_left()
{
	peer_served || give_up "the server does not serve: $(cat "$WORK/peers-served")"
	wait_for 10 as_before ||
		give_up "processes and descriptors before: $(tr '\n' ';' <"$WORK/census"); now: $(census | tr '\n' ';')"
	! agent_logged server 'Sanitizer|runtime error|worker [0-9]+ ended|keeper ended|broke the message contract' ||
		give_up "a process of ours failed: $(grep -E -m 1 'Sanitizer|runtime error|ended|broke' "$(agent_log server)")"
}

# Only the end of a process shows what it leaked; the workers and the keeper end with their supervisor.
ends_clean()
{
	agent_stop server
	! agent_logged server 'Sanitizer|runtime error' ||
		give_up "$(grep -E -m 1 'Sanitizer|runtime error' "$(agent_log server)")"
}

tests()
{
	attempt "$NAME-silent" to_server silent 110 $ALERT_INTERNAL_ERROR FIN
	attempt "$NAME-garbage" to_server garbage 13 $ALERT_UNEXPECTED_MESSAGE FIN
	attempt "$NAME-long-hello" to_server long-hello 13 $ALERT_DECODE_ERROR FIN
	attempt "$NAME-endless-hello" to_server endless 13 $ALERT_DECODE_ERROR FIN
	attempt "$NAME-leaving" leaves
	attempt "$NAME-server-silent" to_client silent 110
	attempt "$NAME-server-garbage" to_client garbage 13
	attempt "$NAME-server-endless" to_client endless 13
	attempt "$NAME-server-leaves" to_client close-answer 110
	attempt "$NAME-server-resets" to_client reset-answer 110
	attempt "$NAME-server-internal-error" to_client alert-80 110
	attempt "$NAME-server-handshake-failure" to_client alert-40 13
	attempt "$NAME-nothing-left" nothing_left
	attempt "$NAME-ends-clean" ends_clean
}

NAME=${1:-fault-bad-input}
plan 14
fault_setup
fault_config workers=2 hello_timeout_ms=$HELLO_TIMEOUT client_timeout_ms=$CLIENT_TIMEOUT
agent_start server
mount_works
peer_served
census >"$WORK/census"
tests
