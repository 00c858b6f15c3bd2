# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Ciphers, as an administrator chooses them: GnuTLS' configuration file disables the others. The kernel has a name of its own
# for each (proof_tls). Source it after all.sh.

CIPHERS='AES-128-GCM AES-256-GCM CHACHA20-POLY1305 AES-128-CCM'	# that the kernel's TLS and TLS 1.3 share

# cipher_allow CIPHER...: only these, for every program in the guest that starts from here on
cipher_allow()
{
	local cipher
	mkdir -p /etc/gnutls
	{
		echo '[overrides]'
		for cipher in $CIPHERS; do
			proof_one_of "$cipher" "$@" || echo "tls-disabled-cipher = $cipher"
		done
	} >/etc/gnutls/config
}

# cipher_kernel CIPHER: the kernel's name
cipher_kernel()
{
	case $1 in
	AES-128-GCM) echo aes-gcm-128 ;;
	AES-256-GCM) echo aes-gcm-256 ;;
	CHACHA20-POLY1305) echo chacha20-poly1305 ;;
	AES-128-CCM) echo aes-ccm-128 ;;
	*) give_up "cipher_kernel: no cipher $1" ;;
	esac
}
