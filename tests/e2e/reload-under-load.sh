#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# SIGHUP while handshakes go on: each mount meets one whole generation, an old one or a new one; a configuration that
# cannot be served changes nothing; and at the end all that was started for it is gone.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

WORKERS=3
RELOADS=2
NAMES=two

# renew: a new certificate, with a new key, in the same place
renew()
{
	local pki_name=server.$1
	pki_issue "$pki_name" ca ecdsa dns=one.test dns=two.test dns=three.test dns=four.test server
	# The two files change at different moments, as with any program that renews them: SIGHUP comes after both.
	mv "$PKI/$pki_name.key" "$PKI/server.key"
	mv "$PKI/$pki_name.chain" "$PKI/server.chain"
	pki_serial "$pki_name" >"$WORK/serial"
}

reload()
{
	kill -HUP "$(agent_pid server)"
}

reload_done()
{
	local before
	before=$(agent_lines server 'READY: serving')
	reload
	wait_for 40 agent_lines_reach server 'READY: serving' $((before + 1)) ||
		give_up "no new generation: $(tail -n 3 "$(agent_log server)")"
}

mount_once()
{
	nfs_mount server "$1.test" tls "/mnt/$1"
	umount "/mnt/$1"
}

# mounting NAME: until the file "end" appears
mounting()
{
	local number=0
	while [ ! -e "$WORK/end" ]; do
		mount_once "$1"
		number=$((number + 1))
	done
	echo $number >"$WORK/mounted.$1"
}

mounting_start()
{
	local name
	rm -f "$WORK/end"
	for name in $NAMES; do
		mounting "$name" &
		echo $! >"$WORK/mounting.$name"
	done
}

mounting_end()
{
	local name
	touch "$WORK/end"
	for name in $NAMES; do
		wait_for 60 gone "$(cat "$WORK/mounting.$name")" || give_up "a mount of $name hangs"
		[ -s "$WORK/mounted.$name" ] || give_up "a mount of $name failed: $(cat "$WORK/reason")"
		[ "$(cat "$WORK/mounted.$name")" -gt 0 ] || give_up "there was no mount of $name"
		comment "$(cat "$WORK/mounted.$name") mounts of $name"
	done
}

# The serial number in the newest line of a handshake as client
seen_serial()
{
	grep 'handshake with server four.test' "$(agent_log server)" | tail -n 1 | sed 's/.* serial \([0-9a-f]*\) .*/\1/'
}

sees_new_certificate()
{
	mount_once four
	[ "$(seen_serial)" = "$(cat "$WORK/serial")" ] ||
		give_up "the certificate in use has serial $(seen_serial), not $(cat "$WORK/serial")"
}

# Renew, reload, and the new one is in use; meanwhile no mount fails.
new_certificates()
{
	local i
	mounting_start
	for ((i = 1; i <= RELOADS; i++)); do
		renew $i
		reload_done
		sees_new_certificate
	done
	mounting_end
}

# A number of SIGHUPs faster than generations start: several become one, and the last is not forgotten.
storm()
{
	local i
	mounting_start
	for ((i = 0; i < 6; i++)); do
		reload
		[ "$(agent_child_count server keeper)" -le 3 ] || give_up "more than three generations live"
		mount_once four
	done
	renew storm
	reload_done
	wait_for 40 sees_new || give_up "the last reload was forgotten"
	mounting_end
}

sees_new()
{
	mount_once four
	[ "$(seen_serial)" = "$(cat "$WORK/serial")" ]
}

# broken REASON: SIGHUP over what is there now says REASON, and everything goes on as before
broken()
{
	local before ready
	before=$(agent_lines server 'new configuration is not used: generation [0-9]+ stays in service')
	ready=$(agent_lines server 'READY: serving')
	reload
	agent_logs server 'new configuration is not used: generation [0-9]+ stays in service' $((before + 1))
	agent_logged server "$1" || give_up "the log does not say: $1"
	[ "$(agent_lines server 'READY: serving')" -eq "$ready" ] || give_up "the broken configuration is served"
	sees_new_certificate
}

broken_configurations()
{
	local config
	config=$(agent_dir server)/config
	mounting_start
	cp "$config" "$WORK/config"
	echo 'this is no setting' >>"$config"
	broken 'config:[0-9]+: neither a comment'
	rm "$config"
	broken 'config: no such file'
	cp "$WORK/config" "$config"
	cp "$PKI/server.key" "$WORK/server.key"
	chmod 0644 "$PKI/server.key"
	broken "chmod o-rwx $PKI/server.key"
	rm "$PKI/server.key"
	cp "$PKI/client.key" "$PKI/server.key"
	broken "does not belong to certificate $PKI/server.chain"
	cp "$WORK/server.key" "$PKI/server.key"
	reload_done
	sees_new_certificate
	mounting_end
}

as_before()
{
	agent_has server $WORKERS 1 && [ "$(process_fds "$(agent_pid server)")" -eq "$(cat "$WORK/fds")" ] &&
		[ "$(pgrep -c -P "$(agent_pid server)")" -eq $((WORKERS + 1)) ]
}

nothing_left()
{
	nfs_umount server /mnt/one
	wait_for 30 as_before ||
		give_up "descriptors: $(cat "$WORK/fds") before, $(process_fds "$(agent_pid server)") now; children: \
$(ps -o comm= --ppid "$(agent_pid server)" | tr '\n' ' ')"
	comment "$(cat "$WORK/fds") descriptors and $((WORKERS + 1)) children, as at the start"
}

application_ends()
{
	load_goes_on one 30
	load_stop one
}

plan 5
pki_ca ca
number=1
for name in one two three four; do
	host_alias "$name.test" "127.0.0.$number"
	number=$((number + 1))
done
pki_issue server ca ecdsa dns=one.test dns=two.test dns=three.test dns=four.test server
pki_issue client ca ecdsa dns=client.test client
nfs_server_start
agent_x509 server ca server client
agent_start server
nfs_mount server one.test mtls /mnt/one
load_start one /mnt/one
wait_for 20 agent_has server $WORKERS 1
process_fds "$(agent_pid server)" >"$WORK/fds"
attempt reload-new-certificates new_certificates
attempt reload-broken broken_configurations
attempt reload-storm storm
attempt reload-application application_ends
attempt reload-nothing-left nothing_left
