# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# For the fault tests: applications that use a mount meanwhile, connections that are cut, the agent's processes, and the
# kernel's own record of refused requests. Source it after all.sh.

TRACE=/sys/kernel/tracing

# tool NAME: a program of tests/faults; TLSHD_BUILD is the build folder
tool()
{
	local path=${TLSHD_BUILD:?says where the tests\' programs were built}/tests/faults/$1
	[ -x "$path" ] || give_up "there is no $path"
	echo "$path"
}

# load_start NAME FOLDER: an application that writes and reads FOLDER/NAME and counts errors, until load_stop
load_start()
{
	"$(tool ioload)" "$2/$1" "$WORK/load-$1" </dev/null 2>"$WORK/load-$1.err" &
	echo "$!" >"$WORK/load-$1.pid"
	wait_for 30 load_beyond "$1" 0 || give_up "the application $1 does not get going: $(cat "$WORK/load-$1.err")"
}

# load_number NAME rounds|errors|longest_ms
load_number()
{
	awk -v key="$2" '{ for (i = 1; i < NF; i += 2) if ($i == key) n = $(i + 1) } END { print n + 0 }' "$WORK/load-$1" \
		2>/dev/null || echo 0
}

# load_beyond NAME ROUNDS
load_beyond()
{
	[ "$(load_number "$1" rounds)" -gt "$2" ]
}

# load_goes_on NAME SECONDS: two more rounds: the second began after this call
load_goes_on()
{
	wait_for "$2" load_beyond "$1" $(($(load_number "$1" rounds) + 1)) ||
		give_up "the application $1 hangs: $(cat "$WORK/load-$1")"
	load_unharmed "$1"
}

load_unharmed()
{
	[ "$(load_number "$1" errors)" -eq 0 ] || give_up "the application $1 saw an error: $(cat "$WORK/load-$1")"
}

# load_stop NAME: end it, and fail if it ever saw an error
load_stop()
{
	local pid
	pid=$(cat "$WORK/load-$1.pid")
	kill -TERM "$pid"
	wait_for 30 gone "$pid" || give_up "the application $1 does not end: $(cat "$WORK/load-$1")"
	load_unharmed "$1"
	comment "application $1: $(sed 's/  *$//' "$WORK/load-$1")"
}

# cut_prepare: what SOCK_DESTROY needs
cut_prepare()
{
	modprobe -a tcp_diag inet_diag
}

# cut_connections HOST [FILTER]: end this host's connections to NFS servers; fails if there was none
cut_connections()
{
	local cut
	cut=$(on "$1" ss -tnHK "${2:-dport = :2049}" 2>/dev/null)
	[ -n "$cut" ] || give_up "there was no connection to cut"
}

# agent_children HOST worker|keeper: process numbers
agent_children()
{
	pgrep -P "$(agent_pid "$1")" -x "$2" || true
}

agent_child_count()
{
	agent_children "$1" "$2" | wc -l
}

# agent_has HOST WORKERS KEEPERS: exactly so many children
agent_has()
{
	[ "$(agent_child_count "$1" worker)" -eq "$2" ] && [ "$(agent_child_count "$1" keeper)" -eq "$3" ]
}

# agent_lines HOST PATTERN: how many lines of the log since the last start match
agent_lines()
{
	awk '/^--- start/ { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }' "$(agent_log "$1")" |
		grep -Ec -- "$2" || true
}

agent_lines_reach()
{
	[ "$(agent_lines "$1" "$2")" -ge "$3" ]
}

# agent_logs HOST PATTERN COUNT: wait until so many lines match
agent_logs()
{
	wait_for 30 agent_lines_reach "$1" "$2" "$3" || give_up "tlshd on $1 did not say ($3 times): $2"
}

process_fds()
{
	find "/proc/$1/fd" -mindepth 1 | wc -l
}

# trace_start EVENT...: events of the kernel, as GROUP/NAME
trace_start()
{
	local event
	echo 0 >$TRACE/tracing_on
	echo >$TRACE/set_event
	echo 8192 >$TRACE/buffer_size_kb
	: >$TRACE/trace
	for event; do
		echo 1 >"$TRACE/events/$event/enable" || give_up "the kernel has no event $event"
	done
	echo 1 >$TRACE/tracing_on
}

# trace_count PATTERN: how many recorded events match
trace_count()
{
	grep -Ec -- "$1" $TRACE/trace || true
}
