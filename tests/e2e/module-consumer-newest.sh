#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=480 kernel=newest module=1
#
# The same consumer on the newest kernel, and a certificate and a private key that the request names by their serials.
NAME=module-consumer-newest
HANDSHAKES=100
. "${BASH_SOURCE[0]%/*}/module-consumer.sh"

der()
{
	pki_certtool --certificate-info --infile "$PKI/$1.crt" --outder --outfile "$WORK/$1.crt.der"
	pki_certtool --key-info --infile "$PKI/$1.key" --outder --outfile "$WORK/$1.key.der"
}

# The agent's own configuration has no certificate for clients: the peer's name is that of the key in the keyring.
serials()
{
	local keyring cert privkey
	agent_x509 server ca server -
	agent_restart server
	pki_issue other ca ecdsa dns=other.test client
	der other
	keyring=$(keyring_new serials)
	cert=$(keyring_add user other:cert "$WORK/other.crt.der" "$keyring")
	privkey=$(keyring_add user other:key "$WORK/other.key.der" "$keyring")
	log_mark
	bench serials peername=server.test "keyring=$keyring" "cert=$cert" "privkey=$privkey" count=4 concurrency=2 "data=$DATA"
	both_ways serials 4
	log_says 'handshake with client .* succeeded: x509.* peer "CN=other"'
	# Without them there is none.
	log_mark
	bench without peername=server.test
	bench_is without client.results.0 0
}

plan $((TESTS + 1))
comment "Linux $(uname -r)"
prepare
tests
attempt "$NAME-serials" serials
attempt "$NAME-no-agent" no_agent
