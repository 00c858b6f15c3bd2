# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Peers with a TLS library of their own (tests/tools/tlspeer.c), and what each of the two sides came to know. Source it
# after fault.sh, whose agent and NFS server it needs.

PEER_PORT=2050	# of servers, and of relays
MNT=/mnt/test

# RFC 8446, 6.2
ALERT_HANDSHAKE_FAILURE=40
ALERT_BAD_CERTIFICATE=42
ALERT_UNSUPPORTED_CERTIFICATE=43
ALERT_CERTIFICATE_REVOKED=44
ALERT_CERTIFICATE_EXPIRED=45
ALERT_CERTIFICATE_UNKNOWN=46
ALERT_UNKNOWN_CA=48
ALERT_DECODE_ERROR=50
ALERT_DECRYPT_ERROR=51
ALERT_PROTOCOL_VERSION=70
ALERT_INTERNAL_ERROR=80

# peer_identity NAME: the arguments that show this identity
peer_identity()
{
	echo "certificate=$PKI/$1.chain" "key=$PKI/$1.key"
}

# peer_visit LIBRARY [OPTION...]: a client of the NFS server, to its end
peer_visit()
{
	local status=0 library=$1
	shift
	"$(fault_tool tlspeer)" "$library" client 127.0.0.1 2049 "$@" </dev/null >"$WORK/tlspeer" 2>&1 || status=$?
	[ "$status" -ne 77 ] || not_here "$(cat "$WORK/tlspeer")"
	[ "$status" -eq 0 ] || give_up "$(tail -n 1 "$WORK/tlspeer")"
}

# peer_start LIBRARY client|server PORT [OPTION...]: in the background, until peer_end
peer_start()
{
	"$(fault_tool tlspeer)" "$1" "$2" 127.0.0.1 "${@:3}" </dev/null >"$WORK/tlspeer" 2>&1 &
	echo "$!" >"$WORK/tlspeer.pid"
	wait_for 10 peer_listens || give_up "$(tail -n 1 "$WORK/tlspeer")"
	! grep 'built without' "$WORK/tlspeer" >/dev/null || not_here "$(cat "$WORK/tlspeer")"
}

peer_listens()
{
	grep -q . "$WORK/tlspeer"
}

# peer_end: its line has come; it is stopped
peer_end()
{
	wait_for 30 peer_told || give_up "the peer has no end: $(cat "$WORK/tlspeer")"
	kill -TERM "$(cat "$WORK/tlspeer.pid")" 2>/dev/null || true
	wait_for 10 gone "$(cat "$WORK/tlspeer.pid")" || give_up "the peer does not end"
}

peer_told()
{
	grep -q '^peer' "$WORK/tlspeer" || gone "$(cat "$WORK/tlspeer.pid")"
}

# peer_value FIELD: of its first connection: shake, end, alert, hellos, tickets, records, group
peer_value()
{
	awk -v field="$1" '$1 == "peer" { for (i = 2; i < NF; i++) if ($i == field) { print $(i + 1); exit } }' "$WORK/tlspeer"
}

# peer_was FIELD VALUE
peer_was()
{
	[ "$(peer_value "$1")" = "$2" ] || give_up "the peer's $1 is $(peer_value "$1"), not $2: $(tail -n 1 "$WORK/tlspeer")"
}

# request_was STATUS [STATUS...]: how the first request was answered, one of these
request_was()
{
	local got
	requests_sound
	got=$(requests | awk 'NR == 1 { print $3 }')
	proof_one_of "${got:-none}" "$@" || give_up "the request was answered with ${got:-nothing}, not $*"
}

# begin [EVENT...]: from here on the kernel's account, with these events, and the log are looked at
begin()
{
	requests_record "$@"
	log_mark
}

# mount_fails NAME [OPTIONS]: a mount of this server, at the peer's port; no second try by mount.nfs
mount_fails()
{
	mkdir -p "$MNT"
	! timeout -s KILL 30 mount -t nfs -o "vers=4.2,port=$PEER_PORT,retry=0,soft,timeo=50,${2:-xprtsec=tls}" "$1:/" "$MNT" \
		>"$WORK/mount.err" 2>&1 || give_up "the mount succeeded"
}

# client_refused LIBRARY IDENTITY ALERT SENTENCE [OPTION...]: our server refuses this certificate of a client. The client
# has shaken hands already and hears of it afterwards (RFC 8446, 4.4.4: it has sent the last message).
client_refused()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_visit "$1" $(peer_identity "$2") "${@:5}"
	request_was 13
	log_says "handshake with client .* failed: $4.*\\[EACCES"
	peer_was shake ok
	peer_was end alerted
	peer_was alert "$3"
}

# server_refused LIBRARY IDENTITY NAME ALERT SENTENCE [OPTION...]: our client refuses this certificate of a server
server_refused()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start "$1" server $PEER_PORT $(peer_identity "$2") "${@:6}"
	mount_fails "$3"
	peer_end
	request_was 13
	log_says "handshake with server $3 .* failed: $5.*\\[EACCES"
	peer_was shake refused
	peer_was alert "$4"
}
