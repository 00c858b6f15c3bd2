#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300 module=1
#
# Handshakes for a consumer that is neither NFS nor NVMe: the kernel module of kernel/handshake-bench. It says for itself what
# it was answered, and sends data through what it got.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/bench.sh"

x509()
{
	bench x509 auth=x509 peername=server.test data=200000
	bench_all_succeed x509 1
	cat $WORK/bench-x509.json
}

plan 1
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
agent_x509 server ca server client
agent_start server
bench_load
attempt module-consumer-x509 x509
