#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# Workers that were taken over break each of their contracts: the supervisor lives on as the same process and ends those
# workers, each request has its one answer, the next handshake works, and the keeper signs nothing that it should not.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

DEADLINE=2000
ANSWER=$((DEADLINE + 2000))	# before its consumer, nfsd, gives up by itself after 5 s
BROKE='broke the message contract and is ended'
FOREIGN='answered a job that is not its own, or with a status that it may not give'
NO_KEYS='reported success without keys in the kernel'
HOLDS_ON='(does not let go of a handshake that is over|does not read its channel)'

# What each double does, and why it is ended.
MODES=(garbage short long version type text reason fds channel foreign twice status storm success silent loop flood)
declare -A WHY=(
	[garbage]=$BROKE [short]=$BROKE [long]=$BROKE [version]=$BROKE [type]=$BROKE [text]=$BROKE [reason]=$BROKE
	[fds]=$BROKE [channel]=$BROKE [foreign]=$FOREIGN [twice]=$FOREIGN [status]=$FOREIGN [storm]=$FOREIGN
	[success]=$NO_KEYS [silent]=$HOLDS_ON [loop]=$HOLDS_ON [flood]=$HOLDS_ON
)

configure()
{
	fault_config "workers=$1" hello_timeout_ms=0 server_timeout_ms=$DEADLINE
}

reload()
{
	log_mark
	kill -HUP "$SUPERVISOR"
	log_says 'READY: serving' 40
}

# doubles_serve COUNT: a new generation of nothing but doubles
doubles_serve()
{
	configure "$1"
	double_on
	reload
	rm "$DOUBLE_DIR/on"
	wait_for 20 doubles_are $(($1 + 1)) || give_up "$(workers | wc -l) workers, $(doubles | wc -l) doubles"
}

doubles_are()
{
	worker_count_is "$1" && [ "$(doubles | wc -l)" -eq "$1" ]
}

recovered()
{
	agent_unharmed "$SUPERVISOR"
	requests_record
	peer_served || give_up "the next handshake failed: $(cat "$WORK/peers-served")"
	requests_sound
}

# All at a time: the requests go to the doubles in turn, one to each. Peers whose worker was ended come again.
all_misbehave()
{
	local i mode pids
	doubles_serve ${#MODES[@]}
	mapfile -t pids < <(doubles)
	for i in "${!MODES[@]}"; do
		double_is "${pids[$i]}" "${MODES[$i]}"
		echo "${pids[$i]}" >"$WORK/double-${MODES[$i]}"
	done
	log_mark
	requests_record
	peers held silent "count=${#MODES[@]}" seconds=60 together=2 retry
	for mode in "${MODES[@]}"; do
		wait_for 20 gone "$(cat "$WORK/double-$mode")" || comment "the worker that does $mode was not ended"
	done
	peers_stop held
	tail -n +$(($(cat "$WORK/log-mark") + 1)) "$(agent_log server)" >"$WORK/all.log"
	requests_sound
	comment "$(requests_count 110) requests, answered after at most $(requests_took 110) ms"
	[ "$(requests_count 110)" -ge ${#MODES[@]} ] || give_up "too few requests: $(requests | tr '\n' ';')"
	[ "$(requests_count 0)" -eq 0 ] || give_up "a request succeeded: $(requests | tr '\n' ';')"
	[ "$(requests_took 110)" -le $ANSWER ] || give_up "an answer took $(requests_took 110) ms"
	agent_unharmed "$SUPERVISOR"
	configure 1
	reload
	recovered
}

# was_ended MODE: one line says which worker was ended and why; after it nothing of that worker counts
was_ended()
{
	local pid
	pid=$(cat "$WORK/double-$1")
	grep -E "worker [0-9]+ \(process $pid\)" "$WORK/all.log" >"$WORK/lines" || give_up "the log does not name the worker"
	[[ $(<"$WORK/lines") =~ ${WHY[$1]} ]] || give_up "the log says: $(<"$WORK/lines")"
	[ "$(wc -l <"$WORK/lines")" -eq 1 ] || give_up "$(wc -l <"$WORK/lines") lines: $(tail -n 1 "$WORK/lines")"
}

flood()
{
	was_ended flood
	local lines
	lines=$(grep -c 'double: one of many' "$WORK/all.log")
	comment "$lines lines of the flood were logged"
	[ "$lines" -ge 1 ] && [ "$lines" -le 150 ] || give_up "$lines lines of the flood"
	grep -Eq 'says more than [0-9]+ lines in a second' "$WORK/all.log"
}

# The first worker's second job comes when its neighbours are open with others. Only its own may be signed, and only once.
sign()
{
	local pids what
	doubles_serve 3
	mapfile -t pids < <(doubles)
	double_is "${pids[0]}" hold
	double_is "${pids[1]}" silent
	double_is "${pids[2]}" silent
	log_mark
	agent_base
	requests_record
	peers held silent count=3 seconds=20 together=1
	wait_for 10 handshakes_are 3 || give_up "$(handshakes_open) handshakes are open"
	double_is "${pids[0]}" sign
	peers last silent seconds=20
	peers_end last 20
	peers_end held 20
	requests_sound
	log_says 'double: asked for its own: signed'
	for what in 'the job before' 'the job after' 'a job of no one' 'a key that is not open' 'its own again'; do
		log_says "double: asked for $what: refused"
	done
	log_says 'the job is another worker.s'
	configure 1
	doubles_end 4
	recovered
}

# The keeper listens to this worker no more, and to all others as before.
sign_garbage()
{
	local keeper
	doubles_serve 1
	keeper=$(agent_children server keeper | tail -n 1)
	double_is "$(worker_in_use)" sign-garbage
	log_mark
	peers held silent seconds=20
	peers_end held 20
	log_says 'worker [0-9]+ broke the contract of its sign channel'
	doubles_end 2
	recovered
	alive "$keeper" || give_up "the keeper is gone"
}

# Each of its jobs is answered, but the sockets stay in its channel, until no more fit in.
deaf()
{
	local pid
	doubles_serve 1
	pid=$(worker_in_use)
	double_is "$pid" deaf
	log_mark
	requests_record
	peers held silent count=4 seconds=60 together=3 keep
	log_says "worker [0-9]+ \(process $pid\) answers jobs without reading its channel" 60
	comment "after $(requests_count 110) requests"
	wait_for 10 gone "$pid" || give_up "the worker was not ended"
	peers_stop held
	requests_sound
	configure 1
	doubles_end 2
	recovered
}

# unborn START: workers that never get as far as a job: the new generation is not used, and the old one serves
unborn()
{
	log_mark
	double_on "$1"
	kill -HUP "$SUPERVISOR"
	log_says 'the new configuration is not used' 60
	double_off
	wait_for 10 fails doubles_left || give_up "the failed workers are still there"
	recovered
}

doubles_left()
{
	[ -n "$(doubles)" ]
}

# Workers that die as soon as they are started are started more and more slowly.
dies_again_and_again()
{
	log_mark
	double_on exit
	kill -KILL "$(workers | tail -n 1)"
	log_says '[0-9]+ workers died within [0-9]+ s: the next one is started in [0-9]+ ms' 20
	recovered
	double_off
	wait_for 30 all_real 2 || give_up "the spare worker did not come back"
}

plan 26
fault_setup
double_install
configure 1
agent_start server
SUPERVISOR=$(agent_pid server)
attempt fault-hostile-worker-all-answered all_misbehave
for mode in "${MODES[@]}"; do
	if [ "$mode" != flood ]; then attempt "fault-hostile-worker-$mode" was_ended "$mode"; fi
done
attempt fault-hostile-worker-flood flood
attempt fault-hostile-worker-sign sign
attempt fault-hostile-worker-sign-garbage sign_garbage
attempt fault-hostile-worker-deaf deaf
for start in exit mute ready-twice unasked; do
	attempt "fault-hostile-worker-$start" unborn "$start"
done
attempt fault-hostile-worker-dies-again dies_again_and_again
