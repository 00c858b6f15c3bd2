# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# A certificate authority for tests. Files lie in $PKI: NAME.crt (certificate), NAME.key (private key, mode 0600), and
# NAME.chain (the certificate and the intermediates above it, what a server is configured with).

PKI=$WORK/pki
PKI_SERIAL=1000
mkdir -p "$PKI"

# pki_key NAME TYPE: rsa (2048 bits), rsa3072, rsa4096, ecdsa (P-256), ecdsa384, ed25519
pki_key()
{
	local arguments
	case $2 in
	rsa) arguments=(--key-type=rsa --bits=2048) ;;
	rsa[1-9]*) arguments=(--key-type=rsa "--bits=${2#rsa}") ;;
	ecdsa) arguments=(--key-type=ecdsa --curve=secp256r1) ;;
	ecdsa384) arguments=(--key-type=ecdsa --curve=secp384r1) ;;
	ed25519) arguments=(--key-type=ed25519) ;;
	*) give_up "pki_key: no key type $2" ;;
	esac
	(umask 077 && pki_certtool --generate-privkey "${arguments[@]}" --outfile "$PKI/$1.key")
}

pki_certtool()
{
	certtool "$@" >"$WORK/certtool.log" 2>&1 || give_up "certtool $1: $(tail -n 1 "$WORK/certtool.log")"
}

# pki_dates FROM TO: template lines; anything that date(1) understands
pki_dates()
{
	echo "activation_date = \"$(date -u -d "$1" '+%Y-%m-%d %H:%M:%S UTC')\""
	echo "expiration_date = \"$(date -u -d "$2" '+%Y-%m-%d %H:%M:%S UTC')\""
}

pki_next_serial()
{
	# Attempts are subshells: the counter lives in a file.
	local last
	last=$(cat "$PKI/serial" 2>/dev/null || echo "$PKI_SERIAL")
	echo $((last + 1)) | tee "$PKI/serial"
}

# pki_ca NAME [TYPE]: a self-signed authority
pki_ca()
{
	pki_key "$1" "${2:-ecdsa}"
	{
		echo "cn = \"$1\""
		echo "serial = $(pki_next_serial)"
		echo ca
		echo cert_signing_key
		echo crl_signing_key
		pki_dates '-1 day' '+800 days'
	} >"$PKI/$1.template"
	pki_certtool --generate-self-signed --load-privkey "$PKI/$1.key" --template "$PKI/$1.template" \
		--outfile "$PKI/$1.crt"
	: >"$PKI/$1.above"
}

# pki_intermediate NAME ISSUER [TYPE [FROM TO]]: an authority below another
pki_intermediate()
{
	pki_key "$1" "${3:-ecdsa}"
	{
		echo "cn = \"$1\""
		echo "serial = $(pki_next_serial)"
		echo ca
		echo cert_signing_key
		pki_dates "${4:--1 day}" "${5:-+800 days}"
	} >"$PKI/$1.template"
	pki_sign "$1" "$2"
	cat "$PKI/$1.crt" "$PKI/$2.above" >"$PKI/$1.above"
}

# PKI_HASH is the hash of its signature, when it shall not be certtool's own choice.
pki_sign()
{
	pki_certtool --generate-certificate ${PKI_HASH:+"--hash=$PKI_HASH"} \
		--load-privkey "$PKI/$1.key" --template "$PKI/$1.template" \
		--load-ca-certificate "$PKI/$2.crt" --load-ca-privkey "$PKI/$2.key" --outfile "$PKI/$1.crt"
}

# pki_issue NAME ISSUER TYPE [OPTION...]: an identity. Options: dns=NAME ip=ADDRESS (v4 or v6; both may repeat),
# server, client (extended key usage; without either there is no such extension), from=DATE to=DATE, cn=NAME,
# usage=LINE (the template's line for the key usage; signing_key by default), line=TEXT (any line of certtool's template).
pki_issue()
{
	local name=$1 issuer=$2 type=$3 option from='-1 day' to='+400 days' cn=$1 usage=signing_key
	shift 3
	pki_key "$name" "$type"
	{
		echo "serial = $(pki_next_serial)"
		for option; do
			case $option in
			dns=*) echo "dns_name = \"${option#*=}\"" ;;
			ip=*) echo "ip_address = \"${option#*=}\"" ;;
			server) echo tls_www_server ;;
			client) echo tls_www_client ;;
			from=*) from=${option#*=} ;;
			to=*) to=${option#*=} ;;
			cn=*) cn=${option#*=} ;;
			usage=*) usage=${option#*=} ;;
			line=*) echo "${option#*=}" ;;
			*) give_up "pki_issue: no option $option" ;;
			esac
		done
		echo "$usage"
		echo "cn = \"$cn\""
		pki_dates "$from" "$to"
	} >"$PKI/$name.template"
	pki_sign "$name" "$issuer"
	cat "$PKI/$name.crt" "$PKI/$issuer.above" >"$PKI/$name.chain"
}

# pki_revoke NAME ISSUER [REVOKED...]: a revocation list, NAME.crl
pki_revoke()
{
	local name=$1 issuer=$2 revoked=()
	shift 2
	if [ $# -gt 0 ]; then
		(cd "$PKI" && cat "${@/%/.crt}") >"$PKI/$name.revoked"
		revoked=(--load-certificate "$PKI/$name.revoked")
	fi
	echo "crl_next_update = 43" >"$PKI/$name.template"
	echo "crl_number = $(pki_next_serial)" >>"$PKI/$name.template"
	pki_certtool --generate-crl --load-ca-certificate "$PKI/$issuer.crt" --load-ca-privkey "$PKI/$issuer.key" \
		"${revoked[@]}" --template "$PKI/$name.template" --outfile "$PKI/$name.crl"
}

# pki_serial NAME: the serial number of a certificate, in hexadecimal as tools print it
pki_serial()
{
	certtool --certificate-info --infile "$PKI/$1.crt" | awk '/Serial Number \(hex\)/ { print $NF }'
}

# pki_padding BYTES: a line of the template that makes a certificate so much larger, by an extension of no meaning
pki_padding()
{
	printf 'add_extension = "1.3.6.1.4.1.99999.1 0x0483%06x%s"' "$1" \
		"$(head -c "$1" /dev/zero | od -An -v -tx1 | tr -d ' \n')"
}
