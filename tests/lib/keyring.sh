# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Keys in keyrings that a kernel consumer may name in a request. Source it after all.sh.

# keyring_new NAME: a keyring of this user, which agents may link; its serial is the output
keyring_new()
{
	local keyring
	keyring=$(keyctl newring "$1" @u) || give_up "keyctl newring $1"
	keyctl link @u @s
	keyctl setperm "$keyring" 0x3f3f0000 || give_up "keyctl setperm"
	echo "$keyring"
}

# keyring_add TYPE DESCRIPTION FILE KEYRING: a key with the permissions of the kernel's own; its serial is the output. Only who
# possesses a key may change its permissions, so it is in the user's keyring for a moment.
keyring_add()
{
	local serial
	serial=$(keyctl padd "$1" "$2" @u <"$3") || give_up "keyctl padd $1 $2"
	keyctl link @u @s
	keyctl setperm "$serial" 0x3f0b0000 || give_up "keyctl setperm"
	keyctl link "$serial" "$4" || give_up "keyctl link to $4"
	keyctl unlink "$serial" @u
	echo "$serial"
}

# psk_make NAME: a keyring with one key of type psk in it, as NVMe has them; no agent has it in its configuration
psk_make()
{
	local keyring
	modprobe nvme-tcp	# brings the key type
	keyring=$(keyring_new "$1")
	head -c 32 /dev/urandom >"$WORK/psk.key"
	echo "$keyring $(keyring_add psk "NVMe0R01 nqn.bench:$1 nqn.bench:target" "$WORK/psk.key" "$keyring")" >"$WORK/psk-$1"
}

# psk_words NAME: what a request of the kernel module says of them
psk_words()
{
	awk '{ print "keyring=" $1 " keys=" $2 }' "$WORK/psk-$1"
}

# psk_keyring NAME, psk_key NAME: their serials
psk_keyring()
{
	cut -d ' ' -f 1 "$WORK/psk-$1"
}

psk_key()
{
	cut -d ' ' -f 2 "$WORK/psk-$1"
}
