#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=180
#
# What a user sees without an agent. On the client: a refusal at once, never a hang or a mount without TLS. On the
# server: no mount, either; the client's kernel keeps trying for minutes, so the test ends that. Then the agent is all
# that was missing.
. "${BASH_SOURCE[0]%/*}/../lib/all.sh"

MNT=/mnt/test

plain_mount()
{
	nfs_mount client server.test none "$MNT"
	proof_plain client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

no_client_agent()
{
	within 8000 nfs_refused client server.test tls "$MNT"
	within 8000 nfs_refused client server.test mtls "$MNT"
}

# The server closes the connection at the client's first TLS byte, and says so in the kernel's log.
server_gave_up()
{
	dmesg | grep 'RPC fragment too large' >/dev/null
}

no_server_agent()
{
	local mount
	agent_start client
	nfs_mount client server.test tls "$MNT" &
	mount=$!
	wait_for 60 server_gave_up || give_up "the server did not refuse a handshake"
	! mountpoint -q "$MNT" || give_up "a mount without an agent on the server"
	pkill -KILL -x mount.nfs
	wait "$mount" || true
	! mountpoint -q "$MNT" || give_up "a mount without an agent on the server"
	: >"$WORK/reason"
}

both_agents()
{
	agent_start server
	nfs_mount client server.test tls "$MNT"
	proof_tls client
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

# A mount survives the end of both agents: the kernel needs them for handshakes only.
agents_may_go()
{
	nfs_mount client server.test tls "$MNT"
	agent_stop client
	agent_stop server
	! agent_serves client || give_up "the kernel still knows an agent on the client"
	nfs_exchange "$MNT"
	nfs_umount client "$MNT"
}

plan 5
pki_ca ca
pki_issue server ca ecdsa dns=server.test server
host_add client
nfs_server_start
agent_x509 server ca server -
agent_x509 client ca - -
attempt nfs-no-agent-control plain_mount
attempt nfs-no-agent-on-client no_client_agent
attempt nfs-no-agent-on-server no_server_agent
attempt nfs-no-agent-then-both both_agents
attempt nfs-no-agent-mount-survives agents_may_go
