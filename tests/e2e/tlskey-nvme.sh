#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# NVMe/TCP with keys that nothing but tlskey has made: both versions of an identity, both hashes, names of which one is the
# beginning of the other, rotation, and nothing half done.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/nvme.sh"
. "$LIB/tlskey.sh"

NAMES=(--hostnqn "$NVME_HOSTNQN" --subsysnqn "$NVME_SUBNQN")

connects()
{
	nvme_disconnect_all
	mark
	nvme_connect nr_io_queues=1 "$@" >"$WORK/instance" || give_up "connect: $(cat "$WORK/nvme.err"); $(dmesg | tail -n 3)"
	nvme_proof 4
	nvme_disconnect "$(cat "$WORK/instance")"
}

# refused PATTERN OPTION...
refused()
{
	local pattern=$1
	shift
	nvme_disconnect_all
	mark
	! nvme_connect nr_io_queues=1 "$@" >/dev/null || give_up "connected"
	says "$pattern"
}

both_say()
{
	says "handshake with server 127.0.0.1:4420 succeeded: psk, identity \"$1"
	says "handshake with client 127.0.0.1:[0-9]+ succeeded: psk, identity \"$1"
}

new_key()
{
	rm -f "$WORK/$1"
	tlskey_does nvme generate --output "$WORK/$1" "${@:2}"
}

# What is missing is said with its module, before anything is loaded.
no_module()
{
	[ ! -d /sys/module/nvme_keyring ] || not_here "the module is there already"
	tlskey_fails 5 'modprobe nvme-keyring' nvme list
	new_key early
	tlskey_fails 5 'modprobe nvme-keyring' nvme import "$WORK/early" "${NAMES[@]}"
	tlskey_fails 5 'modprobe nvme-keyring' nvme doctor "$WORK/early" "${NAMES[@]}"
	grep 'NVMe1R01 ' "$WORK/tlskey.out" >/dev/null || give_up "the doctor says nothing without a keyring"
}

version0()
{
	nvme_no_keys
	new_key key
	tlskey_does nvme import "$WORK/key" "${NAMES[@]}" --identity 0
	keyctl rdescribe "$(tlskey_serial)" | grep -F "psk;0;0;3f0b0000;$(nvme_identity)" >/dev/null ||
		give_up "the key is $(keyctl rdescribe "$(tlskey_serial)")"
	connects
	both_say 'NVMe0R01 '
	tlskey_does nvme doctor "$WORK/key" "${NAMES[@]}"
}

version1()
{
	nvme_no_keys
	new_key key
	tlskey_does nvme import "$WORK/key" "${NAMES[@]}"
	connects
	both_say 'NVMe1R01 .* [A-Za-z0-9+/]+="'
	# As nvme-cli derived it before: another key, by which both ends agree as well.
	nvme_no_keys
	tlskey_does nvme import "$WORK/key" "${NAMES[@]}" --compat
	connects
	both_say 'NVMe1R01 '
	# The newer one comes first where both are there.
	tlskey_does nvme import "$WORK/key" "${NAMES[@]}" --identity both
	connects
	both_say 'NVMe1R01 '
}

sha384()
{
	nvme_no_keys
	new_key large --hash sha384
	tlskey_does nvme import "$WORK/large" "${NAMES[@]}" --identity both
	[ "$(tlskey_keys %keyring:.nvme)" -eq 2 ] || give_up "the keys are not in the keyring"
	if grep 'need GnuTLS 3.8.11' "$WORK/tlskey.err" >/dev/null; then
		comment "$(cat "$WORK/tlskey.err")"
		refused 'no pre-shared key of the request can be used here .*SHA-384'
		nvme_no_keys
		not_here "the TLS library has no SHA-384 for pre-shared keys; the keys went into the keyring, with a warning"
	fi
	connects
	both_say 'NVMe1R02 '
	keyctl unlink "$(tlskey_serial_of 'NVMe1R02 ')" %keyring:.nvme
	connects
	both_say 'NVMe0R02 '
}

tlskey_serial_of()
{
	tlskey nvme list | awk -v begin="$1" 'index($0, begin) { print $1 }'
}

# ...:storage and ...:storage10
prefixes()
{
	local short long
	nvme_no_keys
	[ -d "$NVMET/subsystems/${NVME_SUBNQN}10" ] || nvme_subsystem "${NVME_SUBNQN}10"
	new_key short
	new_key long
	tlskey_does nvme import "$WORK/long" --hostnqn "$NVME_HOSTNQN" --subsysnqn "${NVME_SUBNQN}10" --identity 0
	long=$(tlskey_serial)
	tlskey_fails 11 '' nvme doctor "$WORK/short" "${NAMES[@]}"
	grep 'only begins like this one' "$WORK/tlskey.out" >/dev/null || give_up "the doctor does not see the longer name"
	tlskey_fails 8 'no key of type psk for' nvme remove "$(nvme_identity)"
	tlskey_does nvme import "$WORK/short" "${NAMES[@]}" --identity 0
	short=$(tlskey_serial)
	[ "$short" != "$long" ] || give_up "one key for both"
	connects "tls_key=$short"
	both_say "$(nvme_identity)\""
	connects "tls_key=$long" "nqn=${NVME_SUBNQN}10"
	both_say "$(nvme_identity "${NVME_SUBNQN}10")\""
	tlskey_does nvme remove "$(nvme_identity)"
	[ "$(tlskey_keys %keyring:.nvme)" -eq 1 ] || give_up "more or less than one key was removed"
	tlskey_does nvme doctor "$WORK/long" --hostnqn "$NVME_HOSTNQN" --subsysnqn "${NVME_SUBNQN}10"
}

# 222 bytes each, the most that the kernel's host takes, which makes an identity of 499; in version 0 no key can be derived for
# such names.
longest()
{
	local host subsystem
	nvme_no_keys
	host=$(printf 'nqn.2026-01.test:%0205d' 1)
	subsystem=$(printf 'nqn.2026-01.test:%0205d' 2)
	nvme_subsystem "$subsystem"
	new_key key
	tlskey_fails 3 'identity of version 0 is too long' nvme import "$WORK/key" -n "$host" -c "$subsystem" --identity both
	tlskey_fails 3 'may have 223' nvme import "$WORK/key" -n "$host" -c "${subsystem}00"
	[ "$(tlskey_keys %keyring:.nvme)" -eq 0 ] || give_up "something is in the keyring"
	tlskey_does nvme import "$WORK/key" -n "$host" -c "$subsystem"
	connects "hostnqn=$host" hostid=2f3bba5c-0000-4000-8000-000000000003 "nqn=$subsystem"
	both_say "NVMe1R01 $host $subsystem "
}

# The host has a keyring of its own, as on another machine.
rotation()
{
	local keyring old new
	nvme_no_keys
	keyring=$(keyring_new rotating-host)
	new_key old
	new_key new
	tlskey_does nvme import "$WORK/old" "${NAMES[@]}"
	tlskey_does nvme import "$WORK/old" "${NAMES[@]}" --keyring rotating-host
	old=$(tlskey_serial)
	connects "keyring=$((keyring))"
	# Target first: it has both, and the host still comes with the old one.
	tlskey_does nvme rotate "$WORK/new" "${NAMES[@]}"
	grep '1 older key' "$WORK/tlskey.out" >/dev/null || give_up "rotate does not say what comes next: $(cat "$WORK/tlskey.out")"
	connects "keyring=$((keyring))"
	# Then the host, which names the key.
	tlskey_does nvme rotate "$WORK/new" "${NAMES[@]}" --keyring rotating-host
	new=$(tlskey_serial)
	connects "keyring=$((keyring))" "tls_key=$new"
	both_say "NVMe1R01 .* $(keyctl rdescribe "$new" | awk '{ gsub(/[+]/, "[+]", $NF); print $NF }')\""
	connects "keyring=$((keyring))" "tls_key=$old"
	# And the old one goes: on the target, then on the host.
	tlskey_does nvme rotate "$WORK/new" "${NAMES[@]}" --retire
	refused 'failed: the peer refused with alert 115' "keyring=$((keyring))" "tls_key=$old"
	tlskey_does nvme rotate "$WORK/new" "${NAMES[@]}" --keyring rotating-host --retire
	[ "$(tlskey_keys "$keyring")" -eq 1 ] || give_up "the old key is not gone"
	connects "keyring=$((keyring))"
}

rotation0()
{
	nvme_no_keys
	new_key old
	new_key new
	tlskey_does nvme import "$WORK/old" "${NAMES[@]}" --identity 0
	tlskey_fails 9 'cannot stand side by side.*--replace' nvme rotate "$WORK/new" "${NAMES[@]}" --identity 0
	tlskey_does nvme doctor "$WORK/old" "${NAMES[@]}"
	connects
	tlskey_does nvme rotate "$WORK/new" "${NAMES[@]}" --identity 0 --replace
	[ "$(tlskey_keys %keyring:.nvme)" -eq 1 ] || give_up "there are $(tlskey_keys %keyring:.nvme) keys"
	connects
	tlskey_does nvme doctor "$WORK/new" "${NAMES[@]}"
}

# The quota ends at each of the steps, one after the other; until all succeed the keyring stays as it was.
undone()
{
	local limit used status before failed=0
	nvme_no_keys
	new_key old
	new_key new
	tlskey_does nvme import "$WORK/old" "${NAMES[@]}" --identity both
	before=$(tlskey nvme list)
	limit=$(cat /proc/sys/kernel/keys/root_maxkeys)
	used=$(awk '$1 == "0:" { split($4, keys, "/"); print keys[1] }' /proc/key-users)
	while :; do
		failed=$((failed + 1))
		status=0
		echo $((used + failed)) >/proc/sys/kernel/keys/root_maxkeys
		tlskey_run nvme import "$WORK/new" "${NAMES[@]}" --identity both --replace || status=$?
		echo "$limit" >/proc/sys/kernel/keys/root_maxkeys
		[ "$status" -ne 0 ] || break
		[ "$status" -eq 7 ] || give_up "exit status $status: $(cat "$WORK/tlskey.err")"
		[ "$(tlskey nvme list)" = "$before" ] || give_up "the keyring has changed: $(tlskey nvme list), before: $before"
		connects
		[ "$failed" -lt 50 ] || give_up "it never succeeds: $(cat "$WORK/tlskey.err")"
	done
	comment "failed $((failed - 1)) times, the last time: $(cat "$WORK/tlskey.err")"
	[ "$failed" -ge 4 ] || give_up "too few steps could fail"
	tlskey_does nvme doctor "$WORK/new" "${NAMES[@]}"
	connects
}

# A keyring that a stranger has called like root's is nobody's; and what is not root's own is not found by him.
strangers()
{
	setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'keyring=$(keyctl newring backup-hosts @u) &&
		keyctl setperm $keyring 0x3f3f3f3f && echo made >&2 && exec sleep 60' >/dev/null 2>"$WORK/stranger" &
	wait_for 10 grep made "$WORK/stranger" >/dev/null || give_up "the stranger has no keyring: $(cat "$WORK/stranger")"
	new_key key
	tlskey_fails 6 'belongs to user 65534' nvme import "$WORK/key" "${NAMES[@]}" --keyring backup-hosts
	kill $!
	chmod 644 "$WORK/key"
	tlskey_fails 4 'is no secret' nvme import "$WORK/key" "${NAMES[@]}"
	nvme_no_keys
	if setpriv --reuid 65534 --regid 65534 --clear-groups tlskey nvme list >"$WORK/tlskey.out" 2>"$WORK/tlskey.err"; then
		give_up "another user reads root's keyring: $(cat "$WORK/tlskey.out")"
	fi
	grep 'as root' "$WORK/tlskey.err" >/dev/null || give_up "it does not say what to do: $(cat "$WORK/tlskey.err")"
}

plan 10
attempt tlskey-nvme-no-module no_module
nvme_start
agent_config server
agent_start server
attempt tlskey-nvme-version0 version0
attempt tlskey-nvme-version1 version1
attempt tlskey-nvme-sha384 sha384
attempt tlskey-nvme-prefixes prefixes
attempt tlskey-nvme-longest longest
attempt tlskey-nvme-rotation rotation
attempt tlskey-nvme-rotation0 rotation0
attempt tlskey-nvme-undone undone
attempt tlskey-nvme-strangers strangers
