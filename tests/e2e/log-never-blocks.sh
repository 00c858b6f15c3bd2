#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# Where the log goes, what is in a line, and that nobody who should read it and does not can hold up a handshake.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
JOURNAL=/run/systemd/journal/socket
LOST='[0-9]+ log lines were lost'
MOUNTS=8	# two lines each, and those of the start: more than a socket holds that nobody reads (net.unix.max_dgram_qlen)

# reader_start NAME SOCKET: a log service that does not read yet
reader_start()
{
	mkdir -p "${2%/*}"
	# One that ended leaves its socket's name behind.
	rm -f "$2"
	"$(tool datagrams)" "$2" </dev/null >"$WORK/reader-$1" 2>&1 &
	echo $! >"$WORK/reader-$1.pid"
	wait_for 10 test -S "$2" || give_up "the reader of $2 does not start"
}

reader_signal()
{
	kill "-$2" "$(cat "$WORK/reader-$1.pid")"
}

reader_end()
{
	reader_signal "$1" KILL
	wait_for 10 gone "$(cat "$WORK/reader-$1.pid")"
}

reader_has()
{
	grep -Eq -- "$2" "$WORK/reader-$1"
}

reader_gets()
{
	wait_for 20 reader_has "$1" "$2" || give_up "$1 did not get: $2"
}

# What an attempt that failed left running must not make the next one fail.
stop_leftover()
{
	[ ! -e "$(agent_dir server)/pid" ] || agent_stop server
}

# start_quiet HOST: without --stderr; what still comes there is in the log file
start_quiet()
{
	local dir
	stop_leftover
	dir=$(agent_dir "$1")
	echo "--- start" >>"$dir/log"
	become "$1" "$TLSHD_BIN" --config "$dir/config" </dev/null >>"$dir/log" 2>&1 &
	echo "$!" >"$dir/pid"
	wait_for 30 agent_serves "$1" || give_up "tlshd does not serve"
}

mount_once()
{
	nfs_mount server server.test mtls "$MNT"
	nfs_umount server "$MNT"
}

# The file behind standard error takes every line, so it says how many there were.
nobody_reads()
{
	local i began
	reader_start journal $JOURNAL
	agent_start server
	began=$(now_ms)
	for ((i = 0; i < MOUNTS; i++)); do
		mount_once
	done
	comment "$MOUNTS mounts took $(($(now_ms) - began)) ms while nobody read the log"
	reader_signal journal USR1
	# A line that is said now brings the count with it.
	mount_once
	reader_gets journal "$LOST"
	agent_stop server
	wait_for 20 reader_is_done || give_up "$(cat "$WORK/counts")"
	comment "$(cat "$WORK/counts")"
	agent_logged server "$LOST" && give_up "standard error lost lines, too"
	true
}

# All lines came either to the reader or into the count.
reader_is_done()
{
	local all got lost
	all=$(agent_lines server .)
	got=$(grep '^MESSAGE=' "$WORK/reader-journal" | grep -Evc "$LOST" || true)
	lost=$(sed -nE 's/^MESSAGE=([0-9]+) log lines were lost.*/\1/p' "$WORK/reader-journal" | awk '{ n += $1 } END { print n + 0 }')
	echo "$all lines, $got read, $lost said to be lost" >"$WORK/counts"
	[ "$lost" -gt 0 ] && [ $((got + lost)) -eq "$all" ]
}

# journal_entry ROLE: the last entry of a handshake in this role
journal_entry()
{
	awk -v role="TLSHD_ROLE=$1" '
		$0 == "---" { if (match_role) last = text; text = ""; match_role = 0; next }
		{ text = text $0 "\n"; if ($0 == role) match_role = 1 }
		END { printf "%s", last }' "$WORK/reader-journal"
}

entry_has()
{
	local role=$1 pattern
	shift
	journal_entry "$role" >"$WORK/entry"
	for pattern; do
		grep -Eqx -- "$pattern" "$WORK/entry" ||
			give_up "entry of role $role has no $pattern but: $(grep "^${pattern%%=*}" "$WORK/entry")"
	done
}

fields()
{
	local common
	: >"$WORK/reader-journal"
	start_quiet server
	mount_once
	agent_stop server
	reader_gets journal '^TLSHD_ROLE=server'
	reader_gets journal '^TLSHD_ROLE=client'
	common=('PRIORITY=6' 'SYSLOG_IDENTIFIER=tlshd' 'TLSHD_AUTH=x509' 'TLSHD_STATUS=success' 'TLSHD_VERSION=TLS1\.3'
		'TLSHD_CIPHER=AES-256-GCM' 'TLSHD_GROUP=.+' 'TLSHD_SIGNATURE=.+' 'TLSHD_ALPN=sunrpc'
		'TLSHD_DURATION_MS=[0-9]+' 'TLSHD_PEER_EXPIRES=20[0-9-]+ [0-9:]+ UTC')
	entry_has server "${common[@]}" 'MESSAGE=handshake with client 127.0.0.1:[0-9]+ succeeded: .*' \
		'TLSHD_PEER_ADDRESS=127.0.0.1:[0-9]+' 'TLSHD_PEER_SUBJECT=CN=client' 'TLSHD_PEER_SAN=DNS:client.test' \
		"TLSHD_PEER_SERIAL=$(pki_serial client)"
	entry_has client "${common[@]}" 'MESSAGE=handshake with server server.test \(127.0.0.1:2049\) succeeded: .*' \
		'TLSHD_PEER_ADDRESS=127.0.0.1:2049' 'TLSHD_PEER_NAME=server.test' 'TLSHD_PEER_SUBJECT=CN=server' \
		'TLSHD_PEER_SAN=DNS:server.test' "TLSHD_PEER_SERIAL=$(pki_serial server)"
	[ "$(agent_lines server .)" -eq 0 ] || give_up "with a journal, standard error is to stay silent"
}

# The line alone has to say all of it, for logs without fields.
line()
{
	local number='[0-9a-f]+' date='20[0-9-]+ [0-9:]+ UTC'
	stop_leftover
	agent_start server
	mount_once
	agent_logs server "^tlshd: handshake with client 127.0.0.1:[0-9]+ succeeded: x509, TLS1.3 AES-256-GCM [^ ]+ [^ ]+, \
peer \"CN=client\" san \"DNS:client.test\" serial $number expires $date, [0-9]+ ms\$" 1
	agent_logs server "^tlshd: handshake with server server.test \(127.0.0.1:2049\) succeeded: x509, TLS1.3 AES-256-GCM \
[^ ]+ [^ ]+, peer \"CN=server\" san \"DNS:server.test\" serial $number expires $date, [0-9]+ ms\$" 1
	nfs_refused server other.test mtls "$MNT"
	agent_logs server "^tlshd: handshake with server other.test \(127.0.0.1:2049\) failed: server certificate names .* \
\[EACCES, x509, TLS1.3 .*, [0-9]+ ms\]\$" 1
	agent_stop server
}

# The journal goes away and comes back, as at its restart: the lines after that arrive.
journal_restarts()
{
	start_quiet server
	reader_end journal
	mount_once
	reader_start journal $JOURNAL
	reader_signal journal USR1
	mount_once
	reader_gets journal '^MESSAGE=handshake with client .* succeeded'
	reader_gets journal "^MESSAGE=$LOST"
	agent_stop server
	reader_end journal
	rm -f $JOURNAL
}

syslog()
{
	reader_start syslog /dev/log
	reader_signal syslog USR1
	start_quiet server
	mount_once
	reader_gets syslog '^<30>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} tlshd\[[0-9]+\]: handshake with client .* succeeded'
	agent_stop server
	reader_end syslog
	rm -f /dev/log
}

neither()
{
	start_quiet server
	mount_once
	agent_logs server '^tlshd: handshake with client .* succeeded' 1
	agent_stop server
}

# Standard error is a pipe: full, and later without a reader.
full_pipe()
{
	mkfifo "$WORK/pipe"
	exec 5<>"$WORK/pipe"
	timeout 5 dd if=/dev/zero of="$WORK/pipe" bs=65536 count=1 oflag=nonblock status=none || true
	become server "$TLSHD_BIN" --stderr --config "$(agent_dir server)/config" </dev/null >/dev/null 2>"$WORK/pipe" 5<&- &
	echo $! >"$(agent_dir server)/pid"
	wait_for 30 agent_serves server || give_up "tlshd does not start while its standard error is full"
	mount_once
	exec 5<&-
	mount_once
	alive "$(agent_pid server)" || give_up "tlshd ended with the reader of its standard error"
	agent_stop server
}

plan 7
pki_ca ca
pki_issue server ca ecdsa dns=server.test server to='+90 days'
pki_issue client ca ecdsa dns=client.test client to='+90 days'
host_alias server.test 127.0.0.1
host_alias other.test 127.0.0.1
nfs_server_start
agent_install
agent_x509 server ca server client
rm -f /dev/log
attempt log-nobody-reads nobody_reads
attempt log-fields fields
attempt log-journal-restarts journal_restarts
attempt log-syslog syslog
attempt log-standard-error neither
attempt log-line line
attempt log-full-pipe full_pipe
