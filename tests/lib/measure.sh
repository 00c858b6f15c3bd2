# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Measuring two agents in turns in one guest: ours on the host "server" (the first network namespace), ktls-utils' on the host
# "theirs". Each has the other's configuration but for nothing. The consumer is the kernel module; both ends of each connection
# are in the agent's own host, so that one agent serves both. Source it after all.sh, bench.sh, keyring.sh and record.sh.

THEIRS=$WORK/ktls-utils-tlshd
CGROUP=/sys/fs/cgroup/theirs
LIMIT_MS=600000		# what the consumer waits, where waiting is not what is measured

. "$LIB/../bench/common.sh"

# measure_setup: programs, identities, a key, the module. The reference is the root folder's own and is kept before ours is
# installed over it. With BENCH_REFERENCE=none the root is the machine's, and what lies there may be any agent.
measure_setup()
{
	BENCH=${TLSHD_BUILD:?says where the programs were built}/tests/bench
	[ "${BENCH_REFERENCE:-}" = none ] || cp /usr/sbin/tlshd "$THEIRS" 2>/dev/null || true
	agent_install
	[ ! -e "$THEIRS" ] || ! cmp -s "$THEIRS" "$TLSHD_BIN" || give_up "theirs is ours"
	PRIORITY=$("$BENCH/priority")
	ulimit -n 65536		# as the unit has it
	bench_pki
	host_add theirs
	psk_make bench
	bench_load
}

measure_has_theirs()
{
	[ -e "$THEIRS" ]
}

# measure_words MODE: the module's words for a mode of the ceiling
measure_words()
{
	case $1 in
	server-only) echo auth=anon peername=server.test ;;
	mutual) echo auth=x509 peername=server.test ;;
	psk) echo "auth=psk $(psk_words bench)" ;;
	esac
}

# measure_config HOST TYPE TRUST [LINE-OF-SERVICE...]
measure_config()
{
	local dir role type=$2 trust=$3
	dir=$(agent_dir "$1")
	shift 3
	mkdir -p "$dir"
	{
		for role in client server; do
			echo "[authenticate.$role]"
			echo "x509.truststore=$PKI/$trust.crt"
			echo "x509.certificate=$PKI/$role-$type.chain"
			echo "x509.private_key=$PKI/$role-$type.key"
		done
		[ $# -eq 0 ] || printf '%s\n' "[service]" "$@"
	} >"$dir/config"
}

# measure_start HOST TYPE TRUST [LINE-OF-SERVICE...]: the agent of this host, anew. A log that grows through all of a benchmark
# would cost more at its end.
measure_start()
{
	measure_stop "$1"
	rm -f "$(agent_log "$1")"
	measure_config "$@"
	case $1 in
	server) agent_start server ;;
	theirs)
		TLSHD_BIN=$THEIRS agent_start theirs
		mkdir -p $CGROUP
		agent_pid theirs >$CGROUP/cgroup.procs
		;;
	esac
}

measure_stop()
{
	[ ! -e "$(agent_dir "$1")/pid" ] || gone "$(agent_pid "$1")" || agent_stop "$1"
}

# run_at HOST NAME WORD...: as bench(), with the connections in this host
run_at()
{
	local host=$1 name=$2
	shift 2
	# shellcheck disable=SC2016 # for the other shell
	on "$host" bash -c 'exec 3<>"$1"; echo "$2" >&3; exec cat <&3' - "$BENCH_DEVICE" "cancel_ms=$LIMIT_MS $*" \
		</dev/null >"$WORK/bench-$name.json" 2>"$WORK/bench-$name.err" || give_up "run $name: $(cat "$WORK/bench-$name".*)"
	bench_flat <"$WORK/bench-$name.json" >"$WORK/bench-$name"
	! bench_has "$name" error || give_up "run $name: $(bench_value "$name" error)"
}

# run_start HOST NAME WORD...: in the background, until run_stop NAME; it is cancelled there
run_start()
{
	local host=$1 name=$2
	shift 2
	# shellcheck disable=SC2016 # for the other shell
	become "$host" bash -c 'exec 3<>"$1"; echo "$2" >&3; exec cat <&3' - "$BENCH_DEVICE" "cancel_ms=$LIMIT_MS $*" \
		</dev/null >"$WORK/bench-$name.json" 2>"$WORK/bench-$name.err" &
	echo "$!" >"$WORK/bench-$name.pid"
}

run_stop()
{
	local pid
	pid=$(cat "$WORK/bench-$1.pid")
	kill -TERM "$pid" 2>/dev/null || true
	wait_for 60 gone "$pid" || give_up "the run $1 does not end"
}

# run_percentile NAME P: the slower end's, in ms, from the start of a connection to its end, waits before a submit included
run_percentile()
{
	awk -v p="$2" '$1 == "client.total_us." p || $1 == "server.total_us." p { if ($2 > most) most = $2 }
		END { printf "%.1f\n", most / 1000 }' "$WORK/bench-$1"
}

# run_statuses NAME SIDE: how the requests of this end ended, as STATUS*COUNT
run_statuses()
{
	awk -v head="$2." '
		index($1, head "results.") == 1 { print substr($1, length(head) + 9) "*" $2 }
		index($1, head "submit_errors.") == 1 { print "submit" substr($1, length(head) + 15) "*" $2 }
		$1 == head "timed_out" && $2 > 0 { print "timeout*" $2 }' "$WORK/bench-$1" | tr '\n' ' ' | sed 's/ $//'
}

# refused NAME: submits for which there was no room, in a run without retry=1
refused()
{
	echo $(($(bench_value "$1" client.submit_errors.11) + $(bench_value "$1" server.submit_errors.11)))
}

# ours NAME COUNT WORD...: a run for our agent in which all must succeed, with the clocks of its processes around it
ours()
{
	local name=$1 count=$2
	shift 2
	"$BENCH/usage" "$(agent_pid server)" >"$WORK/usage-before" || give_up "the agent's clocks"
	run_at server "$name" "count=$count" retry=1 "$@"
	"$BENCH/usage" "$(agent_pid server)" >"$WORK/usage-after" || give_up "the agent's clocks"
	all_succeeded "$name" "$count"
}

# all_succeeded NAME COUNT: for our agent; else its first complaint is the reason
all_succeeded()
{
	[ "$(bench_value "$1" succeeded)" -eq "$2" ] ||
		give_up "run $1: $(grep -a -m 1 ' failed: ' "$(agent_log server)" || echo "no handshake failed"): $(cat "$WORK/bench-$1.json")"
}

# ours_usage COUNT: words for record(), of the last run of ours()
ours_usage()
{
	awk -v count="$1" '
		NR == FNR { ns[$1] = $2; switches[$1] = $3; next }
		{
			used = $2 - ns[$1]
			total += used
			printf "%s_us=%.1f switches_%s=%.2f ", $1, used / 1000 / count, $1, ($3 - switches[$1]) / count
		}
		END { printf "per_cpu_s=%.3f\n", count * 1e9 / total }' "$WORK/usage-before" "$WORK/usage-after"
}

# theirs NAME COUNT WORD...: the same for the reference, of which fewer may succeed; CPU time is the control group's, because
# each handshake is a process that ends
theirs()
{
	local name=$1 count=$2 before
	shift 2
	before=$(theirs_cpu_us)
	run_at theirs "$name" "count=$count" retry=1 "$@"
	echo $(($(theirs_cpu_us) - before)) >"$WORK/theirs-us"
}

theirs_cpu_us()
{
	awk '$1 == "usage_usec" { print $2 }' $CGROUP/cpu.stat
}

# memory PID: Pss in KB
memory()
{
	awk '/^Pss:/ { print $2 }' "/proc/$1/smaps_rollup"
}
