# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The daemon under test, one per host. TLSHD_STAGE is a folder made by "make install DESTDIR=..." that gets copied over
# the guest's root, once; TLSHD_BIN is the program to start.

TLSHD_BIN=${TLSHD_BIN:-/usr/sbin/tlshd}

# agent_install: put the build into the guest; does nothing the second time
agent_install()
{
	if [ -n "${TLSHD_STAGE:-}" ] && [ ! -e "$WORK/installed" ]; then
		# The staged folders' owners and modes must not change the guest's own, nor the link /lib become a folder.
		tar -C "$TLSHD_STAGE" -c . | tar -C / -x --no-same-owner --no-overwrite-dir --keep-directory-symlink
		touch "$WORK/installed"
	fi
	[ -x "$TLSHD_BIN" ] || give_up "there is no $TLSHD_BIN to test"
}

agent_dir()
{
	echo "$WORK/agent-$1"
}

agent_log()
{
	echo "$WORK/agent-$1/log"
}

agent_pid()
{
	cat "$WORK/agent-$1/pid"
}

# agent_config HOST SETTING...: write the whole configuration. A setting is SECTION:KEY=VALUE, where the sections
# client and server stand for authenticate.client and authenticate.server:
#	agent_config server "server:x509.certificate=$PKI/server.chain" debug:loglevel=1
agent_config()
{
	local host=$1 dir section setting
	shift
	dir=$(agent_dir "$host")
	mkdir -p "$dir"
	for section in debug authenticate client server service; do
		case $section in
		client | server) echo "[authenticate.$section]" ;;
		*) echo "[$section]" ;;
		esac
		# The guest has one processor; what one worker does to the others is the same with two workers on it.
		[ "$section" != service ] || echo workers=2
		for setting; do
			[ "${setting%%:*}" != "$section" ] || echo "${setting#*:}"
		done
	done >"$dir/config"
}

# agent_x509 HOST CA SERVER-IDENTITY CLIENT-IDENTITY [SETTING...]: the usual configuration; "-" for no identity
agent_x509()
{
	local host=$1 ca=$2 server=$3 client=$4 settings
	shift 4
	settings=("server:x509.truststore=$PKI/$ca.crt" "client:x509.truststore=$PKI/$ca.crt" "$@")
	[ "$server" = - ] || settings+=("server:x509.certificate=$PKI/$server.chain" "server:x509.private_key=$PKI/$server.key")
	[ "$client" = - ] || settings+=("client:x509.certificate=$PKI/$client.chain" "client:x509.private_key=$PKI/$client.key")
	agent_config "$host" "${settings[@]}"
}

# agent_start HOST [COMMAND-PREFIX...]: returns when the kernel knows the agent; one that an earlier, failed attempt
# left is stopped first
agent_start()
{
	local host=$1 dir pid
	shift
	dir=$(agent_dir "$host")
	agent_install
	[ ! -e "$dir/pid" ] || gone "$(agent_pid "$host")" || agent_stop "$host"
	echo "--- start" >>"$dir/log"
	become "$host" "$@" "$TLSHD_BIN" --stderr --config "$dir/config" </dev/null >>"$dir/log" 2>&1 &
	pid=$!
	echo "$pid" >"$dir/pid"
	wait_for 60 agent_serves_or_died "$host" "$pid" || give_up "tlshd on $host did not begin to serve"
	alive "$pid" || give_up "tlshd on $host ended at once: $(tail -n 1 "$dir/log")"
}

agent_serves_or_died()
{
	gone "$2" || agent_serves "$1"
}

# agent_serves HOST: whether some agent listens for the kernel's requests in this host's network namespace
agent_serves()
{
	local group
	group=$(agent_group)
	on "$1" cat /proc/net/netlink | awk -v group="$group" '
		function bit(hex, n,    digit) {
			digit = substr(hex, length(hex) - int(n / 4), 1)
			return int((index("0123456789abcdef", digit) - 1) / 2 ^ (n % 4)) % 2
		}
		$2 == 16 && bit($4, group - 1) { found = 1 }
		END { exit !found }'
}

# The number of the kernel's multicast group "tlshd"; it differs between kernels.
agent_group()
{
	if [ ! -s "$WORK/group" ]; then
		genl ctrl get name handshake 2>/dev/null | sed -n 's/.*ID-0x\([0-9a-f]*\)  *name: tlshd.*/\1/p' >"$WORK/group.hex"
		[ -s "$WORK/group.hex" ] || give_up "this kernel has no handshake family"
		echo $((16#$(cat "$WORK/group.hex"))) >"$WORK/group"
	fi
	cat "$WORK/group"
}

# agent_stop HOST [SECONDS]: SIGTERM, and fail if that does not end it
agent_stop()
{
	local pid
	pid=$(agent_pid "$1")
	kill -TERM "$pid" 2>/dev/null || true
	wait_for "${2:-30}" gone "$pid" || give_up "tlshd on $1 did not end after SIGTERM"
	# A process left behind would answer in its place with an old configuration.
	wait_for 20 fails agent_serves "$1" || give_up "tlshd on $1 ended, but something of it still serves"
}

agent_restart()
{
	agent_stop "$1"
	agent_start "$1"
}

# agent_logged HOST PATTERN: the log since the last start has a line that matches this extended expression. All of it is
# read: behind a grep that stops at the first match, a long log would end in SIGPIPE.
agent_logged()
{
	awk '/^--- start/ { text = ""; next } { text = text $0 "\n" } END { printf "%s", text }' "$(agent_log "$1")" |
		grep -E -- "$2" >/dev/null
}
