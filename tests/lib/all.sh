# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The library for scripts that run inside the guest. A script sources this file first:
#
#	. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
#
# The guest is thrown away after each script, so nothing here cleans up after itself: processes, mounts, addresses and
# files in /etc end with the guest.

set -euo pipefail
set -E

LIB=$(cd "${BASH_SOURCE[0]%/*}" && pwd)
WORK=/run/test	# files of this run: logs, keys, captures

if [ ! -e /run/vm/command ]; then
	echo "${0##*/}: this script changes the machine that it runs on: start it through tests/guest/run" >&2
	exit 125
fi
mkdir -p "$WORK"

. "$LIB/result.sh"
. "$LIB/wait.sh"
. "$LIB/host.sh"
. "$LIB/pki.sh"
. "$LIB/agent.sh"
. "$LIB/nfs.sh"
. "$LIB/proof.sh"
