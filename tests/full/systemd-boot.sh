#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=360 root=trixie init=systemd
#
# The unit, under systemd: a machine boots that serves and mounts an export with TLS from /etc/fstab. Runs twice: "prepare"
# before systemd starts makes the machine, the rest is the test in the running system.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/boot.sh"
. "$LIB/load.sh"

MNT=$BOOT_MNT
CONFIG=$BOOT_CONFIG
SOFTHSM=/usr/lib/softhsm/libsofthsm2.so

prepare()
{
	boot_install
	boot_nfs
	boot_enable tlshd.service nfs-server.service
}

journal()
{
	journalctl -q -b -u tlshd.service -o cat "$@"
}

# journal_count PATTERN: lines that match
journal_count()
{
	journal | grep -cE -- "$1" || true
}

journal_beyond()
{
	[ "$(journal_count "$1")" -gt "$2" ]
}

mounted_at_boot()
{
	[ "$(property tlshd.service ActiveState)" = active ] || give_up "tlshd is $(property tlshd.service ActiveState)"
	mounted
	before tlshd.service home.mount
	before tlshd.service nfs-server.service
	comment "tlshd was ready $((($(property tlshd.service ActiveEnterTimestampMonotonic) -
		$(property tlshd.service InactiveExitTimestampMonotonic)) / 1000)) ms after its start"
}

# All that it gives up at the start it was able to give up, and all that it asked for it got.
nothing_missing()
{
	local warnings
	warnings=$(journal -p warning)
	[ -z "$warnings" ] || give_up "$warnings"
	[ "$(property tlshd.service NFileDescriptorStore)" -eq 1 ] || give_up "systemd does not hold the notify socket"
	for process in $(property tlshd.service MainPID) $(pgrep -x worker) $(pgrep -x keeper); do
		[ "$(cat "/proc/$process/oom_score_adj")" -eq -1000 ] || give_up "process $process can be killed for its memory"
		grep -E '^VmLck:[[:space:]]+[1-9]' "/proc/$process/status" >/dev/null || give_up "process $process is not locked"
	done
	wanted_by multi-user.target
	wanted_by remote-fs.target
	for unit in remote-fs-pre.target nfs-server.service nvmet.service nvmf-autoconnect.service docker.service \
		podman-restart.service kubelet.service; do
		property tlshd.service Before | grep -wF "$unit" >/dev/null || give_up "it is not ordered before $unit"
	done
}

# status_is PID FIELD VALUE: of /proc/PID/status
status_is()
{
	local value
	value=$(awk -v field="$2:" '$1 == field { print $2 }' "/proc/$1/status")
	[ "$value" = "$3" ] || give_up "$2 of process $1 ($(cat "/proc/$1/comm")) is $value, not $3"
}

# Net_admin, setuid, setgid, kill and dac_read_search
CAPABILITIES=00000000000010e4

# What the unit shuts is shut for the running processes, as the kernel has it and as systemd counts it.
hardened()
{
	local pid folder
	systemd-analyze security --no-pager --threshold=40 tlshd.service >"$WORK/security" 2>&1 ||
		give_up "$(tail -n 1 "$WORK/security")"
	comment "$(tail -n 1 "$WORK/security")"
	pid=$(property tlshd.service MainPID)
	status_is "$pid" CapEff $CAPABILITIES
	status_is "$pid" CapPrm $CAPABILITIES
	status_is "$pid" CapAmb 0000000000000000
	comment "$(grep ' /sys ' "/proc/$pid/mountinfo" | tr '\n' ';')"
	for process in $(pgrep -x worker) $(pgrep -x keeper); do
		status_is "$process" CapEff 0000000000000000
		[ "$(awk '$1 == "Uid:" { print $3 }' "/proc/$process/status")" -ne 0 ] ||
			give_up "process $process is root's"
	done
	for process in $pid $(pgrep -x worker) $(pgrep -x keeper); do
		status_is "$process" NoNewPrivs 1
		status_is "$process" Seccomp 2
		for folder in /usr /etc /proc/sys; do
			awk -v folder="$folder" '$5 == folder { options = $6 } END { exit options !~ /^ro(,|$)/ }' \
				"/proc/$process/mountinfo" ||
				give_up "process $process could write to $folder: $(grep " $folder " "/proc/$process/mountinfo" | tr '\n' ';')"
		done
	done
}

members()
{
	awk -v group="$(agent_group)" '$2 == 16 && int(strtonum("0x" $4) / 2 ^ (group - 1)) % 2 { print $10 }' /proc/net/netlink
}

# restarted HOW...: a command that ends tlshd; returns when another one serves
restarted()
{
	local served pid
	served=$(journal_count 'READY: serving')
	pid=$(property tlshd.service MainPID)
	"$@" 2>"$WORK/command" || give_up "$*: $(journal -n 40 | grep -iE "keeper|token|pkcs11" | tail -n 4 | tr '\n' ' ')"
	wait_for 60 journal_beyond 'READY: serving' "$served" || give_up "tlshd did not come back: $(journal -n 3)"
	[ "$(property tlshd.service MainPID)" -ne "$pid" ] || give_up "it is the same process"
}

wanted_by()
{
	property "$1" Wants | grep -wF tlshd.service >/dev/null || give_up "$1 does not want it"
}

# Each time the connection is cut, so that the application waits for a handshake of the next tlshd.
restart_under_load()
{
	local round socket
	socket=$(members)
	trace_start handshake
	load_start one $MNT
	for round in 1 2 3; do
		load_goes_on one 30
		cut_connections server
		restarted systemctl restart tlshd
	done
	load_goes_on one 60
	restarted kill -KILL "$(property tlshd.service MainPID)"
	cut_connections server
	load_goes_on one 60
	load_stop one
	proof_tls server
	[ "$(members)" = "$socket" ] || give_up "the socket in the group was $socket and is $(members)"
	[ "$(trace_count 'handshake_(submit|notify)_err')" -eq 0 ] ||
		give_up "refused: $(grep -m 1 -E 'handshake_(submit|notify)_err' $TRACE/trace)"
}

# A tlshd that hangs is killed, while the mount waits for a handshake: the start of the next one must not look at the mount.
start_below_hanging_mount()
{
	local pid
	pid=$(property tlshd.service MainPID)
	load_start one $MNT
	kill -STOP "$pid"
	# Nothing that fails below leaves it stopped.
	{ cut_connections server && wait_for 20 request_waits; } || { kill -CONT "$pid"; give_up "the kernel asks for no handshake"; }
	restarted kill -KILL "$pid"
	load_goes_on one 60
	load_stop one
}

# Bytes on the socket that systemd holds: the kernel has announced a request, and nobody has read it.
request_waits()
{
	awk -v group="$(agent_group)" '$2 == 16 && $5 > 0 && int(strtonum("0x" $4) / 2 ^ (group - 1)) % 2 { found = 1 }
		END { exit !found }' /proc/net/netlink
}

reload_says_what_is_wrong()
{
	local serving
	serving=$(journal_count 'READY: serving')
	cp $CONFIG "$WORK/good"
	echo nonsense >>$CONFIG
	! systemctl reload tlshd 2>"$WORK/reload" || give_up "the reload of a broken configuration succeeded"
	cp "$WORK/good" $CONFIG
	[ "$(journal_count "$CONFIG:[0-9]+: ")" -gt 0 ] || give_up "the journal does not say what is wrong"
	[ "$(journal_count 'READY: serving')" -eq "$serving" ] || give_up "something was read"
	systemctl reload tlshd || give_up "the reload of a good configuration failed"
	wait_for 60 journal_beyond 'READY: serving' "$serving" || give_up "it was not read"
	[ "$(property tlshd.service ActiveState)" = active ] || give_up "tlshd is $(property tlshd.service ActiveState)"
}

# A key in a token, whose files are where such files are: the unit must not keep the keeper from them.
key_in_token()
{
	local dir=/var/lib/token pin=24680864 served key what
	mkdir -p $dir/tokens /run/systemd/system/tlshd.service.d
	printf 'directories.tokendir = %s\nobjectstore.backend = file\n' $dir/tokens >$dir/softhsm2.conf
	export SOFTHSM2_CONF=$dir/softhsm2.conf
	softhsm2-util --init-token --free --label ours --pin $pin --so-pin 13571357 >"$WORK/token.log" 2>&1 ||
		give_up "softhsm2-util: $(tail -n 1 "$WORK/token.log")"
	for what in --load-privkey=server.key --load-certificate=server.crt; do
		p11tool --batch --provider $SOFTHSM --login --set-pin=$pin --write "${what%%=*}" "$PKI/${what#*=}" \
			--label host --id 01 pkcs11:token=ours >"$WORK/token.log" 2>&1 ||
			give_up "p11tool: $(tail -n 1 "$WORK/token.log")"
	done
	(umask 077 && echo $pin >$dir/pin)
	chown -R tlshd-keeper $dir/tokens
	printf '[Service]\nEnvironment=SOFTHSM2_CONF=%s\n' $dir/softhsm2.conf >/run/systemd/system/tlshd.service.d/token.conf
	systemctl daemon-reload
	key="pkcs11:token=ours;object=host?module-path=$SOFTHSM\&pin-source=$dir/pin"
	sed -i "s,^x509.private_key=.*server.key$,x509.private_key=$key," $CONFIG
	grep -q '^x509.private_key=pkcs11:' $CONFIG
	restarted systemctl restart tlshd
	served=$(journal_count 'with client .* succeeded')
	cut_connections server
	nfs_exchange $MNT
	[ "$(journal_count 'with client .* succeeded')" -gt "$served" ] || give_up "no handshake"
	systemctl reload tlshd || give_up "the reload failed: $(journal -n 3)"
}

# Where another agent serves, nobody tries again and again.
other_agent()
{
	local pid
	systemctl stop tlshd
	"$(tool holder)" true </dev/null >"$WORK/foreign" 2>&1 &
	pid=$!
	wait_for 10 grep -q ready "$WORK/foreign" || give_up "the other agent did not start: $(cat "$WORK/foreign")"
	! systemctl start tlshd 2>"$WORK/start" || give_up "it started beside another agent"
	[ "$(property tlshd.service ActiveState)" = failed ] || give_up "it is $(property tlshd.service ActiveState)"
	[ "$(property tlshd.service ExecMainStatus)" -eq 3 ] || give_up "exit status $(property tlshd.service ExecMainStatus)"
	kill -TERM $pid
	wait_for 10 gone $pid
	systemctl start tlshd || give_up "it does not start afterwards"
}

# Mounts go first, the agent goes last: at the end of the system they may need it.
stays_until_unmounted()
{
	systemctl show -P Wants tlshd.service | grep -w remote-fs-pre.target >/dev/null
	systemctl show -P Before tlshd.service | grep -w remote-fs-pre.target >/dev/null
	systemctl show -P After home.mount | grep -w remote-fs-pre.target >/dev/null
	[ "$(property remote-fs-pre.target ActiveState)" = active ] || give_up "nothing reaches remote-fs-pre.target"
}

if [ "${1:-}" = prepare ]; then
	prepare
	exit
fi
plan 9
cut_prepare
attempt systemd-mounted-at-boot mounted_at_boot
attempt systemd-nothing-missing nothing_missing
attempt systemd-hardened hardened
attempt systemd-restart-under-load restart_under_load
attempt systemd-hanging-mount start_below_hanging_mount
attempt systemd-reload reload_says_what_is_wrong
attempt systemd-other-agent other_agent
attempt systemd-stays stays_until_unmounted
attempt systemd-token key_in_token
