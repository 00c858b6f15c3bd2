#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180
#
# The keeper stops, or dies, in the middle of a handshake: the consumer has its answer, the generation is started again
# with a new keeper, and a mount works after that.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"

CALL_LIMIT=1000
BACK_S=15	# a generation's start takes a second or two, on a busy machine several times that

keeper()
{
	agent_children server keeper | tail -n 1
}

another_generation()
{
	logged_since 'READY: serving'
}

back()
{
	local began
	began=$(now_ms)
	wait_for $BACK_S another_generation || give_up "no new generation was started"
	comment "a new generation after another $(($(now_ms) - began)) ms"
	[ "$(keeper)" != "$1" ] || give_up "the keeper is the old one"
	mount_works
	wait_for 10 gone "$1" || give_up "the old keeper lives on"
}

# The calls of two handshakes stay unanswered; each fails after the call's limit. Then the keeper is ended.
stopped()
{
	local old
	old=$(keeper)
	requests_record
	log_mark
	kill -STOP "$old"
	peers first full seconds=15
	peers second full seconds=15
	peers_end first 15
	peers_end second 15
	requests_sound
	[ "$(requests_count 110)" -eq 2 ] || give_up "not two requests with ETIMEDOUT: $(requests | tr '\n' ';')"
	[ "$(requests_took 110)" -le $((CALL_LIMIT + 2000)) ] || give_up "an answer took $(requests_took 110) ms"
	comment "answered after at most $(requests_took 110) ms"
	peers_all first alert 80 1
	peers_all second alert 80 1
	log_says 'the keeper \(process [0-9]+\) (left two workers in a row without an answer|does not answer)'
	back "$old"
}

# One handshake is held by a silent peer meanwhile: it needs no signature yet, and has its answer in time all the same.
killed()
{
	local old
	old=$(keeper)
	agent_base
	requests_record
	log_mark
	peers silent silent seconds=15
	wait_for 10 handshakes_are 1 || give_up "the request was not accepted"
	kill -KILL "$old"
	peers during full seconds=15
	peers_end during 15
	peers_end silent 15
	requests_sound
	requests | sed 's/^/# accepted, took, status, answers: /'
	# Waited for the new generation, or was told to come again.
	grep -Eq 'end served|alert 80' "$WORK/peers-during" || give_up "the peer meanwhile: $(cat "$WORK/peers-during")"
	[ "$(requests_took 110)" -le 5000 ] || give_up "an answer took $(requests_took 110) ms"
	log_says 'the keeper ended: signal 9'
	back "$old"
}

plan 2
fault_setup
fault_config sign_timeout_ms=$CALL_LIMIT
agent_start server
mount_works
attempt fault-keeper-stopped stopped
attempt fault-keeper-killed killed
