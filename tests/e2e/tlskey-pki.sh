#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=900
#
# A site whose certificates all come from `tlskey pki`, and whose configurations are the lines that it printed: mutual TLS in both
# roles, by name and by address; a client that is revoked is refused after a reload, with the reason, and the others are not;
# with a new certificate it is let in again; a name outside of the authority's constraints is refused, even if somebody else signed it
# with the authority's key.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
SITE=$WORK/site

# site COMMAND [ARGUMENT...]
site()
{
	tlskey pki "$1" --directory "$SITE" "${@:2}" >"$WORK/tlskey.out" 2>"$WORK/tlskey.err" ||
		give_up "tlskey pki $*: $(tail -n 1 "$WORK/tlskey.err")"
}

# configured HOST: with what tlskey said last, as it stands
configured()
{
	mkdir -p "$(agent_dir "$1")"
	{
		printf '[service]\nworkers=2\n'
		cat "$WORK/tlskey.out"
	} >"$(agent_dir "$1")/config"
}

# client_mounts HOST [SERVER]
client_mounts()
{
	agent_start "$1"
	nfs_mount "$1" "${2:-server.test}" mtls "$MNT"
	proof_tls "$1"
	nfs_exchange "$MNT"
	nfs_umount "$1" "$MNT"
	agent_stop "$1"
}

reload_server()
{
	local before
	before=$(grep -cE -- 'READY: serving' "$(agent_log server)" || true)
	kill -HUP "$(agent_pid server)"
	agent_logs server 'READY: serving' $((before + 1))
}

# The list that the configuration names is written in place.
revoked()
{
	site revoke one.test
	site crl --days 7
	reload_server
	agent_start one
	nfs_refused one server.test mtls "$MNT"
	agent_logs server 'client 192.0.2.* failed: client certificate, or one of its chain, is revoked \(x509.crl in \[authenticate.server\]\)' 1
	agent_stop one
}

# A revoked host gets another certificate.
issued_anew()
{
	site issue one.test --client --force
	configured one
	client_mounts one
}

outside_refused()
{
	! tlskey pki issue server.other --directory "$SITE" >"$WORK/tlskey.out" 2>"$WORK/tlskey.err" || give_up "it was signed"
	grep -q 'DNS:server.other is outside' "$WORK/tlskey.err" || give_up "$(cat "$WORK/tlskey.err")"
	[ ! -e "$SITE/hosts/server.other.key" ] || give_up "there is a key all the same"
}

# The server shows a certificate of the right authority, for the right name, which the authority may not certify.
forged_refused()
{
	cp "$SITE/ca.crt" "$PKI/site.crt"
	cp "$SITE/ca.key" "$PKI/site.key"
	: >"$PKI/site.above"
	pki_issue forged site ecdsa dns=server.other server
	agent_stop server
	sed -i "s|^x509.certificate = .*|x509.certificate = $PKI/forged.chain|; s|^x509.private_key = .*|x509.private_key = $PKI/forged.key|" \
		"$(agent_dir server)/config"
	agent_start server
	agent_start two
	nfs_refused two server.other mtls "$MNT"
	agent_logs two 'handshake with server server.other .* failed: ' 1
	agent_stop two
	agent_stop server
}

# Another authority, with the other type of key and an encrypted one.
other_type()
{
	SITE=$WORK/other
	echo 'a password of the site' >"$WORK/password"
	chmod 600 "$WORK/password"
	site init --key-type ed25519 --password-file "$WORK/password"
	site issue server.test --password-file "$WORK/password"
	configured server
	site issue one.test --client --password-file "$WORK/password"
	configured one
	agent_start server
	client_mounts one
	agent_stop server
}

plan 8
agent_install
host_add one
host_add two
host_alias server.other "$SERVER_IP4"
nfs_server_start
nfs_require mtls
site init --permit test --permit 192.0.2.0/24
site issue server.test --server --san "IP:$SERVER_IP4"
configured server
site issue one.test --client
configured one
site issue two.test --san IP:192.0.2.3
configured two
agent_start server
attempt tlskey-pki-mount client_mounts one
attempt tlskey-pki-address client_mounts two "$SERVER_IP4"
attempt tlskey-pki-revoked revoked
attempt tlskey-pki-other-client client_mounts two
attempt tlskey-pki-issued-anew issued_anew
attempt tlskey-pki-outside-refused outside_refused
attempt tlskey-pki-forged-refused forged_refused
attempt tlskey-pki-other-type other_type
