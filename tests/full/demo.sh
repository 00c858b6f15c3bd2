#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# What a newcomer sees first works, and shows what it promises.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

shows()
{
	grep -E -- "$1" "$WORK/demo" >/dev/null || give_up "the demonstration does not show: $1"
}

demo()
{
	"$LIB/../guest/demo" >"$WORK/demo" 2>&1 || give_up "it fails: $(tail -n 3 "$WORK/demo" | tr '\n' ' ')"
	shows 'handshake with server .* succeeded: x509'
	shows 'succeeded: psk'
	shows 'handshake with .* failed: server certificate names'
}

plan 1
attempt demo demo
