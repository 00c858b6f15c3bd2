#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=400
#
# Configurations that were written for ktls-utils' tlshd serve unchanged: three as administrators have them
# (tests/e2e/config), and the one that Debian's package ships. Each is put where tlshd looks for it by itself.
# And two certificates for one role.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
CONFIGS=${BASH_SOURCE[0]%/*}/config
SHIPPED=${TLSHD_BUILD:-/nowhere}/reference.conf

# put MODE FILE TARGET: a file of the administrator's
put()
{
	mkdir -p "${3%/*}"
	install -m "$1" "$2" "$3"
}

# check_usual: what --check-config says of the configuration in its usual place, but for the verdict, and for the speed of
# keys, which is the emulator's
check_usual()
{
	local status=0
	timeout 30 "$TLSHD_BIN" --check-config </dev/null >"$WORK/said" 2>&1 || status=$?
	sed 's/^/# /' "$WORK/said"
	[ "$status" -eq 0 ] || give_up "exit status $status"
	grep -vE 'can be served|takes [0-9]+ ms for a signature' "$WORK/said" >"$WORK/complaints" || true
}

no_complaints()
{
	[ ! -s "$WORK/complaints" ] || give_up "complaint: $(head -n 1 "$WORK/complaints")"
}

# serve_usual: start without --config
serve_usual()
{
	local dir
	dir=$(agent_dir server)
	mkdir -p "$dir"
	[ ! -e "$dir/pid" ] || gone "$(agent_pid server)" || agent_stop server
	echo "--- start" >>"$dir/log"
	"$TLSHD_BIN" -s </dev/null >>"$dir/log" 2>&1 &
	echo "$!" >"$dir/pid"
	wait_for 60 agent_serves_or_died server "$!" || give_up "tlshd did not begin to serve"
	alive "$!" || give_up "tlshd ended at once: $(tail -n 1 "$dir/log")"
	agent_logged server 'READY: serving with configuration /etc/tlshd/config ' || give_up "not ready"
}

# mounts MODE: between this host and the other one, whose agent has the usual configuration of tests
mounts()
{
	agent_start client
	nfs_mount client server.test "$1" "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	agent_stop client
}

server_configuration()
{
	put 0644 "$CONFIGS/server.conf" /etc/tlshd/config
	put 0644 "$PKI/ca.crt" /etc/pki/storage/storage-ca-bundle.pem
	put 0644 "$PKI/nobody.crl" /etc/pki/storage/storage-ca.crl
	put 0644 "$PKI/server.chain" /etc/pki/tls/certs/nfs-server.pem
	put 0600 "$PKI/server.key" /etc/pki/tls/private/nfs-server.key
	check_usual
	no_complaints
	serve_usual
	agent_x509 client ca - client
	mounts mtls
	agent_stop server
}

# Relative paths start from the configuration's folder, lines end as another system writes them.
client_configuration()
{
	put 0644 "$CONFIGS/client.conf" /etc/tlshd/config
	put 0644 "$PKI/ca.crt" /etc/tlshd/storage-ca.pem
	put 0644 "$PKI/client.chain" /etc/tlshd/ssl/client.pem
	put 0600 "$PKI/client.key" /etc/tlshd/ssl/client.key
	check_usual
	no_complaints
	serve_usual
	agent_stop server
	# The client's agent is another process in another network namespace, and has this file by its name.
	agent_x509 server ca server -
	agent_start server
	mkdir -p "$(agent_dir client)"
	cp -r /etc/tlshd/* "$(agent_dir client)/"
	mounts mtls
	agent_stop server
}

# Certificate and key in one file, both roles, a section of somebody else's.
both_configuration()
{
	cat "$PKI/server.key" "$PKI/server.chain" >"$WORK/both.pem"
	put 0644 "$CONFIGS/both.conf" /etc/tlshd/config
	put 0600 "$WORK/both.pem" /etc/ssl/private/both.pem
	put 0644 "$PKI/ca.crt" /etc/ssl/certs/ca-certificates-storage.pem
	check_usual
	grep -v 'unknown section \[site\], ignored' "$WORK/complaints" >"$WORK/rest" && give_up "complaint: $(cat "$WORK/rest")"
	serve_usual
	agent_x509 client ca - client
	mounts mtls
	nfs_mount server server.test mtls "$MNT"
	proof_tls server
	nfs_umount server "$MNT"
	agent_stop server
}

# It names no file, so the system's authorities are in force, and a server without a certificate refuses.
shipped_configuration()
{
	[ -e "$SHIPPED" ] || not_here "$(cat "$SHIPPED.why" 2>/dev/null || echo "the package ktls-utils was not fetched")"
	put 0644 "$SHIPPED" /etc/tlshd/config
	check_usual
	no_complaints
	serve_usual
	put 0644 "$SHIPPED" /etc/tlshd.conf
	rm /etc/tlshd/config
	check_usual
	grep -v 'tlshd.conf is the configuration in use; its place today is /etc/tlshd/config' "$WORK/complaints" >"$WORK/rest" &&
		give_up "complaint: $(cat "$WORK/rest")"
	rm /etc/tlshd.conf
	agent_x509 client ca - client
	agent_start client
	nfs_refused client server.test tls "$MNT"
	agent_logs server 'client 192.0.2.* failed: .*certificate' 1
	agent_stop client
	agent_stop server
}

# Two identities: a peer gets the first that it can verify.
second_identity()
{
	agent_x509 server ca server-rsa - "server:x509.pq.certificate=$PKI/server-ed25519.chain" \
		"server:x509.pq.private_key=$PKI/server-ed25519.key"
	agent_x509 client ca - client
	agent_start server
	agent_start client
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_umount client "$MNT"
	agent_logged client 'server server.test .*succeeded: .* EdDSA-Ed25519, ' || give_up "not the first identity"
	agent_stop client
	# A client whose system has forbidden that signature.
	printf '[overrides]\ninsecure-sig = EdDSA-Ed25519\n' >"$WORK/policy"
	agent_start client env "GNUTLS_SYSTEM_PRIORITY_FILE=$WORK/policy"
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_umount client "$MNT"
	agent_logged client 'server server.test .*succeeded: .* RSA-PSS-RSAE-SHA[0-9]+, ' || give_up "not the second identity"
	agent_stop client
	agent_stop server
}

plan 5
pki_ca ca
pki_issue server ca ecdsa dns=server.test
pki_issue server-rsa ca rsa dns=server.test server
pki_issue server-ed25519 ca ed25519 dns=server.test server
pki_issue client ca rsa dns=client.test client
pki_issue other ca ecdsa dns=other.test client
pki_revoke nobody ca other
host_add client
nfs_server_start
agent_install
attempt dropin-config-server server_configuration
attempt dropin-config-client client_configuration
attempt dropin-config-both both_configuration
attempt dropin-config-shipped shipped_configuration
attempt dropin-config-second second_identity
