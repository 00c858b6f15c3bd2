#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# systemd understands each line of the installed files. Runs here, not in a guest.
set -euo pipefail

STAGE=${TLSHD_STAGE:?is a folder made by "make install DESTDIR="}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

# unit RESULT NAME. What it does not know it ignores, with exit status 0: each word that it says is a complaint.
unit()
{
	local said status=0
	[ -n "$(find "$STAGE" -name "$2")" ] || { echo "skip $1 not in this build"; return; }
	command -v systemd-analyze >/dev/null || { echo "skip $1 there is no systemd-analyze here"; return; }
	said=$(systemd-analyze verify --man=no --root="$STAGE" "$2" 2>&1) || status=$?
	if [ "$status" -eq 0 ] && [ -z "$said" ]; then
		echo "pass $1"
	else
		echo "fail $1 status $status, $(head -n 1 <<<"$said")"
	fi
}

users()
{
	local file said
	file=$(find "$STAGE" -path '*/sysusers.d/tlshd.conf')
	[ -n "$file" ] || { echo "skip systemd-users not in this build"; return; }
	command -v systemd-sysusers >/dev/null || { echo "skip systemd-users there is no systemd-sysusers here"; return; }
	mkdir "$WORK/etc"
	said=$(systemd-sysusers --root="$WORK" "$file" 2>&1) || true
	if [ "$(grep -cE '^tlshd-(worker|keeper):' "$WORK/etc/passwd")" -eq 2 ]; then
		echo "pass systemd-users"
	else
		echo "fail systemd-users not made: $(tail -n 1 <<<"$said")"
	fi
}

echo "plan 3"
unit systemd-unit tlshd.service
unit systemd-unit-keys tlshd-keys.service
users
