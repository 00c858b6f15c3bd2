#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=600 root=forky
#
# tlskey and nvme-cli 2.16, each with keys and identities of the other.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/nvme.sh"
. "$LIB/tlskey.sh"
RULES="standard compat" NVMECLI_COMPAT=--compat
. "$LIB/nvmecli.sh"

version()
{
	nvme version | head -n 1 >"$WORK/version"
	comment "$(cat "$WORK/version")"
	grep ' 2\.16' "$WORK/version" >/dev/null || not_here "this is not nvme-cli 2.16"
}

plan 4
nvme_start
attempt tlskey-nvmecli-forky-version version
attempt tlskey-nvmecli-forky-ours nvmecli_ours
attempt tlskey-nvmecli-forky-theirs nvmecli_theirs
attempt tlskey-nvmecli-forky-connects nvmecli_connects
