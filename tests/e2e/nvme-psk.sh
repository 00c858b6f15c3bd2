#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=400
#
# NVMe/TCP with pre-shared keys: host and target in one kernel, one agent for both.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"
. "$LIB/nvme.sh"

CONNECTS=${CONNECTS:-200}

connects()
{
	nvme_disconnect_all
	nvme_connect "$@" >"$WORK/instance" || give_up "connect: $(cat "$WORK/nvme.err"); $(dmesg | tail -n 3)"
}

disconnects()
{
	nvme_disconnect "$(cat "$WORK/instance")"
}

# One admin and three I/O queues (for reads, writes, and polled ones), each a connection with its handshake on both ends.
several_queues()
{
	local disk
	mark
	connects nr_io_queues=1 nr_write_queues=1 nr_poll_queues=1
	nvme_proof 8
	disk=$(nvme_disk "$(cat "$WORK/instance")")
	head -c 1000000 /dev/urandom >"$WORK/data"
	dd if="$WORK/data" of="$disk" conv=fsync,notrunc 2>/dev/null
	cmp -n 1000000 "$WORK/data" /dev/ram0 || give_up "what was written is not what the disk has"
	disconnects
	says 'handshake with server 127.0.0.1:4420 succeeded: psk, identity "NVMe0R01 '
	says 'handshake with client 127.0.0.1:[0-9]+ succeeded: psk, identity "NVMe0R01 '
	comment "$(log_since_mark | head -n 1)"
}

# What the reference loses some of: keyrings are the kernel's, and shared by requests that run at one time.
many_connects()
{
	nvme_disconnect_all
	local i
	mark
	for ((i = 0; i < CONNECTS; i++)); do
		connects nr_io_queues=1
		disconnects
	done
	! said 'failed' || give_up "$(log_since_mark | grep failed | head -n 1)"
	comment "$CONNECTS connects, $(log_since_mark | grep -c succeeded) handshakes"
	# Nothing of them is left: no holder of a keyring, no key in the process keyring.
	! grep -q 'req-' /proc/keys || give_up "a holder is left: $(grep req- /proc/keys)"
}

reconnects()
{
	nvme_disconnect_all
	local instance disk
	connects nr_io_queues=1 ctrl_loss_tmo=60 reconnect_delay=1
	instance=$(cat "$WORK/instance")
	disk=$(nvme_disk "$instance")
	mark
	nvme_reset_target "$NVME_SUBNQN"
	wait_for 30 fails nvme_state_is "$instance" live || give_up "the controller did not notice"
	wait_for 60 nvme_state_is "$instance" live || give_up "the controller does not come back: $(cat "/sys/class/nvme/nvme$instance/state")"
	says 'handshake with server .* succeeded'
	dd if="$disk" of="$WORK/read" bs=4096 count=16 iflag=direct 2>/dev/null
	cmp -n 65536 "$WORK/read" /dev/ram0 || give_up "what was read is not what the disk has"
	nvme_proof 4
	disconnects
}

# Keys are found by their description as a whole. The kernel's own search would take each of these for the key's.
offers()
{
	local identity prefix
	identity=$(nvme_identity "${NVME_SUBNQN}10")
	nvme_key "$identity" >/dev/null
	mark
	nvme_offer "$identity" "$WORK/nvme.key" || give_up "the right key was refused: $(tail -n 3 "$WORK/offer")"
	says "succeeded: psk, identity \"$identity\""
	for prefix in "${identity%0}" N "$(nvme_identity "$NVME_SUBNQN" nqn.other)" "${identity}0"; do
		mark
		! nvme_offer "$prefix" "$WORK/nvme.key" || give_up "accepted: $prefix"
		grep -i 'alert.*115\|unknown.*psk.*identity' "$WORK/offer" >/dev/null || give_up "no alert: $(grep -v "^$" "$WORK/offer" | tail -n 6 | tr "\n" ";")"
		says "failed: no pre-shared key for the identity \"$prefix\" that the peer offers.*\[EACCES, psk"
	done
	# With both keys there, each identity has its own.
	nvme_key "${identity%0}" >/dev/null
	nvme_offer "${identity%0}" "$WORK/nvme.key" || give_up "the shorter one's key was refused: $(tail -n 3 "$WORK/offer")"
	! nvme_offer "$identity" "$WORK/nvme.key" || give_up "the shorter one's key was accepted for the longer identity"
}

wrong_key()
{
	mark
	head -c 32 /dev/urandom >"$WORK/wrong.key"
	! nvme_offer "$(nvme_identity)" "$WORK/wrong.key" || give_up "a wrong key was accepted"
	grep -i 'decrypt.*error\|Error decrypting' "$WORK/offer" >/dev/null || give_up "no alert: $(tail -n 3 "$WORK/offer")"
	says 'failed: the peer has another key for the identity "NVMe0R01 [^"]*".*\[EACCES, psk'
}

# The host's keyring has another key of this description than the target's.
host_has_other_key()
{
	local keyring
	keyring=$(keyctl newring other @u)
	nvme_key "$(nvme_identity)" 32 "$keyring" >/dev/null
	keyctl setperm "$keyring" 0x3f3f0000
	mark
	nvme_disconnect_all
	! nvme_connect nr_io_queues=1 "keyring=$((keyring))" >/dev/null || give_up "connected with another key"
	says 'handshake with server .* failed: the peer refused with alert 51 .*another key for this identity.*\[EACCES, psk'
}

# The key of a host that the target does not know.
target_has_no_key()
{
	local keyring
	keyring=$(keyctl newring foreign @u)
	nvme_key "$(nvme_identity "$NVME_SUBNQN" nqn.stranger)" 32 "$keyring" >/dev/null
	keyctl setperm "$keyring" 0x3f3f0000
	mark
	nvme_disconnect_all
	! nvme_connect nr_io_queues=1 "keyring=$((keyring))" hostnqn=nqn.stranger hostid=2f3bba5c-0000-4000-8000-000000000002 >/dev/null || give_up "connected"
	says 'handshake with server .* failed: the peer refused with alert 115 .*\[EKEYREJECTED, psk'
	says 'handshake with client .* failed: no pre-shared key for the identity "NVMe0R01 nqn.stranger'
}

# What this library cannot do is said before the target is asked.
sha384()
{
	local keyring
	keyring=$(keyctl newring large @u)
	nvme_key "$(nvme_identity "$NVME_SUBNQN" "$NVME_HOSTNQN" 02)" 48 "$keyring" >/dev/null
	keyctl setperm "$keyring" 0x3f3f0000
	mark
	nvme_disconnect_all
	if nvme_connect nr_io_queues=1 "keyring=$((keyring))" >"$WORK/instance"; then give_up "connected"; fi
	says 'handshake with server .* failed: no pre-shared key of the request can be used here .*SHA-384.*\[EACCES, psk'
}

# A key in a keyring that the configuration names, and that root makes when tlshd runs already. Before it a stranger made one
# of the same name, with a key for the same identity: that one is nobody's.
configured_keyring()
{
	local identity keyring
	identity=$(nvme_identity "$NVME_SUBNQN" nqn.backup)
	head -c 32 /dev/urandom >"$WORK/strangers.key"
	# Someone of this user has to be there, or his keyrings go.
	setpriv --reuid 65534 --regid 65534 --clear-groups sh -c 'keyring=$(keyctl newring backup-hosts @u) &&
		key=$(keyctl padd psk "$1" $keyring) && keyctl link @u @s && keyctl setperm $key 0x3f3f3f3f &&
		keyctl setperm $keyring 0x3f3f3f3f && keyctl setperm @u 0x3f3f3f3f && echo made >&2 && exec sleep 60' \
		sh "$identity" <"$WORK/strangers.key" >/dev/null 2>"$WORK/stranger" &
	wait_for 10 grep made "$WORK/stranger" >/dev/null || give_up "the stranger has no keyring: $(cat "$WORK/stranger")"
	mark
	! nvme_offer "$identity" "$WORK/strangers.key" || give_up "a stranger's key was accepted"
	says 'failed: no pre-shared key for the identity "NVMe0R01 nqn.backup'
	says 'keyring backup-hosts belongs to user 65534, not to root'
	keyring=$(keyring_new backup-hosts)
	nvme_key "$identity" 32 "$keyring" >/dev/null
	wait_for 20 nvme_offer "$identity" "$WORK/nvme.key" || give_up "the key was not found: $(tail -n 3 "$WORK/offer")"
	says "succeeded: psk, identity \"$identity\""
	kill $!
}

plan 9
nvme_start
agent_config server authenticate:keyrings=backup-hosts
agent_start server
nvme_key "$(nvme_identity)" >/dev/null
attempt nvme-psk-queues several_queues
attempt nvme-psk-connects many_connects
attempt nvme-psk-reconnect reconnects
attempt nvme-psk-offers offers
attempt nvme-psk-wrong-key wrong_key
attempt nvme-psk-host-has-other-key host_has_other_key
attempt nvme-psk-target-has-no-key target_has_no_key
attempt nvme-psk-sha384 sha384
attempt nvme-psk-configured-keyring configured_keyring
