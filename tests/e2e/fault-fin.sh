#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=120
#
# A client sends its data and its FIN right behind its Finished: all of it arrives, with each cipher. That needs kernel
# TLS to be attached before the handshake, because afterwards the connection is half closed.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

COUNT=40

arrives()
{
	"$(fault_tool finish)" "$(agent_dir server)/config" $COUNT "$1" >"$WORK/finish" 2>&1 ||
		give_up "$(tail -n 1 "$WORK/finish")"
	grep -qx "$1: $COUNT of $COUNT" "$WORK/finish"
}

plan 4
agent_install
modprobe tls
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
fault_config
for cipher in AES-128-GCM AES-256-GCM CHACHA20-POLY1305 AES-128-CCM; do
	attempt "fault-fin-${cipher,,}" arrives "$cipher"
done
