# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Proofs that a connection is what it says: the kernel's own view of the socket, its counters, and the wire.

# proof_sockets HOST: NFS connections with their TLS state, a line each
proof_sockets()
{
	on "$1" ss -tienHO 'sport = :2049 or dport = :2049'
}

# proof_tls HOST [CIPHER]: there is a connection, and each has TLS 1.3 in both directions, with this cipher in the
# kernel's names: aes-gcm-128 aes-gcm-256 aes-ccm-128 chacha20-poly1305
proof_tls()
{
	local host=$1 cipher=${2:-} line count=0
	while read -r line; do
		[ -n "$line" ] || continue
		count=$((count + 1))
		[[ $line == *"tcp-ulp-tls version: 1.3 "*"rxconf: sw txconf: sw"* ]] ||
			give_up "a connection on $host without TLS: $line"
		[ -z "$cipher" ] || proof_cipher "$line" "$cipher" || give_up "no cipher $cipher on $host: $line"
	done <<<"$(proof_sockets "$host")"
	[ "$count" -gt 0 ] || give_up "no NFS connection on $host"
}

# Older ss(8) can name two of the ciphers only and says nothing of the others. For those the kernel's list of algorithms
# speaks: what a connection uses has more than the one reference that an idle algorithm has.
proof_cipher()
{
	case $1 in
	*" cipher: $2 "*) return 0 ;;
	*" cipher: "*) return 1 ;;
	esac
	case $2 in
	chacha20-poly1305) proof_in_use 'rfc7539(chacha20,poly1305)' ;;
	aes-ccm-128) proof_in_use 'ccm(aes)' ;;
	*) return 1 ;;
	esac
}

proof_in_use()
{
	awk -v name="$1" '$1 == "name" { found = $3 == name } $1 == "refcnt" && found && $3 > 1 { used = 1 }
		END { exit !used }' /proc/crypto
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

# proof_capture_start HOST INTERFACE ADDRESS FILE: record NFS packets on an interface of this host until
# proof_capture_stop FILE. A packet to ADDRESS has to leave by that interface: the last one marks the end.
proof_capture_start()
{
	local file=$4
	become "$1" tcpdump -i "$2" -Z root -s 0 -U --immediate-mode -w "$file" 'tcp port 2049 or udp port 9' \
		</dev/null >/dev/null 2>"$file.log" &
	echo "$!" >"$file.pid"
	echo "$1 $3" >"$file.mark"
	wait_for 60 grep -q 'listening on' "$file.log" || give_up "tcpdump: $(tail -n 1 "$file.log")"
}

# tcpdump drops what it has not read yet when it is told to end, so it ends after it has written the mark.
proof_capture_stop()
{
	local pid host address
	pid=$(cat "$1.pid")
	read -r host address <"$1.mark"
	on "$host" bash -c "echo end-of-capture >/dev/udp/$address/9"
	wait_for 20 grep -aqF end-of-capture "$1" || give_up "tcpdump did not come to the end of the capture $1"
	kill -TERM "$pid"
	wait_for 60 gone "$pid" || give_up "tcpdump did not end"
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
