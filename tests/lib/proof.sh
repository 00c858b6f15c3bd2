# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Proofs that a connection is what it says: the kernel's own view of the socket, its counters, and the wire.

# proof_sockets HOST: NFS connections with their TLS state, a line each
proof_sockets()
{
	on "$1" ss -tienHO 'sport = :2049 or dport = :2049'
}

# proof_tls HOST [CIPHER...]: there is a connection, and each has TLS 1.3 in both directions, with one of these ciphers
# in the kernel's names: aes-gcm-128 aes-gcm-256 aes-ccm-128 chacha20-poly1305
proof_tls()
{
	local host=$1 line count=0
	shift
	while read -r line; do
		[ -n "$line" ] || continue
		count=$((count + 1))
		case $line in
		*"tcp-ulp-tls version: 1.3 cipher: "*"rxconf: sw txconf: sw"*) ;;
		*) give_up "a connection on $host without TLS: $line" ;;
		esac
		line=${line#*cipher: }
		proof_one_of "$(proof_cipher_name "${line%% *}")" "$@" ||
			give_up "cipher ${line%% *} on $host, expected $*"
	done <<<"$(proof_sockets "$host")"
	[ "$count" -gt 0 ] || give_up "no NFS connection on $host"
}

# Older ss(8) has names for two of the kernel's ciphers only and prints the number of the others (linux/tls.h).
proof_cipher_name()
{
	case $1 in
	*51*) echo aes-gcm-128 ;;
	*52*) echo aes-gcm-256 ;;
	*53*) echo aes-ccm-128 ;;
	*54*) echo chacha20-poly1305 ;;
	*) echo "$1" ;;
	esac
}

proof_one_of()
{
	local value=$1 candidate
	shift
	[ $# -gt 0 ] || return 0
	for candidate; do
		[ "$value" != "$candidate" ] || return 0
	done
	return 1
}

# proof_plain HOST: there is a connection, and it has no TLS; the control of proof_tls
proof_plain()
{
	local sockets
	sockets=$(proof_sockets "$1")
	[ -n "$sockets" ] || give_up "no NFS connection on $1"
	! grep -q tcp-ulp-tls <<<"$sockets" || give_up "a connection on $1 has TLS and should not"
}

# proof_counter HOST NAME: a counter of /proc/net/tls_stat, TlsTxSw for example
proof_counter()
{
	on "$1" cat /proc/net/tls_stat | awk -v name="$2" '$1 == name { print $2; found = 1 } END { if (!found) print 0 }'
}

# proof_capture_start HOST INTERFACE FILE: record NFS packets until proof_capture_stop FILE
proof_capture_start()
{
	become "$1" tcpdump -i "$2" -Z root -s 0 -U -w "$3" 'tcp port 2049' </dev/null >/dev/null 2>"$3.log" &
	echo "$!" >"$3.pid"
	wait_for 60 grep -q 'listening on' "$3.log" || give_up "tcpdump: $(tail -n 1 "$3.log")"
}

proof_capture_stop()
{
	local pid
	pid=$(cat "$1.pid")
	kill -TERM "$pid"
	wait_for 60 gone "$pid" || give_up "tcpdump did not end"
	[ -s "$1" ] || give_up "the capture $1 is empty"
}

# proof_wire_has FILE TEXT: occurrences of a text in a capture; the text must be short enough for one packet
proof_wire_has()
{
	grep -aqF -- "$2" "$1"
}

proof_wire_lacks()
{
	[ "$(stat -c %s "$1")" -gt 1000 ] || give_up "the capture $1 holds next to nothing"
	! proof_wire_has "$1" "$2" || give_up "the text $2 crossed the wire unencrypted"
}
