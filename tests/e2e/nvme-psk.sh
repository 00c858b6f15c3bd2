#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# NVMe/TCP with pre-shared keys: host and target in one kernel, one agent for both.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"
. "$LIB/nvme.sh"

CONNECTS=${CONNECTS:-5}

log_since_mark()
{
	tail -n +$(($(cat "$WORK/mark") + 1)) "$(agent_log server)"
}

mark()
{
	wc -l <"$(agent_log server)" >"$WORK/mark"
}

said()
{
	log_since_mark | grep -E -- "$1" >/dev/null
}

says()
{
	wait_for 10 said "$1" || give_up "tlshd did not say: $1"
}

connects()
{
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
	says 'handshake with server unnamed \(127.0.0.1:4420\) succeeded: psk, identity "NVMe0R01 '
	says 'handshake with client 127.0.0.1:[0-9]+ succeeded: psk, identity "NVMe0R01 '
	comment "$(log_since_mark | head -n 1)"
}

# What the reference loses some of: keyrings are the kernel's, and shared by requests that run at one time.
many_connects()
{
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

plan 2
nvme_start
agent_config server
agent_start server
nvme_key "$(nvme_identity)" >/dev/null
attempt nvme-psk-queues several_queues
attempt nvme-psk-connects many_connects
