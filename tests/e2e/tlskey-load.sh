#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300 kernel=newest
#
# A boot as far as keys go: keyrings and modules are not there, `tlskey load` brings both, and NFS mounts and NVMe/TCP connect
# with what it has brought. Afterwards keys are lost, renewed, and described wrongly.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/nvme.sh"
. "$LIB/tlskey.sh"

KEYS=/etc/tlshd/keys.d
MNT=/mnt/test

# Both keyrings, by their names and modules, and nothing is changed by asking.
fresh()
{
	[ ! -d /sys/module/nvme_keyring ] || not_here "the module nvme_keyring is there already"
	tlskey_fails 11 'storage.conf:1: \[storage\]: keyring .nvme is not there: .*nvme-keyring' load --check
	grep '^storage: missing in .nvme: NVMe1R01 ' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	grep '^web: missing in .nfs: ' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	grep '^0 of 2 entries are' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	[ ! -d /sys/module/nvme_keyring ] || give_up "the check has loaded a module"
	! grep -E ' \.(nvme|nfs): ' /proc/keys || give_up "the check has made a keyring"
}

# modules_alone: as the unit's first step
modules_alone()
{
	tlskey_does load --modules
	grep ' \.nvme: ' /proc/keys >/dev/null || give_up "there is no keyring .nvme"
	grep ' \.nfs: ' /proc/keys >/dev/null || give_up "there is no keyring .nfs"
	[ "$(tlskey_keys %:.nvme)$(tlskey_keys %:.nfs)" = 00 ] || give_up "there are keys"
}

# Unloaded again, so that the load itself has to bring it.
loads()
{
	rmmod nvme_keyring 2>/dev/null || comment "nvme_keyring stays: $(cat /sys/module/nvme_keyring/refcnt 2>&1)"
	tlskey_does load
	grep '^2 of 2 entries loaded' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	[ "$(tlskey_keys %:.nvme)$(tlskey_keys %:.nfs)" = 12 ] || give_up "keys: $(keyctl list %:.nvme) $(keyctl list %:.nfs)"
	# All of them with the permissions of the kernel's own
	for key in $(keyctl rlist %:.nvme) $(keyctl rlist %:.nfs); do
		keyctl rdescribe "$key" | grep ';0;0;3f0b0000;' >/dev/null || give_up "$(keyctl rdescribe "$key")"
	done
	tlskey_does load --check
	! grep -E 'PRIVATE|NVMeTLSkey' "$WORK/tlskey.out" "$WORK/tlskey.err" || give_up "a secret was printed"
}

connects()
{
	mark
	nvme_disconnect_all
	nvme_connect nr_io_queues=1 >"$WORK/instance" || give_up "connect: $(cat "$WORK/nvme.err"); $(dmesg | tail -n 3)"
	nvme_proof 4
	nvme_disconnect "$(cat "$WORK/instance")"
	says 'handshake with server 127.0.0.1:4420 succeeded: psk, identity "NVMe1R01 '
}

# mounts NAME: the server sees this certificate
mounts()
{
	tlskey_does mount-options web
	nfs_mount client server.test mtls "$MNT" "$(cat "$WORK/tlskey.out")"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
	wait_for 10 agent_logged server "handshake with client .* succeeded: x509.* peer \"CN=$1\"" ||
		give_up "the server does not log CN=$1"
}

serials()
{
	keyctl rlist %:.nvme
	keyctl rlist %:.nfs
}

again()
{
	local before
	before=$(serials)
	tlskey_does load
	[ "$(grep -c ': present: key ' "$WORK/tlskey.out")" -eq 3 ] || give_up "$(cat "$WORK/tlskey.out")"
	[ "$(serials)" = "$before" ] || give_up "serials were $before and are $(serials)"
}

# What is broken is said with its place, and does not keep the rest from being loaded.
broken_among_good()
{
	nvme_no_keys
	printf '[bad]\ntype=nvme-psk\nsource=absent.psk\nhostnqn=nqn.y\nsubsysnqn=nqn.x\n[worse]\ntyp=x509\n' >$KEYS/a-bad.conf
	tlskey_fails 11 '' load --check
	tlskey_fails 4 'a-bad.conf:1: \[bad\]: .*absent.psk: No such file' load
	grep -F 'a-bad.conf:7: typ: unknown setting: did you mean type?' "$WORK/tlskey.err" >/dev/null ||
		give_up "$(cat "$WORK/tlskey.err")"
	grep '^storage: added: key ' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	grep '^2 of 4 entries loaded' "$WORK/tlskey.out" >/dev/null || give_up "$(cat "$WORK/tlskey.out")"
	connects
	rm $KEYS/a-bad.conf
}

# A renewed certificate, under the serial numbers that mounts have.
renewed()
{
	local before
	before=$(serials)
	cp "$PKI/renewed.crt" $KEYS/web.pem
	cp "$PKI/renewed.key" $KEYS/web.key
	tlskey_fails 11 'has another content' load --check
	tlskey_fails 9 'write replace=yes' load
	mounts client
	echo replace=yes >>$KEYS/web.conf
	tlskey_does load
	[ "$(serials)" = "$before" ] || give_up "serials were $before and are $(serials)"
	mounts renewed
}

lost()
{
	nvme_no_keys
	keyctl clear %:.nfs
	tlskey_fails 11 '' load --check
	tlskey_fails 8 '' mount-options web
	tlskey_does load --json
	tlskey_does load --check
	connects
	mounts renewed
}

plan 9
agent_install
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
pki_issue renewed ca ecdsa dns=client.test client
tlskey_does nvme generate --output $KEYS/storage.psk
printf '[storage]\ntype=nvme-psk\nsource=storage.psk\nhostnqn=%s\nsubsysnqn=%s\n' "$NVME_HOSTNQN" "$NVME_SUBNQN" \
	>$KEYS/storage.conf
(umask 077 && cp "$PKI/client.crt" $KEYS/web.pem && cp "$PKI/client.key" $KEYS/web.key)
printf '[web]\ntype=x509\ncert=web.pem\nkey=web.key\n' >$KEYS/web.conf
attempt tlskey-load-fresh fresh
attempt tlskey-load-modules modules_alone
attempt tlskey-load-loads loads
host_add client
nfs_server_start
nfs_require mtls
nvme_start
agent_x509 server ca server -
agent_x509 client ca - -
agent_start server
agent_start client
attempt tlskey-load-nvme connects
attempt tlskey-load-nfs mounts client
attempt tlskey-load-again again
attempt tlskey-load-broken broken_among_good
attempt tlskey-load-renewed renewed
attempt tlskey-load-lost lost
