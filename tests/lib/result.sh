# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Results. A script says how many it will print, then prints one line for each:
#
#	plan 2
#	pass NAME
#	fail NAME reason
#	skip NAME reason
#
# tests/run counts these lines, and every planned result that did not come as a failure: a script that dies half-way
# cannot look like a success.

RESULT_PLAN=0

# plan N: call it before the first result
plan()
{
	RESULT_PLAN=$1
	echo "plan $1"
}

pass()
{
	echo "pass $1"
}

fail()
{
	echo "fail $*"
}

skip()
{
	echo "skip $*"
}

# give_up REASON...: end this attempt as a failure
give_up()
{
	echo "$*" >"$WORK/reason"
	exit 1
}

# not_here REASON...: end this attempt as skipped; only for what this machine cannot do, never for what went wrong
not_here()
{
	echo "$*" >"$WORK/reason"
	exit 77
}

# attempt NAME COMMAND...: one result from one command, usually a function of the script. It runs in a subshell with
# errexit, so any command in it that fails ends it; state between attempts lies in files and processes. Do not call it
# from a condition: bash switches errexit off there.
attempt()
{
	local name=$1 status=0 began
	shift
	: >"$WORK/reason"
	began=$(now_ms)
	set +eE
	(
		set -eE
		trap 'note_failure "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}" "$LINENO"' ERR
		"$@"
	)
	status=$?
	set -eE
	case $status in
	0)
		pass "$name"
		;;
	77)
		skip "$name" "$(cat "$WORK/reason")"
		;;
	*)
		fail "$name" "$(cat "$WORK/reason")"
		diagnose
		forget_mounts
		;;
	esac
	comment "$name took $(($(now_ms) - began)) ms"
}

# The first failing command names the reason, unless give_up did.
note_failure()
{
	[ -s "$WORK/reason" ] || echo "$2:$3: failed: $1" >"$WORK/reason"
}

# comment TEXT...: for the log; no result
comment()
{
	echo "# $*"
}

# quote_file FILE LINES: the end of a file, for the log
quote_file()
{
	[ -s "$1" ] || return 0
	comment "end of $1:"
	tail -n "$2" "$1" | sed 's/^/#   /'
}

# A mount that a failed attempt left would lend its connection to the next one.
forget_mounts()
{
	local dir
	while read -r dir; do
		umount -f -l "$dir" || true
	done < <(awk '$3 ~ /^nfs4?$/ { print $2 }' /proc/mounts)
}

# What helps to understand a failure.
diagnose()
{
	local log
	for log in "$WORK"/agent-*/log "$WORK"/mount.err; do
		quote_file "$log" 25
	done
	dmesg | tail -n 8 | sed 's/^/#   kernel: /'
}

result_at_exit()
{
	local status=$?
	if [ "$status" -ne 0 ] && [ -s "$WORK/reason" ]; then
		comment "ended early: $(cat "$WORK/reason")"
		diagnose
	fi
	exit "$status"
}
trap result_at_exit EXIT
trap 'note_failure "$BASH_COMMAND" "${BASH_SOURCE[0]##*/}" "$LINENO"' ERR
