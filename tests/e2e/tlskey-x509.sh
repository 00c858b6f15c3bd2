#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=600 kernel=newest
#
# Identities that tlskey has put into the keyring .nfs, from each of the forms in which people have them, and mounts with the very
# options that it prints. The client's configuration has no certificate.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"
. "$LIB/tlskey.sh"

MNT=/mnt/test

# keys: what is in the keyring, to be compared
keys()
{
	keyctl list %keyring:.nfs | sort
}

# unchanged STATUS PATTERN ARGUMENT...: tlskey refuses, and leaves the keyring as it was
unchanged()
{
	keys >"$WORK/before"
	tlskey_fails "$@"
	keys >"$WORK/after"
	cmp "$WORK/before" "$WORK/after" || give_up "the keyring is another one: $(diff "$WORK/before" "$WORK/after" | tr '\n' ';')"
}

# options: what the last import or rotate has printed to mount with, without xprtsec, which nfs_mount() gives
options()
{
	sed -n 's/^mount -o xprtsec=mtls,\(cert_serial=[0-9]*,privkey_serial=[0-9]*\)$/\1/p' "$WORK/tlskey.out" | grep .
}

# mounts OPTIONS CN: and the server sees this certificate
mounts()
{
	local seen
	seen=$(seen "$2")
	nfs_mount client server.test mtls "$MNT" "$1"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	wait_for 10 sees "$2" $((seen + 1)) || give_up "the server did not see CN=$2"
}

# seen CN: how often the server has
seen()
{
	grep -cE "handshake with client .* succeeded: x509.* peer \"CN=$1\"" "$(agent_log server)" || true
}

sees()
{
	[ "$(seen "$1")" -ge "$2" ]
}

# imports NAME CN ARGUMENT...: and both ways of asking for the options give the same, which mounts
imports()
{
	local name=$1 cn=$2 printed
	shift 2
	tlskey_does x509 import --name "$name" "$@"
	printed=$(options)
	# The very same again is no second key.
	tlskey_does x509 import --name "$name" --mount-options "$@"
	[ "$(cat "$WORK/tlskey.out")" = "$printed" ] || give_up "--mount-options prints $(cat "$WORK/tlskey.out"), not $printed"
	mounts "$printed" "$cn"
}

no_keyring()
{
	tlskey_fails 5 'keyring .nfs is not there: .*modprobe nfs' x509 import --cert "$PKI/a.crt" --key "$PKI/a.key"
	tlskey_fails 5 'modprobe nfs' x509 list
	modprobe nfs
	tlskey_does x509 list
}

permissions()
{
	local serial
	tlskey_does x509 import --name mode --cert "$PKI/a.crt" --key "$PKI/a.key"
	for serial in $(options | tr -c '0-9\n' ' '); do
		[[ $(keyctl rdescribe "$serial") == "user;0;0;3f0b0000;mode.1."* ]] || give_up "$(keyctl rdescribe "$serial")"
	done
}

der()
{
	pki_certtool --certificate-info --infile "$PKI/rsa.crt" --outder --outfile "$WORK/rsa.crt.der"
	(umask 077 && pki_certtool --key-info --infile "$PKI/rsa.key" --outder --outfile "$WORK/rsa.key.der")
	imports der rsa --cert "$WORK/rsa.crt.der" --key "$WORK/rsa.key.der"
}

# Once only: an emulated guest needs half a minute to make a key of a password.
pkcs12()
{
	(umask 077 && pki_certtool --to-p12 --load-certificate "$PKI/ed25519.crt" --load-privkey "$PKI/ed25519.key" \
		--p12-name client --password secret-word --outder --outfile "$WORK/client.p12")
	tlskey_does x509 import --name pkcs12 --pkcs12 "$WORK/client.p12" --password-file - <<<secret-word
	mounts "$(options)" ed25519
}

# What would only show at the mount shows before anything is changed.
refuses()
{
	unchanged 3 'do not belong together' x509 import --name x --cert "$PKI/a.crt" --key "$PKI/b.key"
	unchanged 10 'expired at' x509 import --name x --cert "$PKI/old.crt" --key "$PKI/old.key"
	unchanged 3 'does not allow TLS clients' x509 import --name x --cert "$PKI/server.crt" --key "$PKI/server.key"
	chmod 644 "$PKI/a.key"
	unchanged 4 'chmod go-rwx' x509 import --name x --cert "$PKI/a.crt" --key "$PKI/a.key"
	chmod 600 "$PKI/a.key"
	unchanged 9 'rotate|--replace' x509 import --name mode --cert "$PKI/b.crt" --key "$PKI/b.key"
}

# cert_serial has room for one certificate; what to do about the others is in the warning.
intermediate()
{
	tlskey_does x509 import --name deep --cert "$PKI/deep.chain" --key "$PKI/deep.key"
	grep 'intermediate "CN=middle".*x509.truststore' "$WORK/tlskey.err" || give_up "no warning: $(cat "$WORK/tlskey.err")"
	options >"$WORK/deep"
	nfs_refused client server.test mtls "$MNT" "$(cat "$WORK/deep")"
	cat "$PKI/ca.crt" "$PKI/middle.crt" >"$PKI/both.crt"
	agent_x509 server both server -
	agent_restart server
	mounts "$(cat "$WORK/deep")" deep
}

replace()
{
	local old
	tlskey_does x509 import --name turn --cert "$PKI/a.crt" --key "$PKI/a.key"
	old=$(options)
	tlskey_does x509 import --name turn --cert "$PKI/b.crt" --key "$PKI/b.key" --replace
	[ "$(options)" != "$old" ] || give_up "the serial numbers are the old ones: $old"
	mounts "$(options)" b
	nfs_refused client server.test mtls "$MNT" "$old"
}

# Two pairs of one name: mounts that are there go on with the old one until it is retired.
rotate()
{
	local old
	tlskey_does x509 import --name pair --cert "$PKI/a.crt" --key "$PKI/a.key"
	old=$(options)
	tlskey_does x509 rotate pair --cert "$PKI/b.crt" --key "$PKI/b.key"
	[ "$(options)" != "$old" ] || give_up "the serial numbers are the old ones: $old"
	options >"$WORK/new"
	mounts "$old" a
	mounts "$(cat "$WORK/new")" b
	tlskey_does x509 rotate pair --retire
	mounts "$(cat "$WORK/new")" b
	nfs_refused client server.test mtls "$MNT" "$old"
	tlskey_does x509 show pair
	[ "$(grep -c generation "$WORK/tlskey.out")" -eq 1 ] || give_up "not one pair is left: $(cat "$WORK/tlskey.out")"
}

# A live mount gets the new certificate when it connects again, by the serial numbers that it has.
in_place()
{
	local seen
	tlskey_does x509 import --name live --cert "$PKI/a.crt" --key "$PKI/a.key"
	options >"$WORK/live"
	nfs_mount client server.test mtls "$MNT" "$(cat "$WORK/live")"
	tlskey_does x509 rotate live --in-place --cert "$PKI/b.crt" --key "$PKI/b.key"
	[ "$(options)" = "$(cat "$WORK/live")" ] || give_up "other serial numbers: $(options)"
	seen=$(seen b)
	modprobe tcp_diag
	on client ss -K dport = :2049 >"$WORK/ss.log" 2>&1
	nfs_exchange "$MNT"
	wait_for 20 sees b $((seen + 1)) || give_up "the mount did not come back with the new certificate"
	nfs_umount client "$MNT"
}

removes()
{
	local options
	tlskey_does x509 import --name away --cert "$PKI/a.crt" --key "$PKI/a.key"
	options=$(options)
	mounts "$options" a
	tlskey_does x509 remove away
	! keyctl rlist %keyring:.nfs | grep -w "$(tr -c '0-9\n' ' ' <<<"$options" | awk '{ print $2 }')" || give_up "the private key is there"
	tlskey_fails 8 'there is no certificate with the name away' x509 show away
	nfs_refused client server.test mtls "$MNT" "$options"
}

expired_is_shown()
{
	tlskey_run x509 list
	grep -E '^brief +expired ' "$WORK/tlskey.out" >/dev/null
}

expires()
{
	local options
	tlskey_does x509 import --name brief --cert "$PKI/a.crt" --key "$PKI/a.key"
	options=$(options)
	mounts "$options" a
	tlskey_does x509 expire brief --in 2
	wait_for 20 expired_is_shown || give_up "list does not show it as expired: $(cat "$WORK/tlskey.out")"
	nfs_refused client server.test mtls "$MNT" "$options"
	wait_for 10 agent_logged client 'failed: .*(EKEYEXPIRED|expired)' || give_up "tlshd does not say why"
	# It is in nobody's way.
	imports brief a --cert "$PKI/a.crt" --key "$PKI/a.key"
}

plan 12
pki_ca ca
pki_intermediate middle ca
pki_issue server ca ecdsa dns=server.test server
pki_issue a ca ecdsa dns=client.test client
pki_issue b ca ecdsa dns=client.test client
pki_issue rsa ca rsa dns=client.test client
pki_issue ed25519 ca ed25519 dns=client.test client
pki_issue deep middle ecdsa dns=client.test client
pki_issue old ca ecdsa dns=client.test client 'from=-9 days' 'to=-2 days'
host_add client
agent_install
attempt tlskey-x509-no-keyring no_keyring
nfs_server_start
nfs_require mtls
agent_x509 server ca server -
agent_x509 client ca - -
agent_start server
agent_start client
attempt tlskey-x509-pem imports pem a --cert "$PKI/a.chain" --key "$PKI/a.key"
attempt tlskey-x509-permissions permissions
attempt tlskey-x509-der der
attempt tlskey-x509-pkcs12 pkcs12
attempt tlskey-x509-refuses refuses
attempt tlskey-x509-replace replace
attempt tlskey-x509-rotate rotate
attempt tlskey-x509-in-place in_place
attempt tlskey-x509-remove removes
attempt tlskey-x509-expire expires
attempt tlskey-x509-intermediate intermediate
