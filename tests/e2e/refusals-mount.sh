#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=240
#
# Refused by a server, seen from a mount on another host: a client has shaken hands before its certificate is judged, so its
# agent reports success at once, and its kernel gets the alert afterwards. A client without a certificate is no fault in
# TLS: the export that is for mtls only refuses it.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"
. "$LIB/fault.sh"
. "$LIB/tlspeer.sh"

NOTHING='there is no certificate for the client role: set x509.certificate and x509.private_key in \[authenticate.client\]'

# mount_refused MODE: with the account of the requests and of the alerts that the kernel's consumers get
mount_refused()
{
	begin handshake/tls_alert_recv
	nfs_refused client server.test "$1" "$MNT"
	requests_sound
}

# statuses: of all requests, each once
statuses()
{
	requests | awk '{ print $3 }' | sort -un | tr '\n' ' '
}

# alert_received NAME: an alert came to the client's kernel, which has this name for it
alert_received()
{
	grep -E "tls_alert_recv: .*dest=192\\.0\\.2\\.1:2049 .*Fatal: $1\$" $TRACE/trace >/dev/null ||
		give_up "no alert $1 came to the client's kernel: $(grep tls_alert $TRACE/trace | tail -n 1)"
}

# by_server NAME ALERT SENTENCE
by_server()
{
	agent_x509 client ca - "$1"
	agent_start client
	mount_refused mtls
	agent_logged client 'handshake with server server.test .* succeeded: x509' || give_up "the client did not believe in success"
	log_says "handshake with client 192.0.2.2:.* failed: $3.*\\[EACCES"
	[ "$(statuses)" = "0 13 " ] || give_up "statuses $(statuses)"
	alert_received "$2"
	agent_stop client
}

by_export()
{
	agent_x509 client ca - good
	agent_start client
	mount_refused tls
	agent_logged client 'handshake with server server.test .* succeeded: unauthenticated' || give_up "no success at the client"
	log_says 'handshake with client 192.0.2.2:.* succeeded: x509'
	[ "$(statuses)" = "0 " ] || give_up "statuses $(statuses)"
	agent_stop client
}

# Nobody is asked to shake hands who could not: there is no certificate to show.
by_client()
{
	agent_x509 client ca - -
	agent_start client
	mount_refused mtls
	agent_logged client "handshake with server server.test .* failed: $NOTHING.*\\[EACCES" ||
		give_up "the client did not say what it lacks"
	agent_stop client
}

# The control: the same mount with a good certificate.
accepted()
{
	agent_x509 client ca - good
	agent_start client
	nfs_mount client server.test mtls "$MNT"
	proof_tls client
	nfs_umount client "$MNT"
	agent_stop client
}

plan 5
pki_ca ca
pki_ca stranger
pki_issue server ca ecdsa dns=server.test server
pki_issue good ca ecdsa client
pki_issue expired ca ecdsa client 'from=-20 days' 'to=-2 days'
pki_issue stranger-client stranger ecdsa client
host_add client
nfs_server_start
nfs_require mtls
agent_x509 server ca server -
agent_start server
attempt refusals-mount-none-wrong accepted
attempt refusals-mount-unknown-authority by_server stranger-client UNKNOWN_CA \
	'client certificate was issued by "CN=stranger"'
attempt refusals-mount-expired by_server expired CERTIFICATE_EXPIRED 'client certificate has expired'
attempt refusals-mount-no-certificate by_export
attempt refusals-mount-nothing-to-show by_client
