# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Storms, for tests/bench/guest.sh, which sources this: many requests at a pace or at once, silent peers, and what the defaults
# shed. But for the last, the consumer names a time-out of LIMIT_MS, and hello_timeout_ms is 0 in the configuration.

STORMS=(pace burst psk silent defaults)
PATIENT="timeout_ms=$LIMIT_MS"
STORM_CASE=server-only
if [ -n "${BENCH_QUICK:-}" ]; then
	STEP=25 BURST=100 PSK_COUNT=500 SILENT=(100 400) HALVINGS=0 BESIDE=24 FIRST_THEIRS=8
else
	STEP=500 BURST=1000 PSK_COUNT=10000 SILENT=(100 2000) HALVINGS=1 BESIDE=64 FIRST_THEIRS=4
fi
RATE_MOST=4000

# arrivals NAME: connections per second, from the first submit of a run to the last one's first try
arrivals()
{
	awk '$1 == "connections" { count = $2 } $1 == "arrival_ns" { ns = $2 }
		END { printf "%.2f\n", (ns > 0 ? (count - 1) * 1e9 / ns : 0) }' "$WORK/bench-$1"
}

# step_passed NAME COUNT RATE: whether all of a step were begun and succeeded, nothing was refused, and they did come at this
# rate, within a tenth: what is slower than it should be proves nothing of that rate
step_passed()
{
	[ "$(refused "$1")" -eq 0 ] && [ "$(bench_value "$1" connections)" -eq "$2" ] && [ "$(bench_value "$1" succeeded)" -eq "$2" ] &&
		[ "$(bench_value "$1" late)" -eq 0 ] &&
		awk -v got="$(arrivals "$1")" -v rate="$3" 'BEGIN { exit !(got >= 0.9 * rate && got <= 1.1 * rate) }'
}

# paced HOST RATE: STEP connections, two requests each; succeeds when the step has passed
paced()
{
	local host=$1 rate=$2 passed=0
	# shellcheck disable=SC2046 # words
	run_at "$host" paced "count=$STEP" "rate=$rate" concurrency=0 "$PATIENT" $(measure_words $STORM_CASE)
	! step_passed paced "$STEP" "$rate" || passed=1
	record step "agent=$host" "connections_per_s=$rate" "requests=$((2 * STEP))" "passed=$passed" \
		"begun=$(bench_value paced connections)" "succeeded=$(bench_value paced succeeded)" "refused=$(refused paced)" \
		"late=$(bench_value paced late)" "arrivals_per_s=$(arrivals paced)" \
		"most_in_flight=$(bench_value paced most_in_flight)" "per_s=$(bench_value paced connections_per_s)"
	[ "$passed" -eq 1 ]
}

# pace_of HOST FIRST: connections per second, the most at which a step passes, in RATE; 0 when not even one a second does
pace_of()
{
	local host=$1 low=0 high=0 i
	RATE=$2
	while [ "$high" -eq 0 ] || { [ "$low" -eq 0 ] && [ "$high" -gt 1 ]; }; do
		if paced "$host" "$RATE"; then
			low=$RATE
			[ "$RATE" -lt $RATE_MOST ] || break
			[ "$high" -eq 0 ] || break
			RATE=$((RATE * 2))
		else
			high=$RATE
			[ "$low" -eq 0 ] || break
			RATE=$((RATE / 2))
		fi
	done
	for ((i = 0; i < HALVINGS && high > low + 1 && low > 0; i++)); do
		RATE=$(((low + high) / 2))
		if paced "$host" "$RATE"; then low=$RATE; else high=$RATE; fi
	done
	RATE=$low
}

# patient_start CASE: ours, as patient as its consumer
patient_start()
{
	measure_start server ecdsa ca hello_timeout_ms=0
	warm "$1:ecdsa"
}

storm_pace()
{
	local ours
	patient_start $STORM_CASE
	pace_of server 32
	ours=$RATE
	RATE=0
	if measure_has_theirs; then
		measure_start theirs ecdsa ca hello_timeout_ms=0
		pace_of theirs $FIRST_THEIRS
	fi
	record pace "clock=${BENCH_CLOCK:-time}" "case=$STORM_CASE:ecdsa" trust=ca "ours=$((2 * ours))" "reference=$((2 * RATE))" \
		"pending_limit=$(bench_value paced pending_limit)" "ratio=$(ratio "$ours" "$RATE")"
	measure_stop theirs
}

# All at once. Throughput is that of a run of 64 at a time.
storm_burst()
{
	local usual
	patient_start $STORM_CASE
	# shellcheck disable=SC2046 # words
	ours usual 128 concurrency=64 "$PATIENT" $(measure_words $STORM_CASE)
	usual=$(bench_value usual connections_per_s)
	# shellcheck disable=SC2046 # words
	run_at server burst "count=$BURST" "concurrency=$BURST" retry=1 "$PATIENT" $(measure_words $STORM_CASE)
	record burst "case=$STORM_CASE:ecdsa" "connections=$BURST" "succeeded=$(bench_value burst succeeded)" \
		"per_s=$(bench_value burst connections_per_s)" "usual_per_s=$usual" "p50_ms=$(run_percentile burst p50)" \
		"p99_ms=$(run_percentile burst p99)" \
		"p99_of_usual=$(ratio "$(run_percentile burst p99)" "$(ratio "$((BURST * 1000))" "$usual")")" \
		"retries=$(($(bench_value burst client.retries) + $(bench_value burst server.retries)))" \
		"client=$(run_statuses burst client)" "server=$(run_statuses burst server)"
	all_succeeded burst "$BURST"
}

# Each request brings the same keyring, 64 connections at a time.
storm_psk()
{
	patient_start psk
	# shellcheck disable=SC2046 # words
	run_at server many "count=$PSK_COUNT" concurrency=64 retry=1 "$PATIENT" $(measure_words psk)
	record psk "connections=$PSK_COUNT" "succeeded=$(bench_value many succeeded)" "per_s=$(bench_value many connections_per_s)" \
		"client=$(run_statuses many client)" "server=$(run_statuses many server)"
	all_succeeded many "$PSK_COUNT"
}

# memory_now SILENT: of supervisor and all workers
memory_now()
{
	local pid workers=0
	for pid in $(workers); do workers=$((workers + $(memory "$pid"))); done
	record memory "silent=$1" "supervisor_kb=$(memory "$(agent_pid server)")" "workers_kb=$workers"
}

silent_are_open()
{
	[ "$(handshakes_open)" -ge "$1" ] || gone "$(cat "$WORK/bench-silent.pid")"
}

beside()
{
	# shellcheck disable=SC2046 # words
	ours beside "$BESIDE" concurrency=8 "$PATIENT" $(measure_words mutual)
	# shellcheck disable=SC2046 # words
	record beside "silent=$1" "case=mutual:ecdsa" "per_s=$(bench_value beside connections_per_s)" $(ours_usage "$BESIDE")
}

# With each number of silent peers, others in turns with none.
storm_silent()
{
	local count
	patient_start mutual
	agent_base
	memory_now 0
	for count in "${SILENT[@]}"; do
		beside 0
		run_start server silent peer=silent "count=$count" "concurrency=$count" retry=1 "$PATIENT"
		wait_for 600 silent_are_open "$count" || give_up "$(handshakes_open) of $count silent handshakes are open"
		! gone "$(cat "$WORK/bench-silent.pid")" || give_up "the silent peers ended: $(cat "$WORK/bench-silent.json")"
		memory_now "$count"
		beside "$count"
		silent_are_open "$count" || give_up "silent handshakes ended meanwhile: $(handshakes_open) of $count are open"
		run_stop silent
		wait_for 120 handshakes_are 0 || give_up "$(handshakes_open) handshakes stay open"
		beside 0
	done
}

# No time-out is named, and the configuration is the default: silent peers hold nobody up for long, and a burst of more than
# can be served in time loses some.
storm_defaults()
{
	measure_start server ecdsa ca
	warm "$STORM_CASE:ecdsa"
	run_start server silent peer=silent "count=$BURST" "concurrency=$BURST" retry=1
	# shellcheck disable=SC2046 # words
	run_at server shed "count=$BURST" "concurrency=$BURST" retry=1 $(measure_words $STORM_CASE)
	wait_for 300 gone "$(cat "$WORK/bench-silent.pid")" || give_up "silent peers are still there"
	bench_flat <"$WORK/bench-silent.json" >"$WORK/bench-silent"
	record defaults "case=$STORM_CASE:ecdsa" "connections=$BURST" "succeeded=$(bench_value shed succeeded)" \
		"per_s=$(bench_value shed connections_per_s)" "p99_ms=$(run_percentile shed p99)" \
		"client=$(run_statuses shed client)" "server=$(run_statuses shed server)" \
		"silent=$BURST" "silent_server=$(run_statuses silent server)" "silent_p99_ms=$(run_percentile silent p99)"
}

# A storm is a part, too.
part_storms()
{
	local storm
	for storm in "${STORMS[@]}"; do "part_$storm"; done
}

part_pace() { attempt bench-storm-pace storm_pace; }
part_burst() { attempt bench-storm-burst storm_burst; }
part_psk() { attempt bench-storm-psk storm_psk; }
part_silent() { attempt bench-storm-silent storm_silent; }
part_defaults() { attempt bench-storm-defaults storm_defaults; }
