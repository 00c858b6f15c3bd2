# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the tests of hostile peers and workers: the peers, the double of the worker, and the kernel's own account of which
# request was answered when. Source it after all.sh.

. "$LIB/load.sh"

WORKER_DIR=/usr/libexec/tlshd
DOUBLE_DIR=$WORK/double

# fault_tool NAME: a program of tests/tools; TLSHD_BUILD is the build folder
fault_tool()
{
	local path=${TLSHD_BUILD:?says where the tests\' programs were built}/tests/tools/$1
	[ -x "$path" ] || give_up "there is no $path"
	echo "$path"
}

# fault_setup [THREADS]: authority, server identity, NFS server; both ends in one namespace, with one agent
fault_setup()
{
	pki_ca ca
	pki_issue server ca ecdsa dns=server.test ip=127.0.0.1 server
	host_alias server.test 127.0.0.1
	nfs_server_start "${1:-8}"
	# The clock of /proc/uptime and of the peers.
	echo mono >$TRACE/trace_clock
}

# fault_config [SETTING...]: the usual configuration, with these lines of [service]
fault_config()
{
	local setting
	agent_x509 server ca server -
	echo "[service]" >>"$(agent_dir server)/config"
	for setting; do echo "$setting" >>"$(agent_dir server)/config"; done
}

# workers, doubles: process numbers, the oldest first, the spare one included
workers()
{
	pgrep -P "$(agent_pid server)" -x 'worker|worker\.real' || true
}

doubles()
{
	pgrep -P "$(agent_pid server)" -x worker || true
}

worker_count_is()
{
	[ "$(workers | wc -l)" -eq "$1" ]
}

# worker_in_use: the first of the workers: as long as none had any, the next request goes to it
worker_in_use()
{
	workers | head -n 1
}

# double_install: the worker's place is taken by the double, which becomes the real one unless it is switched on
double_install()
{
	agent_install
	mkdir -p "$DOUBLE_DIR"
	double_off
	if [ ! -e $WORKER_DIR/worker.real ]; then
		mv $WORKER_DIR/worker $WORKER_DIR/worker.real
		cp "$(fault_tool double)" $WORKER_DIR/worker
	fi
}

# double_on [START], double_off: what workers are that start from here on; START is how they fail to
double_on()
{
	echo "${1:-}" >"$DOUBLE_DIR/start"
	: >"$DOUBLE_DIR/on"
}

double_off()
{
	rm -f "$DOUBLE_DIR"/*
}

# double_is PID MODE: what this double does at its next job
double_is()
{
	echo "$2" >"$DOUBLE_DIR/$1"
}

# doubles_end: kill those that are left, and wait until so many workers are ready, all real
doubles_end()
{
	double_off
	doubles | xargs -r kill -KILL
	wait_for 30 all_real "$1" || give_up "the doubles were not replaced: $(workers | wc -l) workers"
}

# Real ones lock themselves in just before they are ready.
all_real()
{
	local pid
	[ -z "$(doubles)" ] && worker_count_is "$1" || return 1
	for pid in $(workers); do
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" 2>/dev/null || return 1
	done
}

# peers NAME MODE [ARGUMENT...]: peers of the NFS server in the background; peers_end NAME waits for their lines
peers()
{
	local name=$1
	shift
	"$(fault_tool peer)" client 127.0.0.1 2049 "$@" </dev/null >"$WORK/peers-$name" 2>&1 &
	echo "$!" >"$WORK/peers-$name.pid"
}

# peers_paced NAME MODE [ARGUMENT...]: the same, never more at a time than the kernel lets wait
peers_paced()
{
	local name=$1
	shift
	peers "$name" "$@" together=3 "gauge=/proc/$(agent_pid server)/fd"
}

# peers_end NAME SECONDS
peers_end()
{
	wait_for "$2" gone "$(cat "$WORK/peers-$1.pid")" || give_up "the peers $1 do not end"
}

peers_stop()
{
	kill -TERM "$(cat "$WORK/peers-$1.pid")" 2>/dev/null || true
	peers_end "$1" 10
}

# peers_value NAME FIELD: of each peer, one a line: agreed, held, end, alert, try
peers_value()
{
	awk -v field="$2" '{ for (i = 1; i < NF; i++) if ($i == field) { print $(i + 1); next } }' "$WORK/peers-$1"
}

# peers_all NAME FIELD VALUE COUNT: so many peers, all with this value
peers_all()
{
	local count
	count=$(peers_value "$1" "$2" | grep -cx -- "$3" || true)
	if [ "$count" -ne "$4" ] || [ "$(wc -l <"$WORK/peers-$1")" -ne "$4" ]; then
		give_up "$count of $4 peers $1 have $2 $3: $(peers_value "$1" "$2" | sort | uniq -c | tr -s '\n ' ' ')"
	fi
}

# peer_served: one whole handshake with the server, and a call through it
peer_served()
{
	peers served full seconds=20 retry
	peers_end served 25
	grep -q 'end served' "$WORK/peers-served"
}

# uptime_ms: the clock of the recorded events
uptime_ms()
{
	awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# requests_record [EVENT...]: from here on the kernel notes what becomes of requests, and these events
requests_record()
{
	trace_start handshake/handshake_cmd_accept handshake/handshake_cmd_accept_err handshake/handshake_complete \
		handshake/handshake_cmd_done handshake/handshake_cmd_done_err handshake/handshake_cancel "$@"
}

# requests: a line for each accepted one: when it was accepted (ms), how long its answer took (-1: none yet), the status
# ("cancelled" when the consumer gave up first), and how many answers there were
requests()
{
	awk '
		{
			event = ""
			for (i = 1; i <= NF; i++)
				if ($i ~ /^handshake_/) { event = $i; at = $(i - 1) * 1000; req = $(i + 1); rest = $NF }
			if (event == "handshake_cmd_accept:") {
				id[req] = ++n; accepted[n] = at; took[n] = -1; status[n] = "-"; dones[n] = 0
				next
			}
			if (!(req in id)) next
			k = id[req]
			sub(/.*=-?/, "", rest)
			if (event == "handshake_complete:" && status[k] == "-") { took[k] = at - accepted[k]; status[k] = rest }
			if (event == "handshake_cancel:" && status[k] == "-") { took[k] = at - accepted[k]; status[k] = "cancelled" }
			if (event == "handshake_cmd_done:") dones[k]++
		}
		END { for (k = 1; k <= n; k++) printf "%d %d %s %d\n", accepted[k], took[k], status[k], dones[k] }
	' $TRACE/trace
}

# requests_open: how many are accepted and not answered
requests_open()
{
	requests | awk '$4 == 0 { n++ } END { print n + 0 }'
}

# agent_base, handshakes_open: the same at less cost: what the supervisor has open beyond what it had at the first call
agent_base()
{
	stat -c %s "/proc/$(agent_pid server)/fd" >"$WORK/agent-base"
}

handshakes_open()
{
	echo $(($(stat -c %s "/proc/$(agent_pid server)/fd") - $(<"$WORK/agent-base")))
}

handshakes_are()
{
	[ "$(handshakes_open)" -eq "$1" ]
}

requests_open_are()
{
	[ "$(requests_open)" -eq "$1" ]
}

# requests_sound: each was answered, once, and the kernel failed none by itself
requests_sound()
{
	local bad
	wait_for 10 requests_open_are 0 || give_up "$(requests_open) requests have no answer"
	bad=$(requests | awk '$4 != 1' | head -n 1)
	[ -z "$bad" ] || give_up "a request was answered more than once: $bad"
	bad=$(grep -E 'cmd_accept_err|cmd_done_err' $TRACE/trace | grep -v 'err=-11$' | head -n 1 || true)
	[ -z "$bad" ] || give_up "the kernel failed a request or refused an answer: $bad"
	bad=$(grep -E 'handshake_complete: .*status=-?5$' $TRACE/trace | head -n 1 || true)
	[ -z "$bad" ] || give_up "a consumer was told EIO: $bad"
}

# requests_took STATUS: the longest time of those with this status, or -1
requests_took()
{
	requests | awk -v status="$1" 'BEGIN { most = -1 } $3 == status && $2 > most { most = $2 } END { print most }'
}

# requests_between FROM TO: how many were accepted and answered with success within these times
requests_between()
{
	requests | awk -v from="$1" -v to="$2" '$1 >= from && $3 == "0" && $1 + $2 <= to { n++ } END { print n + 0 }'
}

# requests_count STATUS
requests_count()
{
	requests | awk -v status="$1" '$3 == status { n++ } END { print n + 0 }'
}

# log_mark, log_since PATTERN: lines of the log after the mark
log_mark()
{
	wc -l <"$(agent_log server)" >"$WORK/log-mark"
}

log_since()
{
	tail -n +$(($(cat "$WORK/log-mark") + 1)) "$(agent_log server)" | grep -E -- "$1"
}

log_says()
{
	wait_for "${2:-10}" logged_since "$1" || give_up "tlshd did not say: $1"
}

logged_since()
{
	log_since "$1" >/dev/null
}

# agent_unharmed PID: the supervisor is the process that it was
agent_unharmed()
{
	alive "$1" || give_up "the supervisor is gone"
}

# mount_works: in the time that a user would call normal
mount_works()
{
	nfs_mount server server.test tls /mnt/test
	proof_tls server
	nfs_umount server /mnt/test
}

# mount_time_ms: how long one mount takes; leaves how many handshakes were open at its end in $WORK/open
mount_time_ms()
{
	local began
	began=$(now_ms)
	nfs_mount server server.test tls /mnt/test
	echo $(($(now_ms) - began))
	handshakes_open >"$WORK/open"
	nfs_umount server /mnt/test
}
