#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The benchmark's table, from fixed records: what is a number is compared and sorted as one, however many digits it has, what
# lost everything is no ratio, and a verdict follows from the figure. With each awk that this machine has: they differ in what
# they take for a number. Runs here, not in a guest.
set -euo pipefail

BENCH=$(cd "${BASH_SOURCE[0]%/*}/../bench" && pwd)
CHECKS=(sort medians even verdicts lost partly-lost nothing native cores trust lists)
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# table RECORD...: the table of these lines in "table", the judged figures in "figures"; fails where awk does
table()
{
	printf '%s\n' "$@" >"$WORK/records"
	: >"$WORK/figures"
	"${AWK[@]}" -v figures="$WORK/figures" -f "$BENCH/statistics.awk" -f "$BENCH/table.awk" "${NATIVE[@]}" "$WORK/records" \
		"$WORK/skipped" "$WORK/failed" >"$WORK/table" 2>"$WORK/errors" || { echo "awk ends with $?: $(head -n 1 "$WORK/errors")"; return 1; }
	[ ! -s "$WORK/errors" ] || { echo "awk says: $(head -n 1 "$WORK/errors")"; return 1; }
}

# shows TEXT: blanks count as one
shows()
{
	tr -s ' ' <"$WORK/table" | grep -qF -- "$1" || { echo "no \"$1\" in: $(tr -s ' \n' ' ' <"$WORK/table")"; return 1; }
}

# figure NAME VALUE MET
figure()
{
	grep -F "{\"figure\":\"$1\",\"value\":$2," "$WORK/figures" | grep -qF "\"met\":$3}" ||
		{ echo "$1 is not $2, met $3, in: $(tr '\n' ' ' <"$WORK/figures")"; return 1; }
}

# efficiency OURS CEILING SUPERVISOR-US [PROCESSORS TRUST CONCURRENCY]: one record
efficiency()
{
	echo "{\"kind\":\"efficiency\",\"clock\":\"time\",\"processors\":${4:-1},\"case\":\"mutual:ecdsa\"," \
		"\"trust\":\"${5:-ca}\",\"concurrency\":${6:-8},\"pair\":1," \
		"\"supervisor_us\":$3,\"keeper_us\":1,\"worker_us\":1,\"switches_supervisor\":1,\"switches_keeper\":1," \
		"\"switches_worker\":1,\"per_cpu_s\":$1,\"ceiling_per_cpu_s\":$2,\"per_s\":$1,\"p50_ms\":1,\"p99_ms\":1}" | tr -d ' '
}

# reference OURS REFERENCE SUCCEEDED: one record
reference()
{
	echo "{\"kind\":\"reference\",\"case\":\"psk:ecdsa\",\"trust\":\"ca\",\"concurrency\":8,\"pair\":1,\"count\":24," \
		"\"succeeded\":$3,\"per_s\":$1,\"reference_per_s\":$2,\"reference_cpu_us\":1,\"reference_p50_ms\":1}" | tr -d ' '
}

# What was cut out of a line, as it is: strings
check_sort()
{
	local got
	got=$("${AWK[@]}" -f "$BENCH/statistics.awk" -f "$WORK/sort.awk" </dev/null) || { echo "awk ends with $?"; return 1; }
	[ "$got" = "10.2 9.5 101.3" ] || { echo "median, lowest, highest: $got"; return 1; }
}

check_medians()
{
	table "$(efficiency 102.0 200 1000.5)" "$(efficiency 9.5 10 95.2)" "$(efficiency 10.0 20 100.4)" || return 1
	shows '0.510 (0.500-0.950)' || return 1
	shows ' 100 1 1 ' || return 1
	shows ' 10.00 20.00 ' || return 1
}

check_even()
{
	table "$(efficiency 9.5 10 95)" "$(efficiency 101 101 1005)" || return 1
	shows '0.975 (0.950-1.000)' || return 1
	shows ' 550 ' || return 1
	figure 'guest efficiency mutual:ecdsa ca 8' 0.975 true
}

# As strings "9.500" is more than 10, and "10.200" less than 1.5.
check_verdicts()
{
	table '{"kind":"pace","clock":"time","ours":19,"reference":2,"pending_limit":4,"ratio":9.500}' \
		'{"kind":"burst","connections":1000,"succeeded":1000,"per_s":9.5,"usual_per_s":9.9,"p50_ms":1,"p99_ms":1,"p99_of_usual":10.200}' \
		'{"kind":"psk","connections":10000,"succeeded":9998,"per_s":10}' \
		'{"kind":"memory","silent":0,"supervisor_kb":900,"workers_kb":100}' \
		'{"kind":"memory","silent":100,"supervisor_kb":1000,"workers_kb":1000}' \
		'{"kind":"memory","silent":2000,"supervisor_kb":10000,"workers_kb":11000}' \
		'{"kind":"beside","silent":0,"per_s":10.5,"per_cpu_s":1}' '{"kind":"beside","silent":2000,"per_s":9.8,"per_cpu_s":1}' \
		'{"kind":"beside","silent":100,"per_s":1,"per_cpu_s":1}' || return 1
	figure 'pace, times the reference' 9.5 false || return 1
	figure 'burst, p99 to burst / throughput' 10.2 false || return 1
	figure 'burst, failures' 0 true || return 1
	figure 'pre-shared keys, failures' 2 false || return 1
	figure 'KB for a silent handshake' 10 true || return 1
	figure 'throughput beside silent peers' 0.9333 true || return 1
	shows '6 figures, 3 missed' || return 1
	# And the other way round.
	table '{"kind":"pace","clock":"time","ours":384,"reference":2,"pending_limit":4,"ratio":192.000}' \
		'{"kind":"burst","connections":1000,"succeeded":1000,"per_s":9.5,"usual_per_s":9.9,"p50_ms":1,"p99_ms":1,"p99_of_usual":1.020}' ||
		return 1
	figure 'pace, times the reference' 192 true || return 1
	figure 'burst, p99 to burst / throughput' 1.02 true || return 1
	shows '3 figures, 0 missed'
}

check_lost()
{
	table "$(reference 27.1 0.00 0)" "$(reference 9.3 0.00 0)" || return 1
	shows 'lost all' || return 1
	shows 'the reference lost 48 of 48' || return 1
	! grep -q 'times the reference' "$WORK/figures" || { echo "judged: $(cat "$WORK/figures")"; return 1; }
	shows '0 figures, 0 missed'
}

# A pair without a ratio is none of those that the median is of.
check_partly-lost()
{
	table "$(reference 27.0 2.70 20)" "$(reference 9.0 0.00 0)" "$(reference 10.0 2.00 24)" || return 1
	shows '7.50 (5.00-10.00)' || return 1
	shows 'the reference lost 28 of 72' || return 1
	figure 'times the reference psk:ecdsa ca' 7.5 true
}

# Figures whose denominator is missing or nothing
check_nothing()
{
	table "$(efficiency 10 0.00 1)" '{"kind":"pace","clock":"time","ours":2,"reference":0,"pending_limit":4,"ratio":"none"}' \
		'{"kind":"beside","silent":0,"per_s":0.00,"per_cpu_s":1}' '{"kind":"beside","silent":100,"per_s":9.8,"per_cpu_s":1}' \
		'{"kind":"burst","connections":100,"succeeded":0,"per_s":0.00,"usual_per_s":0.00,"p50_ms":0,"p99_ms":0,"p99_of_usual":"none"}' \
		'{"kind":"memory","silent":0,"supervisor_kb":900,"workers_kb":100}' \
		'{"kind":"memory","silent":100,"supervisor_kb":1000,"workers_kb":1000}' || return 1
	shows '2 figures, 1 missed'
}

# What native measures: processor time and context switches of each process, and the start with the system's trust store
check_native()
{
	local NATIVE=("$WORK/native.json")
	{
		printf '{"rows":[\n{"case":"mutual:ecdsa","trust":"ca","concurrency":8,"efficiency":0.907,"least":0.810,"most":1.015,'
		printf '"per_cpu_s":367.5,"ceiling_per_cpu_s":405.2,"supervisor_us":217.4,"keeper_us":229.6,"worker_us":2287,'
		printf '"switches_supervisor":2.91,"switches_keeper":2.14,"switches_worker":4.25,"per_s":256.1,'
		printf '"latency_p50_ms":20.86,"latency_p99_ms":101.5}\n],"system_calls":[\n'
		printf '{"case":"mutual:ecdsa","supervisor":36.5,"keeper":10.7,"worker":69.1}\n'
		printf '],"facts":[\n"idle 5 0",\n"start 45 40 120 system",\n"kernel 6.1"\n]}\n'
	} >"$WORK/native.json"
	table '{"kind":"none"}' || return 1
	shows 'mutual:ecdsa ca 8 0.907 (0.810-1.015) 367.50 405.20 217 230 2287 2.9 2.1 4.2 256.10 20.9 101.5 met (>= 0.85)' ||
		return 1
	shows 'supervisor 36.5, keeper 10.7, worker 69.1' || return 1
	shows 'start to READY, trust store system: 45 ms (40-120) met (<= 100)' || return 1
	figure 'native efficiency mutual:ecdsa ca 8' 0.907 true || return 1
	figure 'start, ms' 45 true
}

check_cores()
{
	table "$(efficiency 9.5 10 1)" "$(efficiency 14.2 10 1 2)" "$(efficiency 8.0 10 1 1 ca 64)" "$(efficiency 12.5 10 1 2 ca 64)" \
		"$(efficiency 9.5 10 1 1 ca 1)" "$(efficiency 9.5 10 1 2 ca 1)" || return 1
	figure 'scales with the cores: mutual:ecdsa ca 8' 1.495 false || return 1
	figure 'scales with the cores: mutual:ecdsa ca 64' 1.562 true || return 1
	shows '14.20/s with two processors, 9.50/s with one, 1.49 times MISSED (>= 1.5)' || return 1
	shows '5 figures'
}

check_trust()
{
	table "$(efficiency 10.0 10 1)" "$(efficiency 9.1 10 1 1 system)" || return 1
	figure 'guest, independent of the trust store: mutual:ecdsa 8' 0.91 true || return 1
	table "$(efficiency 10.0 10 1)" "$(efficiency 8.9 10 1 1 system)" || return 1
	figure 'guest, independent of the trust store: mutual:ecdsa 8' 0.89 false
}

# What was skipped and what has failed are different things.
check_lists()
{
	echo 'cores this machine has one processor' >"$WORK/skipped"
	echo 'data it was bad' >"$WORK/failed"
	table '{"kind":"none"}' || return 1
	shows 'skipped: cores this machine has one processor' || return 1
	shows 'FAILED: data it was bad' || return 1
	shows '0 figures, 0 missed; 1 FAILED'
}

# The awks that are here
here()
{
	local name
	for name in mawk gawk busybox; do
		if command -v "$name" >/dev/null; then echo "$name"; fi
	done
}

cat >"$WORK/sort.awk" <<'SORT'
	END {
		split("101.3|9.5|10.2", text, "|")
		for (i = 1; i <= 3; i++)
			value["g", ++pairs["g"], "c"] = text[i] ""
		middle = median("g", "c")
		print middle, LEAST, MOST
	}
SORT
NATIVE=()
mapfile -t AWKS < <(here)
[ "${#AWKS[@]}" -gt 0 ] || AWKS=(awk)
echo "plan $((${#AWKS[@]} * ${#CHECKS[@]}))"
for name in "${AWKS[@]}"; do
	AWK=("$name")
	[ "$name" != busybox ] || AWK=(busybox awk)
	for check in "${CHECKS[@]}"; do
		: >"$WORK/skipped"
		: >"$WORK/failed"
		if reason=$("check_$check"); then
			echo "pass bench-table-$name-$check"
		else
			echo "fail bench-table-$name-$check ${reason//$'\n'/ }"
		fi
	done
done
