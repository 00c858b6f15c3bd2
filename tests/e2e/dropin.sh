#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=400
#
# What start-up scripts and administrators of ktls-utils' tlshd rely on: options, places of the configuration, signals,
# environment, and the delay for those who look for races.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
LEGACY=/etc/tlshd.conf
USUAL=/etc/tlshd/config

# plain_start [OPTION...]: tlshd as a unit file starts it, without --config
plain_start()
{
	local dir
	dir=$(agent_dir server)
	mkdir -p "$dir"
	# What an attempt that failed left running must not make the next one fail.
	[ ! -e "$dir/pid" ] || gone "$(agent_pid server)" || agent_stop server
	echo "--- start" >>"$dir/log"
	"$TLSHD_BIN" "$@" </dev/null >>"$dir/log" 2>&1 &
	echo "$!" >"$dir/pid"
	wait_for 60 agent_serves_or_died server "$!" || give_up "tlshd did not begin to serve"
	alive "$!" || give_up "tlshd ended at once: $(tail -n 1 "$dir/log")"
}

# place FILE LOGLEVEL: a configuration, told from others by its log level
place()
{
	agent_x509 made ca server - "debug:loglevel=$2"
	mkdir -p "${1%/*}"
	cp "$(agent_dir made)/config" "$1"
}

# The old place wins; both are named, so that nobody looks for hours into the wrong one.
legacy_wins()
{
	place $LEGACY 0
	place $USUAL 1
	plain_start -s
	agent_logged server "$LEGACY is the configuration in use, and $USUAL is not read"
	agent_logged server "READY: serving with configuration $LEGACY "
	agent_stop server
	rm $USUAL
	plain_start --stderr
	agent_logged server "$LEGACY is the configuration in use; its place today is $USUAL"
	agent_logged server "READY: serving with configuration $LEGACY "
	agent_stop server
	place $USUAL 0
	rm $LEGACY
	plain_start -s
	agent_logged server "READY: serving with configuration $USUAL "
	agent_logged server "is the configuration in use" && give_up "it speaks of a file that is not there"
	agent_stop server
}

# -c wins over both, and says nothing of the others.
named_wins()
{
	place $LEGACY 0
	place "$WORK/named.conf" 0
	plain_start -s -c "$WORK/named.conf"
	agent_logged server "READY: serving with configuration $WORK/named.conf "
	agent_logged server "is the configuration in use" && give_up "it speaks of a file that is not asked for"
	agent_stop server
	rm $LEGACY
}

no_configuration()
{
	local status=0
	rm -f $LEGACY $USUAL
	timeout 60 "$TLSHD_BIN" -s </dev/null >"$WORK/said" 2>&1 || status=$?
	sed 's/^/# /' "$WORK/said"
	[ "$status" -eq 1 ] || give_up "exit status $status"
	grep -E "$USUAL: no such file: make it.*commented example" "$WORK/said" >/dev/null || give_up "the missing file is not named"
	agent_serves server && give_up "something listens for requests"
	true
}

# A log service that takes all, in the place of syslog.
both_logs()
{
	place $USUAL 0
	mkdir -p /dev
	rm -f /dev/log
	"$(tool datagrams)" /dev/log </dev/null >"$WORK/syslog" 2>&1 &
	local reader=$!
	wait_for 10 test -S /dev/log || give_up "no syslog"
	kill -USR1 "$reader"
	plain_start -s
	agent_logs server 'READY: serving' 1
	wait_for 20 grep -q 'READY: serving' "$WORK/syslog" || give_up "the system log did not get what standard error did"
	agent_stop server
	: >"$WORK/syslog"
	plain_start
	wait_for 20 grep -q 'READY: serving' "$WORK/syslog" || give_up "without -s the system log does not get it"
	agent_logged server READY && give_up "without -s standard error gets it, too"
	agent_stop server
	kill "$reader"
	rm -f /dev/log
}

# SIGHUP and SIGUSR1 read the configuration again: the new log level is in force.
reloads()
{
	local signal count=1
	place $USUAL 0
	plain_start -s
	for signal in HUP USR1; do
		count=$((count + 1))
		kill "-$signal" "$(agent_pid server)"
		agent_logs server 'READY: serving' $count
	done
	agent_logged server 'generation 3' || give_up "not loaded anew twice"
	agent_stop server
}

# SIGTERM and SIGINT end it with exit status 0 and without a trace.
ends()
{
	local signal pid status
	place $USUAL 0
	for signal in TERM INT; do
		status=0
		plain_start -s
		pid=$(agent_pid server)
		kill "-$signal" "$pid"
		wait "$pid" || status=$?
		[ "$status" -eq 0 ] || give_up "SIG$signal: exit status $status"
		wait_for 10 fails agent_serves server || give_up "SIG$signal: something still serves"
		ps -C tlshd,worker,keeper,loader >"$WORK/left" && give_up "processes are left: $(tail -n 1 "$WORK/left")"
	done
	true
}

# Key logs are for whoever configures tlshd, not for whoever starts it; the library's own switches are for all processes.
environment()
{
	local pid
	place $USUAL 0
	export SSLKEYLOGFILE=$WORK/keys GNUTLS_FORCE_FIPS_MODE=1
	plain_start -s
	agent_logged server 'SSLKEYLOGFILE is set and has no effect'
	agent_logged server 'GNUTLS_FORCE_FIPS_MODE is set, but the TLS library of this system has no FIPS 140 mode' ||
		comment "this library has a FIPS 140 mode"
	for pid in $(pgrep -P "$(agent_pid server)"); do
		tr '\0' '\n' <"/proc/$pid/environ" >"$WORK/environ"
		grep -x GNUTLS_FORCE_FIPS_MODE=1 "$WORK/environ" >/dev/null || give_up "$(cat "/proc/$pid/comm") does not know of FIPS mode"
		! grep SSLKEYLOGFILE "$WORK/environ" >/dev/null || give_up "$(cat "/proc/$pid/comm") was told to log keys"
	done
	agent_stop server
	[ ! -e "$WORK/keys" ] || give_up "there is a key log"
}

# One warning at each load, and no more.
tags()
{
	place $USUAL 0
	mkdir -p /etc/tlshd/tags.d
	echo 'tags:' >/etc/tlshd/tags.d/site.yml
	plain_start -s
	[ "$(agent_lines server '/etc/tlshd/tags.d: 1 file with session tags: this version gives no tags')" -eq 1 ] || give_up "not one warning"
	agent_stop server
	rm -r /etc/tlshd/tags.d
	plain_start -s
	agent_logged server tags && give_up "there are no tags any more"
	agent_stop server
}

reload_before_answer()
{
	awk '/^--- start/ { reading = 0; early = 0 } /reading the configuration again/ { reading = 1 }
		/answered with status/ && !reading { early = 1 } END { exit early || !reading }' "$(agent_log server)"
}

# The kernel gets its answer late, and while it waits the supervisor does everything else.
delay()
{
	local began took mount
	agent_x509 made ca server - debug:delay_done=2 debug:loglevel=1
	cp "$(agent_dir made)/config" $USUAL
	plain_start -s
	agent_logged server 'delay_done: every answer to the kernel comes 2 s late' || give_up "no warning"
	began=$(now_ms)
	(nfs_mount server server.test tls "$MNT") &
	mount=$!
	agent_logs server 'the answer waits for 2000 ms' 1
	kill -HUP "$(agent_pid server)"
	agent_logs server 'READY: serving with .*generation 2' 1
	agent_logs server 'answered with status 0' 2
	# By the order in the log: how long the rest of a reload takes is the machine's.
	reload_before_answer || give_up "the signal was heard only after the answer"
	wait "$mount" || give_up "the mount failed: $(tail -n 1 "$WORK/mount.err")"
	took=$(($(now_ms) - began))
	comment "the mount took $took ms"
	[ "$took" -ge 2000 ] || give_up "the mount took only $took ms"
	proof_tls server
	nfs_umount server "$MNT"
	# An end does not wait for it.
	(nfs_mount server server.test tls "$MNT") >/dev/null 2>&1 &
	mount=$!
	agent_logs server 'the answer waits for 2000 ms' $(($(agent_lines server 'the answer waits for 2000 ms') + 1))
	began=$(now_ms)
	agent_stop server
	took=$(($(now_ms) - began))
	comment "the end took $took ms"
	wait "$mount" || true
	umount "$MNT" 2>/dev/null || true
}

# debug_lines SETTING LIBRARY REQUESTS: a mount with this setting; whether there are lines of the TLS library, of requests
debug_lines()
{
	local what pattern count
	agent_x509 made ca server - "debug:$1"
	cp "$(agent_dir made)/config" $USUAL
	plain_start -s
	nfs_mount server server.test tls "$MNT"
	nfs_umount server "$MNT"
	agent_stop server
	for what in "library $2" "request $3"; do
		case $what in
		library*) pattern='gnutls<[0-9]+>: ' ;;
		request*) pattern='request [0-9]+: role' ;;
		esac
		count=$(agent_lines server "$pattern")
		comment "$1: $count lines of the ${what% *}"
		case ${what##* } in
		yes) [ "$count" -gt 0 ] || give_up "$1: no lines of the ${what% *}" ;;
		no) [ "$count" -eq 0 ] || give_up "$1: $count lines of the ${what% *}" ;;
		esac
	done
}

debug_levels()
{
	debug_lines loglevel=0 no no
	debug_lines loglevel=1 no yes
	debug_lines nl=1 no yes
	debug_lines tls=3 yes yes
}

plan 10
pki_ca ca
pki_issue server ca ecdsa dns=server.test server to='+90 days'
host_alias server.test 127.0.0.1
agent_install
attempt dropin-legacy legacy_wins
attempt dropin-named named_wins
attempt dropin-no-configuration no_configuration
attempt dropin-both-logs both_logs
attempt dropin-reload reloads
attempt dropin-end ends
attempt dropin-environment environment
attempt dropin-tags tags
nfs_server_start
attempt dropin-delay delay
attempt dropin-debug debug_levels
