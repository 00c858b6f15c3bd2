#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=480 module=1
#
# Handshakes for a consumer that is neither NFS nor NVMe: the kernel module of kernel/handshake-bench. It says for itself what
# it was answered, and sends data through what it got. module-consumer-newest.sh runs the same on another kernel.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/keyring.sh"
. "$LIB/bench.sh"

NAME=${NAME:-module-consumer}
BURST=${BURST:-100}
HANDSHAKES=${HANDSHAKES:-500}	# with pre-shared keys
SLOW=${SLOW:-24}		# slow peers at a time
DATA=1000003			# bytes; no record ends with them
PATIENCE=120000			# ms
LOAD_MS=2000			# what a busy machine may add to a deadline

# both_ways NAME COUNT: the data of COUNT connections has come through in both directions, in records of TLS, and their ends
# were said
both_ways()
{
	bench_all_succeed "$1" "$2"
	bench_is "$1" data.bytes $((2 * $2 * DATA)) data.mismatches 0 data.close_notify $((2 * $2)) data.records.21 $((2 * $2)) \
		data.records.0 0 data.records.22 0
	bench_between "$1" data.records.23 $((2 * $2 * DATA / 16384)) 1000000
	! bench_has_any "$1" data.errors || give_up "run $1: $(cat "$WORK/bench-$1.json")"
}

x509()
{
	requests_record
	bench x509 auth=x509 peername=server.test count=4 concurrency=2 data=$DATA
	both_ways x509 4
	# As sunrpc's: no key stands for a peer with a certificate, but there is one.
	bench_is x509 server.peerids.-1 4
	requests_sound
}

# A byte that is wrong is seen, by the end that gets it, and the connection has not succeeded.
mismatch()
{
	bench wrong auth=x509 peername=server.test count=2 data=$DATA corrupt=1
	bench_is wrong connections 2 succeeded 0 client.results.0 2 server.results.0 2 data.mismatches 2 data.bytes $((4 * DATA)) \
		data.close_notify 4
	! bench_has_any wrong data.errors || give_up "run wrong: $(cat "$WORK/bench-wrong.json")"
}

ipv6()
{
	bench ipv6 address=::1 peername=server.test count=2 data=$DATA
	both_ways ipv6 2
	bench_refused "address=[::1] peername=server.test"
}

# The server's end is in another network namespace, behind a link, and so is who serves it.
namespace()
{
	agent_x509 far ca server -
	agent_start far
	exec 4</run/netns/far
	log_mark
	bench far server_netns=4 address=192.0.2.2 auth=anon peername=server.test count=4 concurrency=2 data=$DATA
	both_ways far 4
	wait_for 10 agent_logged far 'handshake with client .* succeeded' || give_up "the agent there served no server"
	log_says 'handshake with server .* succeeded'
	! logged_since 'handshake with client' || give_up "the agent here served the server, too"
	# Where there is no agent, the kernel says so to this end only.
	agent_stop far
	bench nobody server_netns=4 address=192.0.2.2 auth=anon peername=server.test
	bench_is nobody succeeded 0 server.submit_errors.3 1 client.submit_errors.3 0
}

# More requests than the kernel lets wait, no agent that takes any, and no second try: each that is too much is counted as
# refused, and the others have waited in vain.
refusals()
{
	local refused waited
	kill -STOP "$(agent_pid server)"
	bench full peername=server.test count=60 concurrency=60 cancel_ms=3000
	# Nothing that fails below leaves it stopped.
	kill -CONT "$(agent_pid server)"
	refused=$(($(bench_value full client.submit_errors.11) + $(bench_value full server.submit_errors.11)))
	waited=$(($(bench_value full client.timed_out) + $(bench_value full server.timed_out)))
	comment "$refused submits of 120 were refused, $waited waited, of $(bench_value full pending_limit) that may"
	bench_is full succeeded 0 client.retries 0 server.retries 0
	[ $((refused + waited)) -eq 120 ] || give_up "run full: $(cat "$WORK/bench-full.json")"
	[ "$refused" -ge 60 ] && [ "$waited" -ge 1 ] || give_up "$refused refused, $waited waited"
	bench emptied peername=server.test
	bench_all_succeed emptied 1
}

anonymous()
{
	bench anon auth=anon peername=server.test count=4 concurrency=2 data=$DATA
	both_ways anon 4
	bench_is anon server.peerids.0 4
}

psk()
{
	local serial
	serial=$(psk_key first)
	# shellcheck disable=SC2046 # two words
	bench psk auth=psk $(psk_words first) count=4 concurrency=2 data=$DATA
	both_ways psk 4
	bench_is psk client.peerids."$serial" 4 server.peerids."$serial" 4
}

# The client refuses, and the server hears of it; neither waits for its own patience.
wrong_name()
{
	log_mark
	within 8000 bench name peername=other.test
	bench_is name succeeded 0 client.results.13 1 client.timed_out 0 server.timed_out 0 server.results.0 0 server.results.13 1
	log_says 'server certificate names DNS:server.test, not other.test'
}

# An identity that the server's keyring does not have: the keyring of the request is where it looks.
wrong_key()
{
	psk_make stranger
	within 8000 bench key auth=psk "keyring=$(psk_keyring first)" "keys=$(psk_key stranger)"
	bench_is key succeeded 0 client.results.129 1 server.results.13 1
}

# The consumer's own time-out: an agent that does not answer, and one that does not even take the request.
patience()
{
	requests_record
	bench mute peer=silent cancel_ms=700
	bench_is mute server.timed_out 1 server.submits 1
	kill -STOP "$(agent_pid server)"
	bench stopped cancel_ms=1500 peername=server.test count=2 concurrency=2
	# Nothing that fails below leaves it stopped.
	kill -CONT "$(agent_pid server)"
	bench_is stopped client.timed_out 2 server.timed_out 2
	bench_between stopped elapsed_ns 1500000000 $(((1500 + LOAD_MS) * 1000000))
	# The cancelled ones are answered, too, once, and the answer does nothing.
	requests_sound
	bench again peername=server.test
	bench_all_succeed again 1
}

# An agent can do nothing with a datagram socket, and says so.
datagrams()
{
	requests_record
	bench udp transport=udp peer=silent submits=client auth=anon peername=server.test
	bench_is udp client.results.95 1 client.submits 1 server.submits 0
	requests_sound
	[ "$(requests | wc -l)" -eq 1 ] || give_up "$(requests | wc -l) requests"
	[ "$(requests_count 95)" -eq 1 ] || give_up "not one DONE with EOPNOTSUPP: $(requests)"
}

# The agent's deadlines are for machines that are fast enough for what they take on. An emulated one is not, and loads are not
# about them: "patient" has a time-out of the consumer's, and no limit for the first byte.
agent_patient()
{
	agent_x509 server ca server client service:hello_timeout_ms=0
	agent_restart server
}

agent_impatient()
{
	agent_x509 server ca server client
	agent_restart server
}

burst()
{
	agent_patient
	bench burst peername=server.test "count=$BURST" "concurrency=$BURST" retry=1 "timeout_ms=$PATIENCE"
	bench_all_succeed burst "$BURST"
	# Without that the kernel would have refused most: it lets few requests wait.
	[ "$(bench_value burst pending_limit)" -lt "$BURST" ] || not_here "the kernel lets all requests wait"
	[ $(($(bench_value burst client.retries) + $(bench_value burst server.retries))) -gt 0 ] || give_up "no submit was refused"
}

# Where the kernel's keyrings are shared state that requests could lose to each other.
many_keys()
{
	# shellcheck disable=SC2046 # two words
	bench many auth=psk $(psk_words first) "count=$HANDSHAKES" concurrency=64 retry=1 "timeout_ms=$PATIENCE"
	bench_all_succeed many "$HANDSHAKES"
	bench_is many client.peerids."$(psk_key first)" "$HANDSHAKES"
	! grep -q 'req-' /proc/keys || give_up "a holder is left: $(grep req- /proc/keys | head -n 1)"
}

# slow PEER LIMIT: the agent's deadline ends them, not the consumer, and in time
slow()
{
	agent_impatient
	bench "$1" "peer=$1" interval_ms=300 "count=$SLOW" "concurrency=$SLOW" retry=1 cancel_ms=60000
	bench_is "$1" server.results.110 "$SLOW" server.timed_out 0 server.submits "$SLOW" client.submits 0
	bench_between "$1" server.latency_us.max $((($2 - 200) * 1000)) $((($2 + LOAD_MS) * 1000))
	comment "$1: answered after at most $(bench_value "$1" server.latency_us.max) us"
}

# While they are silent, others are served; and they go when their file is closed.
slow_do_not_disturb()
{
	agent_patient
	agent_base
	bench_start waiting peer=silent "count=$SLOW" "concurrency=$SLOW" retry=1 "timeout_ms=$PATIENCE"
	wait_for 20 opened "$SLOW" || give_up "$(handshakes_open) of $SLOW are open"
	bench meanwhile peername=server.test count=3
	bench_all_succeed meanwhile 3
	opened "$SLOW" || give_up "the silent ones ended meanwhile"
	bench_kill waiting
	wait_for 10 handshakes_are 0 || give_up "$(handshakes_open) are still open"
}

opened()
{
	[ "$(handshakes_open)" -ge "$1" ]
}

# Both ends in files of their own, as two machines would be; and at a pace.
apart()
{
	agent_patient
	bench_start apart-server role=server port=4433 count=20 concurrency=20 retry=1 "data=$DATA" \
		"timeout_ms=$PATIENCE"
	wait_for 10 listens || give_up "the server does not listen"
	bench apart role=client port=4433 rate=10 concurrency=20 count=20 retry=1 peername=server.test "data=$DATA" \
		"timeout_ms=$PATIENCE"
	bench_end apart-server 60
	bench_is apart succeeded 20 client.results.0 20 server.submits 0 data.bytes $((20 * DATA)) data.mismatches 0
	bench_is apart-server succeeded 20 server.results.0 20 data.bytes $((20 * DATA)) data.mismatches 0
	[ "$(bench_value apart elapsed_ns)" -ge 1900000000 ] || give_up "faster than the pace: $(bench_value apart elapsed_ns) ns"
}

listens()
{
	[ -n "$(ss -tlnH 'sport = :4433')" ]
}

# What is written wrong is refused with a reason, and starts nothing.
bad_input()
{
	local line
	for line in role=nobody count=0 count=x concurrency=99999 nonsense hello=1 auth=psk keys=1,2,3,4,5,6 keyring=0 \
		data=1,concurrency=1000 corrupt=1 peername= address=nowhere " " "role=client" "server_netns=0" "$(head -c 5000 /dev/zero | tr '\0' x)"; do
		bench_refused "${line//,concurrency/ concurrency}"
	done
	# And one run a file.
	(
		exec 3<>$BENCH_DEVICE
		echo "count=1 peername=server.test" >&3
		! echo "count=1" >&3 || give_up "a second run was begun"
		grep -q '"succeeded":1' <&3
	)
	! su -s /bin/sh nobody -c "exec 3<>$BENCH_DEVICE" 2>/dev/null || give_up "nobody may use it"
	chmod 666 $BENCH_DEVICE
	! su -s /bin/sh nobody -c "exec 3<>$BENCH_DEVICE" 2>/dev/null || give_up "no capability is asked for"
	chmod 600 $BENCH_DEVICE
}

# The last, because the agent is stopped.
no_agent()
{
	agent_stop server
	bench none peername=server.test
	bench_is none succeeded 0 client.submit_errors.3 1 server.submit_errors.3 1 client.retries 0
}

prepare()
{
	pki_ca ca
	pki_issue server ca ecdsa dns=server.test server
	pki_issue client ca ecdsa dns=client.test client
	agent_x509 server ca server client
	agent_start server
	psk_make first
	host_add far
	bench_load
}

tests()
{
	attempt "$NAME-x509" x509
	attempt "$NAME-mismatch" mismatch
	attempt "$NAME-ipv6" ipv6
	attempt "$NAME-namespace" namespace
	attempt "$NAME-anon" anonymous
	attempt "$NAME-psk" psk
	attempt "$NAME-wrong-name" wrong_name
	attempt "$NAME-wrong-key" wrong_key
	attempt "$NAME-patience" patience
	attempt "$NAME-refusals" refusals
	attempt "$NAME-udp" datagrams
	attempt "$NAME-burst" burst
	attempt "$NAME-many-keys" many_keys
	attempt "$NAME-silent" slow silent 2000
	attempt "$NAME-drip" slow drip 4000
	attempt "$NAME-undisturbed" slow_do_not_disturb
	attempt "$NAME-apart" apart
	attempt "$NAME-bad-input" bad_input
}

TESTS=19
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	plan $TESTS
	prepare
	tests
	attempt "$NAME-no-agent" no_agent
fi
