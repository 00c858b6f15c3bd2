#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What "tests/bench/run" does where something is missing or fails: all that can be measured is measured, what cannot be had is
# skipped, what went wrong has failed, and only that makes the status 1. Guests and measurements are stand-ins that say what
# they were asked for. Runs here, not in a guest.
set -euo pipefail

TESTS=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT
CHECKS=(all no-kernel no-root bad-root no-module bad-module bad-native bad-guest quick-storms quick-cores no-part)
mkdir -p "$WORK/tests/guest" "$WORK/build/stage"
cp -r "$TESTS/bench" "$TESTS/lib" "$WORK/tests"

# stand_in FILE SHELL-COMMAND
stand_in()
{
	printf '#!/bin/bash\n%s\n' "$2" >"$WORK/tests/$1"
	chmod +x "$WORK/tests/$1"
}

# Everything is there and works
stand_ins()
{
	stand_in guest/kernel 'echo /kernel'
	stand_in guest/accel 'echo tcg'
	stand_in guest/rootfs 'echo /root-folder'
	# shellcheck disable=SC2016 # for the stand-in
	stand_in guest/rootbuild 'mkdir -p "$3/stage"'
	# shellcheck disable=SC2016
	stand_in guest/module 'echo "$2/module.ko"'
	stand_in guest/run "echo \"\$*\" >>$WORK/guests; echo plan 1; echo pass measured"
	stand_in bench/native 'exit 0'
}

# bench STATUS OPTION...: a run that ends with this status
bench()
{
	local status=0 wanted=$1
	shift
	rm -f "$WORK/guests" "$WORK/build/bench.json"
	: >"$WORK/guests"
	"$WORK/tests/bench/run" -b "$WORK/build" "$@" >"$WORK/out" 2>&1 || status=$?
	[ "$status" -eq "$wanted" ] || { echo "status $status, not $wanted: $(tail -n 5 "$WORK/out" | tr '\n' ' ')"; return 1; }
}

# listed KIND PART REASON: in the table and in the file; KIND is skipped or failed
listed()
{
	grep -qi "^$1: $2 $3" "$WORK/out" || { echo "the table has no \"$1: $2 $3\": $(tail -n 9 "$WORK/out" | tr '\n' ' ')"; return 1; }
	sed -n "/^\"$1\":\\[/,/^\\]/p" "$WORK/build/bench.json" | grep -q "{\"part\":\"$2\",\"reason\":\"$3" ||
		{ echo "the file has no $2 in $1: $(tr '\n' ' ' <"$WORK/build/bench.json")"; return 1; }
}

# nothing KIND: is in this list
nothing()
{
	[ "$(sed -n "/^\"$1\":\\[/,/^\\]/p" "$WORK/build/bench.json" | wc -l)" -eq 2 ] ||
		{ echo "$1 in the file: $(tr '\n' ' ' <"$WORK/build/bench.json")"; return 1; }
}

# guests N [WORD...]: so many were started, each with these words
guests()
{
	local count=$1 word
	shift
	[ "$(wc -l <"$WORK/guests")" -eq "$count" ] || { echo "$(wc -l <"$WORK/guests") guests, not $count"; return 1; }
	for word; do
		[ "$(grep -cF -- "$word" "$WORK/guests" || true)" -eq "$count" ] || { echo "not all have $word: $(cat "$WORK/guests")"; return 1; }
	done
}

# parts: guests of a run of everything; with one processor there is no guest with two
parts()
{
	if [ "$(nproc)" -lt 2 ]; then echo 3; else echo 4; fi
}

check_all()
{
	bench 0 && guests "$(parts)" "-r /root-folder" && nothing failed
}

check_no-kernel()
{
	stand_in guest/kernel 'echo "no archive" >&2; exit 1'
	bench 0 && guests 0 && listed skipped data 'no newest kernel: no archive' && nothing failed
}

# Only what needs the reference is skipped.
check_no-root()
{
	stand_in guest/rootfs 'echo "no mirror" >&2; exit 1'
	bench 0 && guests "$(parts)" "TLSHD_STAGE=$WORK/build/stage" BENCH_REFERENCE=none &&
		listed skipped reference 'no root folder of forky: no mirror' && nothing failed
}

check_bad-root()
{
	stand_in guest/rootbuild 'exit 1'
	bench 1 && guests "$(parts)" "TLSHD_STAGE=$WORK/build/stage" BENCH_REFERENCE=none &&
		listed failed reference 'the build in forky'
}

check_no-module()
{
	stand_in guest/module 'echo "no headers" >&2; exit 77'
	bench 0 && guests 1 data.sh && listed skipped storms 'no kernel module: no headers' && nothing failed
}

check_bad-module()
{
	stand_in guest/module 'exit 2'
	bench 1 && guests 1 data.sh && listed failed module 'its build'
}

check_bad-native()
{
	stand_in bench/native 'echo "no supervisor"; exit 1'
	bench 1 -p native -p data && guests 1 && listed failed native 'no supervisor' && nothing skipped
}

check_bad-guest()
{
	stand_in guest/run 'echo plan 1; echo fail one it was bad; exit 1'
	bench 1 -p data && listed failed data 'one it was bad' && nothing skipped
}

check_quick-storms()
{
	bench 0 -q -p storms && guests 1 'BENCH_PARTS=storms' BENCH_QUICK=1 && nothing skipped
}

check_quick-cores()
{
	bench 2 -q -p cores && grep -q 'no part cores' "$WORK/out"
}

check_no-part()
{
	bench 2 -p nonsense && grep -q 'there is no part nonsense' "$WORK/out"
}

echo "plan ${#CHECKS[@]}"
for check in "${CHECKS[@]}"; do
	stand_ins
	if reason=$("check_$check"); then
		echo "pass bench-run-$check"
	else
		echo "fail bench-run-$check ${reason//$'\n'/ }"
	fi
done
