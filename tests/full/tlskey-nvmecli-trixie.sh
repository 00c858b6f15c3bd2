#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=600 root=trixie
#
# tlskey and nvme-cli 2.13, each with keys and identities of the other.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/nvme.sh"
. "$LIB/tlskey.sh"
RULES="compat" NVMECLI_COMPAT=
. "$LIB/nvmecli.sh"

version()
{
	nvme version | head -n 1 >"$WORK/version"
	comment "$(cat "$WORK/version")"
	grep ' 2\.13' "$WORK/version" >/dev/null || not_here "this is not nvme-cli 2.13"
}

plan 4
nvme_start
attempt tlskey-nvmecli-trixie-version version
attempt tlskey-nvmecli-trixie-ours nvmecli_ours
attempt tlskey-nvmecli-trixie-theirs nvmecli_theirs
attempt tlskey-nvmecli-trixie-connects nvmecli_connects
