#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# When a step of paced connections counts as passed: the benchmark's own judgement, on fixed results of the kernel module. Runs
# here, not in a guest.
set -euo pipefail

TESTS=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
LIB=$TESTS/lib
. "$LIB/bench.sh"
. "$LIB/measure.sh"
. "$TESTS/bench/storms.sh"

# result CONNECTIONS SUCCEEDED LATE ARRIVAL-MS [REFUSED]: a step of 500 at 100 a second takes 4990 ms to arrive
result()
{
	printf '{"role":"both","connections":%d,"succeeded":%d,"most_in_flight":300,"late":%d,"pending_limit":4,' "$1" "$2" "$3"
	printf '"elapsed_ns":25000000000,"arrival_ns":%d000000,"connections_per_s":20.00,"client":{"submits":%d,"results":{"0":%d},' \
		"$4" "$1" "$2"
	printf '"submit_errors":{%s}},"server":{"submit_errors":{}}}\n' "${5:+\"11\":$5}"
}

# verdict NAME yes|no RESULT-OF...
verdict()
{
	local name=$1 wanted=$2 got=no
	shift 2
	result "$@" | bench_flat >"$WORK/bench-step"
	! step_passed step 500 100 || got=yes
	if [ "$got" = "$wanted" ]; then echo "pass bench-pace-$name"; else echo "fail bench-pace-$name passed: $got, not $wanted"; fi
}

echo "plan 8"
verdict right yes 500 500 0 4990
verdict nearly yes 500 500 0 5500
verdict slow no 500 500 0 5600
verdict fast no 500 500 0 4400
verdict few-begun no 420 420 0 4190
verdict one-failed no 500 499 0 4990
verdict late no 500 500 1 4990
verdict refused no 500 500 0 4990 1
