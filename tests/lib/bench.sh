# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Runs of the kernel module handshake-bench (kernel/handshake-bench/README.md has its keys and its result). TLSHD_MODULE is
# the built module; tests/run gives it to tests with "module=1". Source it after all.sh.

BENCH_DEVICE=/dev/handshake-bench

bench_load()
{
	insmod "${TLSHD_MODULE:?says where the built module is}" || give_up "insmod: $(dmesg | tail -n 1)"
	wait_for 10 test -c $BENCH_DEVICE || give_up "there is no $BENCH_DEVICE"
}

bench_loaded()
{
	grep -q '^handshake_bench ' /proc/modules
}

# bench NAME KEY=VALUE...: a run, to its end; its result is in $WORK/bench-NAME, a line for each value:
#	client.results.0 100
bench()
{
	bench_start "$@"
	bench_end "$1"
}

# bench_start NAME KEY=VALUE...: in the background, one process that has the file; it ends with the run
bench_start()
{
	local name=$1
	shift
	(
		trap - ERR
		exec 3<>$BENCH_DEVICE
		echo "$*" >&3 || true
		exec cat <&3
	) >"$WORK/bench-$name.json" 2>"$WORK/bench-$name.err" &
	echo "$!" >"$WORK/bench-$name.pid"
}

# bench_end NAME [SECONDS]
bench_end()
{
	local name=$1 pid
	pid=$(cat "$WORK/bench-$name.pid")
	wait_for "${2:-200}" gone "$pid" || give_up "the run $name does not end"
	wait "$pid" || give_up "run $name: $(cat "$WORK/bench-$name.err")"
	bench_flat <"$WORK/bench-$name.json" >"$WORK/bench-$name"
	! bench_has "$name" error || give_up "run $name: $(bench_value "$name" error)"
}

# bench_kill NAME...: their processes; the kernel cancels what is in flight before they are gone
bench_kill()
{
	local name pid pids=()
	for name; do
		read -r pid <"$WORK/bench-$name.pid"
		pids+=("$pid")
	done
	# The shell would report each that is killed.
	disown "${pids[@]}" || true
	kill -KILL "${pids[@]}"
	for pid in "${pids[@]}"; do
		wait_for 30 gone "$pid" || give_up "a process of the runs $* does not end: $(cat "/proc/$pid/stack")"
	done
}

# Objects within objects, no arrays, no blanks or quotes in texts but one sentence: that is all that there is.
bench_flat()
{
	awk '
		{ text = text $0 }
		END {
			depth = 0
			while (match(text, /^[{},]|^"[^"]*":?|^[^{},"]+/)) {
				token = substr(text, 1, RLENGTH)
				text = substr(text, RLENGTH + 1)
				if (token == "{") { depth++; path[depth] = key == "" ? "" : path[depth - 1] key "." }
				else if (token == "}") depth--
				else if (token ~ /^".*":$/) key = substr(token, 2, length(token) - 3)
				else if (token != ",") { gsub(/"/, "", token); print path[depth] key, token }
				if (token == "{") key = ""
			}
		}'
}

# bench_value NAME PATH: 0 when there is no such value: counts that are 0 have no line
bench_value()
{
	awk -v path="$2" '$1 == path { sub(/^[^ ]* /, ""); print; found = 1 } END { if (!found) print 0 }' "$WORK/bench-$1"
}

bench_has()
{
	awk -v path="$2" '$1 == path { found = 1 } END { exit !found }' "$WORK/bench-$1"
}

# bench_is NAME PATH VALUE [PATH VALUE...]
bench_is()
{
	local name=$1 got
	shift
	while [ $# -gt 0 ]; do
		got=$(bench_value "$name" "$1")
		[ "$got" = "$2" ] || give_up "run $name: $1 is $got, not $2: $(cat "$WORK/bench-$name.json")"
		shift 2
	done
}

# bench_between NAME PATH LEAST MOST
bench_between()
{
	local got
	got=$(bench_value "$1" "$2")
	[ "$got" -ge "$3" ] && [ "$got" -le "$4" ] ||
		give_up "run $1: $2 is $got, not $3 to $4: $(cat "$WORK/bench-$1.json")"
}

# bench_all_succeed NAME COUNT: handshakes at both ends
bench_all_succeed()
{
	bench_is "$1" connections "$2" succeeded "$2" client.results.0 "$2" server.results.0 "$2"
	comment "$1: $(bench_value "$1" handshakes_per_s) handshakes/s, client p50 $(bench_value "$1" client.latency_us.p50) us," \
		"p99 $(bench_value "$1" client.latency_us.p99) us, $(bench_value "$1" client.retries) retries"
}

# bench_has_any NAME OBJECT: whether it has any member
bench_has_any()
{
	grep -q "^${2//./\\.}\." "$WORK/bench-$1"
}

# bench_refused LINE: the write fails and the file says why
bench_refused()
{
	(
		exec 3<>$BENCH_DEVICE
		! echo "$1" >&3 2>/dev/null || give_up "accepted: ${1:0:60}"
		cat <&3 >"$WORK/bench-refused"
	)
	grep -q '^{"error":"[^"]*"}$' "$WORK/bench-refused" || give_up "no reason for ${1:0:60}: $(cat "$WORK/bench-refused")"
	comment "${1:0:60}: $(cat "$WORK/bench-refused")"
}
