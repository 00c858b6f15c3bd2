#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=1024 smp=1 time=240
#
# What is wrong with a configuration is said with file, line and remedy, by --check-config and at start alike, and the
# exit status tells a script. A certificate for another name is refused with the names that it has.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/load.sh"

MNT=/mnt/test
CONF=$WORK/conf
GOOD=("server:x509.certificate=$PKI/server.chain" "server:x509.private_key=$PKI/server.key"
	"server:x509.truststore=$PKI/ca.crt")

# check STATUS SETTING...: run --check-config over a configuration of these settings
check()
{
	local expected=$1 status=0 began
	shift
	began=$(now_ms)
	[ $# -eq 0 ] || agent_config checked "$@"
	timeout 30 "$TLSHD_BIN" --check-config --config "$(agent_dir checked)/config" </dev/null >"$CONF" 2>&1 || status=$?
	sed 's/^/# /' "$CONF"
	comment "exit status $status after $(($(now_ms) - began)) ms"
	[ "$status" -eq "$expected" ] || give_up "exit status $status, expected $expected"
}

said()
{
	local pattern
	for pattern; do
		grep -Eq -- "$pattern" "$CONF" || give_up "not said: $pattern"
	done
}

# with_key FILE, with_certificate FILE: the good configuration but for this
with_key()
{
	check "$1" "${GOOD[0]}" "server:x509.private_key=$2" "${GOOD[2]}"
}

with_certificate()
{
	check "$1" "server:x509.certificate=$2" "${GOOD[1]}" "${GOOD[2]}"
}

good()
{
	check 0 "${GOOD[@]}"
	said 'the configuration can be served'
	if grep -v 'can be served' "$CONF" | grep . >/dev/null; then give_up "a good configuration is complained about"; fi
}

broken_file()
{
	check 0 "${GOOD[@]}"
	printf '[authenticate.server]\nx509.certificate=%s\nthis is no setting\n' "$PKI/server.chain" \
		>"$(agent_dir checked)/config"
	check 1
	said "$(agent_dir checked)/config:?.*(line 3|:3)" 'cannot be served'
}

unknown_key()
{
	check 0 "${GOOD[@]}" server:x509.certifcate=/nowhere
	said "$(agent_dir checked)/config:[0-9]+: x509.certifcate: .*did you mean x509.certificate"
}

missing_configuration()
{
	agent_config checked "${GOOD[@]}"
	rm "$(agent_dir checked)/config"
	check 1
	said "$(agent_dir checked)/config: .*no such file"
}

key_mode()
{
	cp "$PKI/server.key" "$PKI/open.key"
	chmod 0644 "$PKI/open.key"
	with_key 1 "$PKI/open.key"
	said "chmod o-rwx $PKI/open.key" 'mode 0644' 'cannot be served'
	chmod 0602 "$PKI/open.key"
	with_key 1 "$PKI/open.key"
	said "written by every user .*chmod o-rwx $PKI/open.key"
	chmod 0640 "$PKI/open.key"
	with_key 0 "$PKI/open.key"
	said "chmod g-rwx $PKI/open.key" 'can be served'
	chmod 0600 "$PKI/open.key"
	chown tlshd-keeper "$PKI/open.key"
	with_key 0 "$PKI/open.key"
	said "chown root $PKI/open.key"
}

wrong_key()
{
	with_key 1 "$PKI/other.key"
	said "private key $PKI/other.key does not belong to certificate" 'give the key that'
}

bad_files()
{
	: >"$PKI/empty"
	with_certificate 1 "$PKI/empty"
	said "$PKI/empty: the file is empty"
	with_certificate 1 "$PKI/missing"
	said "x509.certificate: $PKI/missing: no such file"
	with_certificate 1 "$PKI"
	said "$PKI: is a folder"
	head -c 300 "$PKI/server.crt" >"$PKI/half"
	with_certificate 1 "$PKI/half"
	said "$PKI/half:1: a certificate begins here and has no END line"
	head -c 300 /dev/urandom >"$PKI/garbage"
	with_certificate 1 "$PKI/garbage"
	said "$PKI/garbage: "
	with_key 1 "$PKI/empty"
	said "private key $PKI/empty .* is empty"
	with_key 1 "$PKI/missing"
	said "$PKI/missing"
	chmod 0600 "$PKI/garbage"
	with_key 1 "$PKI/garbage"
	said "private key $PKI/garbage .*(PEM|read)"
}

# Root reads any mode, so the unreadable file is one on a folder that refuses root: a share that maps it to nobody.
unreadable()
{
	mkdir -p "$NFS_EXPORT/closed" /mnt/squash
	mount -t tmpfs tmpfs "$NFS_EXPORT/closed"
	cp "$PKI/server.chain" "$NFS_EXPORT/closed/"
	chmod 0600 "$NFS_EXPORT/closed/server.chain"
	exportfs -o rw,fsid=7,root_squash,no_subtree_check,insecure "127.0.0.1:$NFS_EXPORT/closed"
	mount -t nfs -o vers=4.2 127.0.0.1:/closed /mnt/squash
	with_certificate 1 /mnt/squash/server.chain
	said '/mnt/squash/server.chain: permission denied: let root read the file'
	umount /mnt/squash
}

# The start says the same as the check, and does not go on.
start_refused()
{
	local status=0
	agent_config broken "${GOOD[0]}" "server:x509.private_key=$PKI/other.key"
	timeout 60 "$TLSHD_BIN" --stderr --config "$(agent_dir broken)/config" </dev/null >"$CONF" 2>&1 || status=$?
	sed 's/^/# /' "$CONF"
	[ "$status" -eq 1 ] || give_up "exit status $status"
	said "private key $PKI/other.key does not belong" 'tlshd cannot serve'
	agent_serves server && give_up "something still listens for requests"
	ps -C tlshd,worker,keeper,loader >"$CONF" && give_up "processes are left: $(tail -n 1 "$CONF")"
	true
}

# The options of the command line have to fail like that of any command.
usage()
{
	local status=0
	"$TLSHD_BIN" --no-such-option >"$CONF" 2>&1 || status=$?
	[ "$status" -eq 1 ] || give_up "exit status $status"
	said 'no-such-option' 'tlshd --help'
	setpriv --reuid tlshd-worker --clear-groups "$TLSHD_BIN" --stderr --config /nowhere >"$CONF" 2>&1 && give_up "started"
	said 'started as root'
}

wrong_name()
{
	agent_config server "${GOOD[@]}" "client:x509.truststore=$PKI/ca.crt"
	agent_start server
	nfs_refused server other.test tls "$MNT"
	agent_logs server 'server other.test .*server certificate names DNS:server.test, not other.test: mount by that name' 1
	nfs_refused server 127.0.0.1 tls "$MNT"
	agent_logs server 'server certificate names DNS:server.test, not 127.0.0.1: .*add the SAN IP:127.0.0.1' 1
	nfs_mount server server.test tls "$MNT"
	nfs_umount server "$MNT"
	agent_stop server
}

plan 11
pki_ca ca
pki_issue server ca ecdsa dns=server.test server to='+90 days'
pki_issue other ca ecdsa dns=other.test server
host_alias server.test 127.0.0.1
host_alias other.test 127.0.0.1
nfs_server_start
agent_install
attempt config-good good
attempt config-broken-file broken_file
attempt config-unknown-key unknown_key
attempt config-missing missing_configuration
attempt config-key-mode key_mode
attempt config-wrong-key wrong_key
attempt config-bad-files bad_files
attempt config-unreadable unreadable
attempt config-wrong-name wrong_name
attempt config-start-refused start_refused
attempt config-usage usage
