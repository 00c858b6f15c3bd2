#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=3000 root=forky kernel=newest module=1
#
# The guest's part of "./quickstart bench": handshakes for the kernel, ours beside what the TLS library takes by itself and
# beside ktls-utils' agent, all in one boot and in turns. Results are lines of JSON in /run/out/records.
#
# BENCH_QUICK=1: few of everything. BENCH_PARTS: which parts, of: handshakes, storms or one of them, cores, instructions. The
# last is the first without the reference, for a guest whose clock counts instructions; BENCH_CLOCK=instructions notes that.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/keyring.sh"
. "$LIB/bench.sh"
. "$LIB/record.sh"
. "$LIB/measure.sh"
. "${BASH_SOURCE[0]%/*}/storms.sh"

PARTS=${BENCH_PARTS:-handshakes}
COMPARED=8	# the concurrency at which the reference is measured
# What is measured: CASE:TYPE/TRUST
if [ -n "${BENCH_QUICK:-}" ]; then
	PAIRS=1 CONCURRENCIES=(8) SCALE=50
	MEASURED=(server-only:ecdsa/ca psk:ecdsa/ca mutual:rsa/ca server-only:ecdsa/system)
else
	PAIRS=5 CONCURRENCIES=(1 8 64) SCALE=100
	MEASURED=("${BENCH_CASES[@]/%//ca}" "${BENCH_CASES[@]/%//system}")
fi
PAIRS=${BENCH_PAIRS:-$PAIRS}
CORES=(server-only:ecdsa/ca mutual:ecdsa/ca)	# where the number of processors is what is looked at

# count_of CASE CONCURRENCY: under emulation a handshake takes some 40 ms and up
count_of()
{
	local count
	case $1 in
	mutual:rsa) count=32 ;;
	psk:*) count=96 ;;
	*) count=48 ;;
	esac
	count=$((count * SCALE / 100))
	case $2 in
	1) count=$((count / 2)) ;;
	64) count=128 ;;
	esac
	echo $((count < 2 * $2 ? 2 * $2 : count))
}

# theirs_count CASE TRUST: theirs loads the trust store for each
theirs_count()
{
	if [ "$2" = system ] && [ "${1%:*}" != psk ]; then echo 16; else echo 24; fi
}

# concurrencies_of TRUST: whether the trust store's size matters, one of them shows
concurrencies_of()
{
	if [ "$1" = system ]; then echo $COMPARED; else echo "${CONCURRENCIES[@]}"; fi
}

# beside_ceiling CASE TRUST PAIR CONCURRENCY: half of the library's before and half after ours, so that what others do on the
# machine falls on both
beside_ceiling()
{
	local case=$1 trust=$2 concurrency=$4 mode=${1%:*} type=${1#*:} words count half before after
	read -ra words < <(measure_words "$mode")
	count=$(count_of "$case" "$concurrency")
	half=$(($(count_of "$case" 8) / 2))
	before=$(ceiling "$mode" "$type" "$trust" "$half")
	ours pair "$count" "concurrency=$concurrency" "$PATIENT" "${words[@]}"
	after=$(ceiling "$mode" "$type" "$trust" "$half")
	same_session "$after" "$(agent_log server)"
	# shellcheck disable=SC2046 # words
	record efficiency "clock=${BENCH_CLOCK:-time}" "processors=$(nproc)" "case=$case" "trust=$trust" \
		"concurrency=$concurrency" "pair=$3" "count=$count" $(ours_usage "$count") \
		"ceiling_per_cpu_s=$(both_halves "$(field cpu_us "$before")" "$(field cpu_us "$after")")" \
		"per_s=$(bench_value pair connections_per_s)" "p50_ms=$(run_percentile pair p50)" "p99_ms=$(run_percentile pair p99)"
}

# one_pair CASE TRUST PAIR: each of the agents once, and the library
one_pair()
{
	local words concurrency
	read -ra words < <(measure_words "${1%:*}")
	for concurrency in $(concurrencies_of "$2"); do
		beside_ceiling "$@" "$concurrency"
		[ "$concurrency" -eq $COMPARED ] && measure_has_theirs || continue
		compare "$@" "$(bench_value pair connections_per_s)" "${words[@]}"
	done
}

# compare CASE TRUST PAIR OUR-RATE WORD...
compare()
{
	local case=$1 trust=$2 pair=$3 rate=$4 count succeeded
	shift 4
	count=$(theirs_count "$case" "$trust")
	theirs compared "$count" concurrency=$COMPARED "$PATIENT" "$@"
	succeeded=$(bench_value compared succeeded)
	record reference "case=$case" "trust=$trust" "concurrency=$COMPARED" "pair=$pair" "count=$count" "succeeded=$succeeded" \
		"per_s=$rate" "reference_per_s=$(bench_value compared connections_per_s)" \
		"reference_cpu_us=$((succeeded ? $(cat "$WORK/theirs-us") / succeeded : 0))" \
		"reference_p50_ms=$(run_percentile compared p50)" "client=$(run_statuses compared client)" \
		"server=$(run_statuses compared server)"
}

# warm CASE: what is done at first use is done
warm()
{
	local words
	read -ra words < <(measure_words "${1%:*}")
	ours warm 8 concurrency=8 "$PATIENT" "${words[@]}"
	! measure_has_theirs || run_at theirs warm count=2 concurrency=2 retry=1 "$PATIENT" "${words[@]}"
}

# handshakes CASE TRUST
handshakes()
{
	local pair
	warm "$1"
	for ((pair = 1; pair <= PAIRS; pair++)); do one_pair "$1" "$2" "$pair"; done
}

# agents TYPE TRUST: both have this configuration; does nothing when they have it already
agents()
{
	[ "$(cat "$WORK/agents" 2>/dev/null)" != "$*" ] || return 0
	rm -f "$WORK/agents"
	measure_start server "$@" hello_timeout_ms=0
	! measure_has_theirs || measure_start theirs "$@" hello_timeout_ms=0
	echo "$*" >"$WORK/agents"
}

# measured CASE/TRUST
measured()
{
	local case=${1%/*} trust=${1#*/}
	[ "$trust" != system ] || [ -e "$PKI/system.crt" ] || not_here "this machine has no authorities (package ca-certificates)"
	agents "${case#*:}" "$trust"
	handshakes "$case" "$trust"
}

# In the order in which agents need not be started anew
part_handshakes()
{
	local one
	while read -r one; do
		attempt "bench-${one//[:\/]/-}" measured "$one"
	done < <(printf '%s\n' "${MEASURED[@]}" | sort -t : -s -k 2)
	rm -f "$WORK/agents"
}

part_cores()
{
	local THEIRS=/nonexistent
	CONCURRENCIES=(8 64) MEASURED=("${CORES[@]}")
	part_handshakes
}

part_instructions()
{
	local THEIRS=/nonexistent PAIRS=2
	CONCURRENCIES=(8) MEASURED=("${BENCH_CASES[@]/%//ca}" server-only:ecdsa/system)
	part_handshakes
}

results_planned()
{
	local results=0 part
	for part in $PARTS; do
		case $part in
		handshakes) results=$((results + ${#MEASURED[@]})) ;;
		cores) results=$((results + ${#CORES[@]})) ;;
		instructions) results=$((results + ${#BENCH_CASES[@]} + 1)) ;;
		storms) results=$((results + ${#STORMS[@]})) ;;
		*) results=$((results + 1)) ;;
		esac
	done
	echo "$results"
}

setup()
{
	measure_setup
	record guest "clock=${BENCH_CLOCK:-time}" "kernel=$(uname -r)" "processors=$(nproc)" "parts=$PARTS" "quick=${BENCH_QUICK:-0}" \
		"memory_mb=$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" \
		"gnutls=$(gnutls-cli --version 2>/dev/null | awk 'NR == 1 { print $NF }')" \
		"reference=$(measure_has_theirs && dpkg-query -W -f '${Version}' ktls-utils 2>/dev/null || echo none)" \
		"authorities=$(grep -c 'BEGIN CERT' "$PKI/system.crt" 2>/dev/null || echo 0)"
}

setup
plan "$(results_planned)"
for part in $PARTS; do "part_$part"; done
