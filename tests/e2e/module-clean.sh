#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=600 module=1
#
# A consumer that is killed in the middle of everything leaves nothing behind: neither in the kernel nor in the agent. Each
# round loads the module, starts handshakes, data and slow peers, kills the processes that asked for them, and unloads it.
#
# Debian's kernels have no kmemleak, lockdep or KASAN: what is counted here are the slab objects that a leak would be made of.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/keyring.sh"
. "$LIB/bench.sh"

ROUNDS=${ROUNDS:-20}
WARM=2			# rounds before the first count
AT_A_TIME=4
CACHES=(TCP sock_inode_cache filp)
# Objects that may be alive by chance, in the caches of processors for example. What leaks with each cancelled request is some
# fifty times a round.
MARGIN=30

# slab NAME: objects in use
slab()
{
	awk -v name="$1" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }' /proc/slabinfo
}

slabs_note()
{
	local cache
	echo 3 >/proc/sys/vm/drop_caches
	for cache in "${CACHES[@]}"; do echo "$cache $(slab "$cache")"; done
}

# Each cache has not more than at the first count, but for the margin
slabs_are_back()
{
	slabs_note >"$WORK/slabs-now"
	paste -d ' ' "$WORK/slabs" "$WORK/slabs-now" |
		awk -v margin=$MARGIN '$4 > $2 + margin { bad = 1 } END { exit bad }'
}

# busy N: so many are open
busy()
{
	[ "$(handshakes_open)" -ge "$1" ]
}

# One round; the moment of the kill differs from round to round.
round()
{
	local number=$1 began loaded killed unloaded
	began=$(now_ms)
	bench_load
	bench_start x509 peername=server.test count=1000 "concurrency=$AT_A_TIME" retry=1 data=300000
	# shellcheck disable=SC2046 # two words
	bench_start psk auth=psk $(psk_words host) count=1000 "concurrency=$AT_A_TIME" retry=1
	bench_start silent peer=silent count=1000 "concurrency=$AT_A_TIME" retry=1
	bench_start drip peer=drip interval_ms=20 count=1000 "concurrency=$AT_A_TIME" retry=1 cancel_ms=400
	wait_for 20 busy $((3 + number % 4 * 2)) || give_up "nothing is in flight: $(cat "$WORK"/bench-*.err)"
	! rmmod handshake_bench 2>/dev/null || give_up "the module could be unloaded while it was used"
	loaded=$(now_ms)
	bench_kill x509 psk silent drip
	killed=$(now_ms)
	rmmod handshake_bench || give_up "the module cannot be unloaded"
	unloaded=$(now_ms)
	! bench_loaded || give_up "it is still loaded"
	wait_for 20 handshakes_are 0 || give_up "the agent still has $(handshakes_open) descriptors"
	comment "round $number: under load after $((loaded - began)) ms, killed in $((killed - loaded)), unloaded in" \
		"$((unloaded - killed)), the agent done with it in $(($(now_ms) - unloaded))"
}

rounds()
{
	local i
	agent_base
	for ((i = 1; i <= WARM; i++)); do round "$i"; done
	slabs_note >"$WORK/slabs"
	requests_record
	for ((i = 1; i <= ROUNDS; i++)); do round "$i"; done
	comment "$ROUNDS rounds, $(requests | wc -l) requests, of them cancelled $(requests | grep -c cancelled)"
	[ "$(requests | grep -c cancelled)" -ge "$ROUNDS" ] || give_up "nothing was cancelled"
}

counts()
{
	wait_for 30 slabs_are_back || give_up "slab objects: $(paste -d ' ' "$WORK/slabs" "$WORK/slabs-now" | tr '\n' ';')"
	comment "slab objects, before and after: $(paste -d ' ' "$WORK/slabs" "$WORK/slabs-now" | tr '\n' ';')"
	[ "$(slab TCP)" -gt 0 ] || give_up "there is no count of TCP sockets"
}

quiet()
{
	local lines
	lines=$(dmesg | grep -Ei 'warning:|bug:|oops|leak|refcount|use-after-free|corrupt|hung task|blocked for more' | head -n 3 || true)
	[ -z "$lines" ] || give_up "the kernel says: $lines"
}

# The agent is the process that it was, and its next consumer is served.
serves()
{
	agent_unharmed "$(cat "$WORK/agent")"
	bench_load
	bench after peername=server.test count=3
	bench_all_succeed after 3
	rmmod handshake_bench
	! grep -q 'req-' /proc/keys || give_up "a holder is left: $(grep req- /proc/keys | head -n 1)"
}

plan 4
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
agent_x509 server ca server client
agent_start server
agent_pid server >"$WORK/agent"
psk_make host
attempt module-clean-rounds rounds
attempt module-clean-slabs counts
attempt module-clean-quiet quiet
attempt module-clean-serves serves
