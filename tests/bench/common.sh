# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# What the native part and the guest's part of the benchmark share. The sourcing script has pki.sh, give_up, BENCH (the folder
# with the built programs) and PRIORITY (what BENCH/priority prints).

# A case is MODE:TYPE-OF-KEYS; modes are the ceiling's.
BENCH_CASES=(server-only:ecdsa mutual:ecdsa mutual:rsa mutual:ed25519 psk:ecdsa)
BENCH_AUTHORITIES=${TLSHD_AUTHORITIES:-/etc/ssl/certs/ca-certificates.crt}

# bench_pki: an authority "ca", identities of each type for both ends, and, where the system has authorities, "system": all
# of them and ours
bench_pki()
{
	local type
	pki_ca ca
	if [ -s "$BENCH_AUTHORITIES" ]; then cat "$PKI/ca.crt" "$BENCH_AUTHORITIES" >"$PKI/system.crt"; fi
	for type in ecdsa rsa ed25519; do
		pki_issue "server-$type" ca "$type" dns=server.test server
		pki_issue "client-$type" ca "$type" dns=client.test client
	done
}

# field NAME LINE: of a line of JSON
field()
{
	sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" <<<"$2"
}

# ceiling MODE TYPE TRUST COUNT: what the library takes by itself, as a line of JSON
ceiling()
{
	local mode=$1 type=$2 trust=$3 count=$4
	"$BENCH/ceiling" --mode "$mode" --priority "$PRIORITY" --count "$count" --trust "$PKI/$trust.crt" \
		--certificate "$PKI/server-$type.chain" --key "$PKI/server-$type.key" \
		--client-certificate "$PKI/client-$type.chain" --client-key "$PKI/client-$type.key"
}

# both_halves US US: what two halves took for each handshake, as handshakes per CPU second
both_halves()
{
	awk -v first="$1" -v second="$2" 'BEGIN { printf "%.3f\n", 2e6 / (first + second) }'
}

# same_session LINE LOG: what was negotiated has to be the same, or the comparison is none
same_session()
{
	local session line
	session="TLS1.3 $(field cipher "$1") $(field group "$1") $(field signature "$1")"
	line=$(grep -a 'succeeded:' "$2" | tail -n 1)
	[[ $line == *"${session% }"* ]] || give_up "the ceiling had $session, and ours: $line"
}
