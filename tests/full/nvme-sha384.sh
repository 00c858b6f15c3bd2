#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240 root=forky
#
# Pre-shared keys with SHA-384, which need a newer GnuTLS than the stable releases have: both hashes at one time, on host
# and target.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"
. "$LIB/nvme.sh"

# The host takes the larger key where it has both.
connects()
{
	nvme_disconnect_all
	nvme_connect nr_io_queues=1 >"$WORK/instance" || give_up "connect: $(cat "$WORK/nvme.err"); $(dmesg | tail -n 3)"
	nvme_proof 4
	nvme_disconnect "$(cat "$WORK/instance")"
	agent_logs server "handshake with server 127.0.0.1:4420 succeeded: psk, identity \"$1 .*, TLS1.3 $2 " 2
	agent_logs server "handshake with client 127.0.0.1:[0-9]+ succeeded: psk, identity \"$1 .*, TLS1.3 $2 " 2
}

sha256()
{
	nvme_key "$(nvme_identity)" >/dev/null
	connects NVMe0R01 AES-128-GCM
}

sha384()
{
	nvme_key "$(nvme_identity "$NVME_SUBNQN" "$NVME_HOSTNQN" 02)" 48 >/dev/null
	connects NVMe0R02 AES-256-GCM
}

# The other one still works: another library offers it to the same target.
both()
{
	nvme_key "$(nvme_identity)" >/dev/null
	nvme_offer "$(nvme_identity)" "$WORK/nvme.key" || give_up "the target refuses SHA-256: $(tail -n 3 "$WORK/offer")"
}

plan 3
nvme_start
agent_config server
agent_start server
attempt nvme-sha384-sha256 sha256
attempt nvme-sha384-sha384 sha384
attempt nvme-sha384-both both
