# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# NVMe over TCP with TLS: the kernel's target and its host, both in the first network namespace, where the target lives.
# No nvme-cli: connections are asked for as it does, through /dev/nvme-fabrics. Source it after all.sh.

. "$LIB/keyring.sh"

shopt -s extglob

NVMET=/sys/kernel/config/nvmet
NVME_HOSTNQN=nqn.2014-08.org.nvmexpress:uuid:2f3bba5c-0000-4000-8000-000000000001
NVME_HOSTID=2f3bba5c-0000-4000-8000-000000000001
NVME_SUBNQN=nqn.2026-01.test:storage
NVME_PORT=4420

# nvme_start: modules, a disk in memory, and a port that demands TLS
nvme_start()
{
	modprobe -a nvmet nvmet-tcp nvme-tcp
	modprobe brd rd_nr=1 rd_size=65536
	mountpoint -q /sys/kernel/config || mount -t configfs none /sys/kernel/config
	wait_for 10 test -e /dev/nvme-fabrics || mknod /dev/nvme-fabrics c 10 "$(awk '$2 == "nvme-fabrics" { print $1 }' /proc/misc)"
	[ -e /dev/ram0 ] || mknod /dev/ram0 b 1 0
	mkdir -p "$NVMET/ports/1"
	echo tcp >"$NVMET/ports/1/addr_trtype"
	echo ipv4 >"$NVMET/ports/1/addr_adrfam"
	echo 127.0.0.1 >"$NVMET/ports/1/addr_traddr"
	echo $NVME_PORT >"$NVMET/ports/1/addr_trsvcid"
	echo tls1.3 >"$NVMET/ports/1/addr_tsas" || give_up "this kernel's target has no TLS"
	echo required >"$NVMET/ports/1/addr_treq"
	nvme_subsystem "$NVME_SUBNQN"
}

# nvme_subsystem NQN: a subsystem with the disk in it; the port starts to listen with the first one
nvme_subsystem()
{
	local subsystem=$NVMET/subsystems/$1
	mkdir -p "$subsystem/namespaces/1"
	echo 1 >"$subsystem/attr_allow_any_host"
	echo -n /dev/ram0 >"$subsystem/namespaces/1/device_path"
	echo 1 >"$subsystem/namespaces/1/enable"
	ln -s "$subsystem" "$NVMET/ports/1/subsystems/$1"
}

# nvme_offer IDENTITY KEY-FILE: a handshake with the target by another library; its output is in $WORK/offer
nvme_offer()
{
	local hex
	hex=$(od -An -v -tx1 "$2" | tr -d ' \n')
	timeout 20 gnutls-cli --pskusername "$1" --pskkey "$hex" --no-ca-verification -p $NVME_PORT 127.0.0.1 \
		--priority 'NONE:+VERS-TLS1.3:+AEAD:+ECDHE-PSK:+DHE-PSK:+AES-128-GCM:+GROUP-SECP256R1:+SIGN-ECDSA-SECP256R1-SHA256' \
		</dev/null >"$WORK/offer" 2>&1
}

# nvme_reset_target: the port goes, with all connections, and comes back
nvme_reset_target()
{
	rm "$NVMET/ports/1/subsystems/$1"
	ln -s "$NVMET/subsystems/$1" "$NVMET/ports/1/subsystems/$1"
}

# nvme_identity [SUBNQN [HOSTNQN [HASH]]]: version 0, retained; HASH 01 or 02
nvme_identity()
{
	echo "NVMe0R${3:-01} ${2:-$NVME_HOSTNQN} ${1:-$NVME_SUBNQN}"
}

# nvme_key IDENTITY [BYTES [KEYRING]]: a random key of this description, in the keyring that both ends use; its serial is
# the output, the key itself lies in $WORK/nvme.key.
nvme_key()
{
	head -c "${2:-32}" /dev/urandom >"$WORK/nvme.key"
	keyring_add psk "$1" "$WORK/nvme.key" "${3:-%keyring:.nvme}"
}

nvme_no_keys()
{
	keyctl clear %keyring:.nvme
}

# nvme_connect [OPTION...]: the instance's number is the output; the kernel's answer is in $WORK/nvme.err
nvme_connect()
{
	local options=nqn=$NVME_SUBNQN,transport=tcp,traddr=127.0.0.1,trsvcid=$NVME_PORT,hostid=$NVME_HOSTID,tls
	local option hostnqn=$NVME_HOSTNQN
	for option; do
		case $option in
		nqn=*) options=${options/nqn=$NVME_SUBNQN/$option} ;;
		hostnqn=*) hostnqn=${option#*=} ;;
		hostid=*) options=${options/hostid=$NVME_HOSTID/$option} ;;
		*) options+=,$option ;;
		esac
	done
	: >"$WORK/nvme.err"
	(
		exec 3<>/dev/nvme-fabrics
		echo -n "$options,hostnqn=$hostnqn" >&3 && cat <&3
	) 2>"$WORK/nvme.err" | sed -n 's/.*instance=\([0-9][0-9]*\).*/\1/p' >"$WORK/nvme.instance" || true
	[ -s "$WORK/nvme.instance" ] || return 1
	cat "$WORK/nvme.instance"
}

nvme_state_is()
{
	[ "$(cat "/sys/class/nvme/nvme$1/state" 2>/dev/null)" = "$2" ]
}

# nvme_disk INSTANCE: waits for the namespace; the only one there is
nvme_disk()
{
	local name
	wait_for 20 nvme_any_disk || give_up "no namespace at controller $1"
	name=$(basename "$(compgen -G '/sys/class/block/nvme[0-9]*([0-9])n1' | head -n 1)")
	# shellcheck disable=SC2046 # major and minor are two words
	[ -b "/dev/$name" ] || mknod "/dev/$name" b $(tr : ' ' <"/sys/class/block/$name/dev")
	echo "/dev/$name"
}

nvme_any_disk()
{
	compgen -G '/sys/class/block/nvme[0-9]*([0-9])n1' >/dev/null
}

nvme_disconnect()
{
	echo 1 >"/sys/class/nvme/nvme$1/delete_controller"
	wait_for 30 nvme_gone "$1" || give_up "controller $1 does not go"
}

# nvme_disconnect_all: what an attempt that failed has left
nvme_disconnect_all()
{
	local controller
	for controller in /sys/class/nvme/nvme+([0-9]); do
		[ ! -e "$controller" ] || nvme_disconnect "${controller##*nvme}"
	done
}

nvme_gone()
{
	[ ! -e "/sys/class/nvme/nvme$1" ]
}

# nvme_proof: each connection has TLS 1.3 in both directions
nvme_proof()
{
	local line count=0
	while read -r line; do
		[ -n "$line" ] || continue
		count=$((count + 1))
		[[ $line == *"tcp-ulp-tls version: 1.3 "*"rxconf: sw txconf: sw"* ]] || give_up "a connection without TLS: $line"
	done <<<"$(ss -tienHO state established "sport = :$NVME_PORT or dport = :$NVME_PORT")"
	[ "$count" -ge "${1:-2}" ] || give_up "$count connections, fewer than ${1:-2}"
}

# mark: what the agent of both ends logs from here on counts; log_since_mark prints it, said PATTERN looks, says PATTERN waits
log_since_mark()
{
	tail -n +$(($(cat "$WORK/mark") + 1)) "$(agent_log server)"
}

mark()
{
	wc -l <"$(agent_log server)" >"$WORK/mark"
}

said()
{
	log_since_mark | grep -E -- "$1" >/dev/null
}

says()
{
	wait_for 10 said "$1" || give_up "tlshd did not say: $1"
}
