#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# HelloRetryRequest, in both roles, to each group that the library has: the client's first key share is for a group that
# the server does not take, and it has to begin again with another (RFC 8446, 4.1.4). The largest groups take longer under
# emulation than nfsd waits for a handshake: tests/unit/worker_handshake.c has all.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

TLS13='NORMAL:-VERS-ALL:+VERS-TLS1.3'
SLOW='FFDHE(3072|4096|6144|8192)'
POLICY=/etc/gnutls/config

groups()
{
	gnutls-cli --list --priority "$TLS13" | sed -n 's/^Groups: //p' | tr -d ' ' | tr ',' '\n' | sed 's/^GROUP-//'
}

# policy TEXT: what the agent may do from its next start on; peers have their own
policy()
{
	mkdir -p /etc/gnutls
	printf '[overrides]\ndefault-priority-string = %s\n' "$1" >$POLICY
}

# only GROUP...: in this order
only()
{
	printf '%s:-GROUP-ALL' "$TLS13"
	printf ':+GROUP-%s' "$@"
}

retried()
{
	request_was 0
	peer_was hellos 2
	peer_was group "$1"
	log_says "handshake with .* succeeded: .*, TLS1.3 [^ ]* $1 "
}

# by_server FIRST GROUP: our server asks a client that comes with a share for FIRST to take GROUP
by_server()
{
	begin
	peer_visit gnutls "policy=$(only "$1" "$2")" "trust=$PKI/ca.crt"
	retried "$2"
	peer_was end served
}

# to_client GROUP: a server that takes this one only; the mount works through it
to_client()
{
	begin
	# shellcheck disable=SC2046 # two arguments
	peer_start gnutls server $PEER_PORT $(peer_identity server) "policy=$(only "$1")" relay=2049
	nfs_mount server server.test tls "$MNT" "port=$PEER_PORT"
	umount "$MNT"
	peer_end
	retried "$1"
}

# serve_with POLICY: a new start of the agent
serve_with()
{
	[ ! -e $POLICY ] || agent_stop server
	policy "$1"
	agent_start server
}

# The first shares of our client are for two groups of different kinds at the beginning of its policy.
mapfile -t REST < <(groups | grep -vxE "SECP256R1|X25519|SECP384R1|X448|$SLOW")
plan $((8 + 2 * ${#REST[@]}))
fault_setup
fault_config

serve_with "$(only SECP384R1 X448 SECP256R1 "${REST[@]}")"
for group in SECP384R1 X448 SECP256R1 "${REST[@]}"; do
	attempt "interop-groups-server-$group" by_server X25519 "$group"
done
attempt interop-groups-client-SECP256R1 to_client SECP256R1

serve_with "$(only SECP256R1 X25519 SECP384R1 X448 "${REST[@]}")"
for group in SECP384R1 X448 "${REST[@]}"; do
	attempt "interop-groups-client-$group" to_client "$group"
done

serve_with "$(only SECP384R1 X448 X25519)"
attempt interop-groups-server-X25519 by_server SECP256R1 X25519
attempt interop-groups-client-X25519 to_client X25519
