# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Time. Nothing in the tests sleeps and hopes: it waits for an event with a bound. A guest without hardware help on a
# busy machine is slow, so bounds are generous unless the time itself is under test.

now_ms()
{
	local now=${EPOCHREALTIME/[.,]/}
	echo $((now / 1000))
}

# wait_for SECONDS COMMAND...: until the command succeeds; status 1 after the bound
wait_for()
{
	local until
	until=$(($(now_ms) + $1 * 1000))
	shift
	until "$@"; do
		[ "$(now_ms)" -lt "$until" ] || return 1
		sleep 0.05
	done
}

# within MS COMMAND...: run a command; fails when the command fails or took longer
within()
{
	local limit=$1 began took
	shift
	began=$(now_ms)
	"$@"
	took=$(($(now_ms) - began))
	[ "$took" -le "$limit" ] || give_up "took $took ms, more than $limit: $*"
}

# alive PID: a process that exists and is no zombie. It starts no process itself: on a busy guest that takes its time.
alive()
{
	local line=''
	{ read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The name may hold anything, so what follows its end counts.
	line=${line##*) }
	[ "${line%% *}" != Z ]
}

gone()
{
	! alive "$1"
}

# fails COMMAND...: succeeds when the command does not
fails()
{
	! "$@"
}
