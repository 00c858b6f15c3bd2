# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Keys in keyrings that a kernel consumer may name in a request. Source it after pki.sh.

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
