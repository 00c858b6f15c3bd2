#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=120
#
# The service manager hears "ready" when requests are served, and not before: its socket is full, so that tlshd is caught in
# the moment at which it says so.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

SENDMSG=46	# the system call's number on this architecture

says_something()
{
	[ "$(cut -d ' ' -f 1 "/proc/$1/syscall" 2>/dev/null)" = $SENDMSG ]
}

ready_when_served()
{
	local reader pid dir
	dir=$(agent_dir server)
	# One message and no more
	sysctl -qw net.unix.max_dgram_qlen=0
	"$(tool datagrams)" "$WORK/notify" >"$WORK/heard" 2>&1 &
	reader=$!
	wait_for 10 test -S "$WORK/notify"
	logger --socket "$WORK/notify" -d filler || give_up "the socket takes no message"
	env "NOTIFY_SOCKET=$WORK/notify" "$TLSHD_BIN" --stderr --config "$dir/config" </dev/null >"$dir/log" 2>&1 &
	pid=$!
	echo $pid >"$dir/pid"
	wait_for 60 says_something $pid || give_up "it says nothing to the service manager: $(tail -n 3 "$dir/log")"
	agent_serves server || give_up "it says ready, and the kernel does not know it"
	[ "$(agent_children server worker | wc -w)" -ge 2 ] || give_up "it says ready without workers"
	for worker in $(agent_children server worker); do
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$worker/status" || give_up "it says ready, and a worker is not locked in"
	done
	kill -USR1 $reader
	wait_for 10 grep -q '^READY=1' "$WORK/heard" || give_up "the service manager heard $(cat "$WORK/heard")"
	wait_for 10 grep -q 'READY: serving' "$dir/log" || give_up "it does not go on"
	kill $reader
	agent_stop server
}

plan 1
agent_install
pki_ca ca
agent_x509 server ca - -
attempt ready-when-served ready_when_served
