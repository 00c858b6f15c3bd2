#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# What each process of a running agent may do, by the kernel's own account, and that the allow-lists hold all that
# handshakes need: a system call that is denied shows in the kernel's trace.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
MOUNTS=10	# two handshakes each, one in each role
WORKERS=3

# The five capabilities, as bits: DAC_READ_SEARCH 2, KILL 5, SETGID 6, SETUID 7, NET_ADMIN 12.
SUPERVISOR_CAPS=00000000000010e4
NONE=0000000000000000

# look_at PID: read /proc/PID/status into STATUS, fields parted by one space
declare -A STATUS
look_at()
{
	local key value
	STATUS=([pid]=$1)
	while IFS=: read -r key value; do
		value=${value//[[:space:]]/ }
		value=${value#"${value%%[! ]*}"}
		STATUS[$key]=${value% }
	done <"/proc/$1/status"
}

is()
{
	[ "${STATUS[$1]}" = "$2" ] || give_up "${STATUS[Name]} (${STATUS[pid]}) has $1: ${STATUS[$1]}, not $2"
}

# child_is_locked_in PID USER
child_is_locked_in()
{
	local id cap
	look_at "$1"
	id=$(id -u "$2")
	is Uid "$id $id $id $id"
	id=$(id -g "$2")
	is Gid "$id $id $id $id"
	is Groups ''
	for cap in CapInh CapPrm CapEff CapAmb; do
		is "$cap" $NONE
	done
	is NoNewPrivs 1
	is Seccomp 2
	is PPid "$(agent_pid server)"
	is_locked
	# The files in /proc of a process that is not dumpable belong to root.
	[ "$(stat -c %u "/proc/$1/maps")" -eq 0 ] || give_up "process $1 is dumpable"
	grep -Eq '^Max core file size +0 +0 ' "/proc/$1/limits" || give_up "process $1 may leave a core file"
}

is_locked()
{
	[ "${STATUS[VmLck]%% *}" -gt 0 ] || give_up "process ${STATUS[pid]} has no locked memory"
}

workers()
{
	local pid
	[ "$(agent_child_count server worker)" -eq $WORKERS ] || give_up "$(agent_child_count server worker) workers"
	for pid in $(agent_children server worker); do
		child_is_locked_in "$pid" tlshd-worker
		is Threads 1
	done
}

keeper()
{
	[ "$(agent_child_count server keeper)" -eq 1 ]
	child_is_locked_in "$(agent_children server keeper)" tlshd-keeper
}

supervisor()
{
	local pid cap
	pid=$(agent_pid server)
	look_at "$pid"
	is Uid '0 0 0 0'
	for cap in CapPrm CapEff CapBnd; do
		is $cap $SUPERVISOR_CAPS
	done
	is CapInh $NONE
	is CapAmb $NONE
	is NoNewPrivs 1
	is Threads 1
	is_locked
	# The owner of an undumpable root process is root all the same; that it is undumpable shows to those who lack
	# CAP_SYS_PTRACE.
	! setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace cat "/proc/$pid/environ" >/dev/null 2>&1 ||
		give_up "the supervisor is dumpable"
	# The control.
	setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace sleep 60 &
	wait_for 10 grep -q '^sleep$' "/proc/$!/comm"
	setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace cat "/proc/$!/environ" >/dev/null ||
		give_up "without the capability not even a dumpable process can be read: the check above proves nothing"
	kill $!
}

# No loader that stays, no half-born child, no zombie.
no_others()
{
	local ours
	ours=$(pgrep -P "$(agent_pid server)" | sort)
	[ "$ours" = "$( (agent_children server worker; agent_children server keeper) | sort)" ] ||
		give_up "other children: $(ps -o pid,stat,args --ppid "$(agent_pid server)")"
	[ "$(pgrep -c -u tlshd-worker)" -eq $WORKERS ] || give_up "$(pgrep -lu tlshd-worker)"
	[ "$(pgrep -c -u tlshd-keeper)" -eq 1 ] || give_up "$(pgrep -lu tlshd-keeper)"
	[ "$(pgrep -cx tlshd)" -eq 1 ] || give_up "$(pgrep -lx tlshd)"
}

# Record system calls of these processes that end with EPERM or EACCES, which is what the filters answer.
trace_denied()
{
	local event=$TRACE/events/raw_syscalls/sys_exit
	echo 0 >$TRACE/tracing_on
	echo 'ret == -1 || ret == -13' >$event/filter
	echo "$*" >$TRACE/set_event_pid
	trace_start raw_syscalls/sys_exit
}

handshakes()
{
	local i
	for ((i = 0; i < MOUNTS; i++)); do
		nfs_mount server server.test mtls "$MNT"
		nfs_umount server "$MNT"
	done
	agent_logs server 'handshake with .* succeeded' $((2 * MOUNTS))
}

nothing_denied()
{
	local pids
	mapfile -t pids < <(pgrep -P "$(agent_pid server)")
	trace_denied "${pids[@]}"
	handshakes
	[ "$(trace_count 'sys_exit: ')" -eq 0 ] ||
		give_up "system calls were denied: $(grep sys_exit: $TRACE/trace | awk '{ print $1, $(NF-3), $(NF-2), $(NF-1), $NF }' | sort | uniq -c | head -5)"
	workers
	keeper
	no_others
}

# What a filter of the same kind denies does show.
denied_shows()
{
	local pid
	mkfifo "$WORK/go"
	exec 5<>"$WORK/go"
	"$(tool denied)" <&5 &
	pid=$!
	# The filter is in force when the process waits for its input.
	wait_for 20 grep -q 'Seccomp:.2' "/proc/$pid/status"
	trace_denied "$pid"
	echo >&5
	wait "$pid"
	exec 5<&-
	[ "$(trace_count 'denied-.* sys_exit: NR 110 = -1$')" -eq 1 ] ||
		give_up "a denied call did not show: $(tail -n 3 $TRACE/trace)"
}

plan 6
pki_ca ca
pki_issue server ca rsa dns=server.test server
pki_issue client ca ed25519 dns=client.test client
host_alias server.test 127.0.0.1
nfs_server_start
agent_x509 server ca server client
agent_start server
# Under emulation an RSA key is a slow one, which has a lane of its own.
! agent_logged server 'handshakes get workers of their own' || WORKERS=$((2 * WORKERS))
attempt sandbox-workers workers
attempt sandbox-keeper keeper
attempt sandbox-supervisor supervisor
attempt sandbox-no-others no_others
attempt sandbox-denied-shows denied_shows
attempt sandbox-nothing-denied nothing_denied
