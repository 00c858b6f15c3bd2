#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180
#
# A worker in the middle of a handshake dies, stops, or loops for ever: the consumer has its answer, handshakes of other
# workers go on meanwhile, and the worker is replaced.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

WORKERS=3
DEADLINE=4000

# hold: a peer that says nothing keeps a worker busy; only the deadline of the whole handshake ends that
hold()
{
	local pids
	mapfile -t pids < <(workers)
	requests_record
	log_mark
	peers silent silent seconds=20
	wait_for 10 find_holder "${pids[@]/#//proc/}" || give_up "no worker has the request"
	HELD=$(<"$WORK/held")
}

# find_holder /proc/PID...: the one that has more open than the others. In few steps, for the deadline does not wait.
find_holder()
{
	stat -c '%s %n' "${@/%//fd}" | sort -rn | tr '/' ' ' |
		awk -v file="$WORK/held" 'NR == 1 { most = $1; pid = $3 } NR == 2 && $1 < most { found = 1; print pid >file }
			END { exit !found }'
}

# others_go_on: both ends of a mount are served while the one request is held
others_go_on()
{
	nfs_mount server server.test tls /mnt/test
	umount /mnt/test
}

# released MS OTHERS: answered as passing, at most so long after its acceptance, with at least so many others served by
# then; the worker is replaced
released()
{
	local took
	peers_end silent 20
	requests_sound
	HELD_AT=$(requests | awk 'NR == 1 { print $1 }')
	took=$(requests | awk 'NR == 1 { print $2, $3 }')
	TOOK=${took% *}
	comment "answered after (ms, status): $took"
	[ "${took#* }" = 110 ] || give_up "the answer was ${took#* }, not ETIMEDOUT"
	[ "${took% *}" -le "$1" ] || give_up "the answer took ${took% *} ms, more than $1"
	[ "$(requests_between "$HELD_AT" $((HELD_AT + ${took% *})))" -ge "$2" ] ||
		give_up "the mount was not served meanwhile: $(requests | tr '\n' ';')"
	wait_for 10 gone "$HELD" || give_up "the worker lives on"
	wait_for 10 worker_count_is $((WORKERS + 1)) || give_up "the worker was not replaced"
	mount_works
}

killed()
{
	hold
	local killed_at
	killed_at=$(uptime_ms)
	kill -KILL "$HELD"
	released $((DEADLINE - 1)) 0
	local late=$((HELD_AT + TOOK - killed_at))
	comment "answered $late ms after the worker's death"
	[ "$late" -le 1000 ] || give_up "the answer came $late ms after the worker's death"
	log_says "worker [0-9]+ ended: signal 9"
}

stopped()
{
	hold
	kill -STOP "$HELD"
	others_go_on
	released $((DEADLINE + 1000)) 2
	log_says "worker [0-9]+ \(process $HELD\) does not let go"
}

# The first is a double, the others are real.
looping()
{
	agent_stop server
	double_install
	double_on
	agent_start server
	rm "$DOUBLE_DIR/on"
	double_is "$(worker_in_use)" loop
	doubles | tail -n +2 | xargs kill -KILL
	wait_for 30 one_double || give_up "the other doubles were not replaced"
	hold
	others_go_on
	released $((DEADLINE + 1000)) 2
	log_says "worker [0-9]+ \(process $HELD\) does not let go"
}

# Real ones lock themselves in just before they are ready.
one_double()
{
	local pid
	worker_count_is $((WORKERS + 1)) && [ "$(doubles | wc -l)" -eq 1 ] || return 1
	for pid in $(workers | tail -n +2); do
		grep -q '^Seccomp:[[:space:]]*2' "/proc/$pid/status" 2>/dev/null || return 1
	done
}

plan 3
fault_setup
fault_config workers=$WORKERS hello_timeout_ms=0 server_timeout_ms=$DEADLINE
agent_start server
mount_works
attempt fault-worker-killed killed
attempt fault-worker-stopped stopped
attempt fault-worker-looping looping
