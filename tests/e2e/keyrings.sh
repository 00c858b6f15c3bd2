#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# The supervisor's keyrings are its own: it leaves those of whoever started it, and its children leave its own. A probe
# takes the place of worker and keeper and tries, once with what the supervisor gave it and once as the child goes on.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
PROBE=/run/test/probe
CHILDREN=/usr/libexec/tlshd
OUTER=starter-secret
INNER=supervisor-secret

# The loader is started with the supervisor's keyrings and as root: before the real one runs, this puts a key into the
# supervisor's session keyring and looks for the starter's. It cannot be done from outside.
probe_loader()
{
	mv $CHILDREN/loader $CHILDREN/loader.real
	cat >$CHILDREN/loader <<-END
		#!/bin/sh
		{
			keyctl search @s user $OUTER && echo "searched the starter's key"
			keyctl read \$(cat $PROBE/outer) && echo "read the starter's key"
			keyctl rlist @s
		} >$PROBE/loader 2>&1
		[ -s $PROBE/serial ] || keyctl add user $INNER a-secret-of-the-supervisor @s >$PROBE/serial
		exec $CHILDREN/loader.real "\$@"
	END
	chmod 755 $CHILDREN/loader
}

probe_children()
{
	local child
	for child in worker keeper; do
		mv $CHILDREN/$child $CHILDREN/$child.real
		cp "$(tool keyprobe)" $CHILDREN/$child
		chmod 755 $CHILDREN/$child
	done
}

start_in_session()
{
	# shellcheck disable=SC2016
	agent_start server keyctl session starter sh -c \
		"keyctl add user $OUTER a-secret-of-the-starter @s >$PROBE/outer && exec \"\$@\"" sh
}

# The starter's session keyring, and the key in it, are not in reach of the supervisor, nor so of a child that is root.
fresh_session()
{
	[ -s $PROBE/outer ] || give_up "the starter's key was not made"
	sed 's/^/# loader: /' $PROBE/loader
	! grep -q "the starter's key" $PROBE/loader || give_up "the supervisor still has the session of its starter"
	! grep -q a-secret-of-the-starter $PROBE/loader || give_up "the starter's key was read"
}

# probed CHILD: all attempts succeed before, and none after
probed()
{
	local attempt
	sed "s/^/# $1: /" "$PROBE/$1"
	for attempt in read describe 'search session' request link; do
		grep -q "^before $attempt: yes" "$PROBE/$1" || give_up "the control failed: $attempt before"
		grep -q "^after $attempt: " "$PROBE/$1" || give_up "$attempt was not tried"
		! grep -q "^after $attempt: yes" "$PROBE/$1" || give_up "a $1 can $attempt the supervisor's key"
	done
	grep -q '^after session keyring holds: 0 bytes' "$PROBE/$1" || give_up "the $1's session keyring is not empty"
}

# keyring_state: the process keyrings of root in this guest, which are the supervisor's: "_pid: empty" or a number
keyring_state()
{
	awk '$8 == "keyring" && $9 == "_pid:" && $6 == 0 { print $10 }' /proc/keys
}

empty_process_keyring()
{
	local i
	[ "$(keyring_state)" = empty ] || give_up "the process keyring before a handshake: $(grep _pid: /proc/keys)"
	for ((i = 0; i < 3; i++)); do
		nfs_mount server server.test mtls "$MNT"
		[ "$(keyring_state)" = empty ] || give_up "the process keyring after a handshake: $(grep _pid: /proc/keys)"
		nfs_umount server "$MNT"
	done
	# Only the children's keyrings beside the supervisor's: nothing is left behind by handshakes.
	[ "$(agent_lines server 'handshake with .* succeeded')" -eq 6 ]
}

# A process of another user that finds the number of the key out, as from a log, cannot do anything with it.
stranger()
{
	local key
	key=$(cat $PROBE/serial)
	! setpriv --reuid tlshd-worker --regid tlshd-worker --clear-groups keyctl read "$key" >/dev/null 2>&1 ||
		give_up "another user can read the key"
}

plan 5
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
pki_issue client ca ecdsa dns=client.test client
host_alias server.test 127.0.0.1
mkdir -p $PROBE
nfs_server_start
agent_install
probe_loader
probe_children
agent_x509 server ca server client
start_in_session
attempt keyrings-fresh-session fresh_session
attempt keyrings-worker probed worker
attempt keyrings-keeper probed keeper
attempt keyrings-process-keyring empty_process_keyring
attempt keyrings-stranger stranger
