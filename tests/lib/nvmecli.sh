# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# tlskey and nvme-cli, each with what the other has made. Source it after all.sh, nvme.sh and tlskey.sh; RULES are the ways
# to derive that this nvme-cli has: "standard", "compat" or both, and its option for the second one is NVMECLI_COMPAT.

NVMECLI_NAMES="$NVME_HOSTNQN $NVME_SUBNQN"
NVMECLI_LONG="$(printf 'nqn.2026-01.test:%0206d' 1) $(printf 'nqn.2026-01.test:%0206d' 2)"

# nvmecli_options RULE: for tlskey in $OURS, for nvme-cli in $THEIRS
nvmecli_options()
{
	OURS=() THEIRS=()
	[ "$1" = standard ] || { OURS=(--compat) THEIRS=(${NVMECLI_COMPAT:+"$NVMECLI_COMPAT"}); }
}

# nvmecli_check FILE VERSION HOST SUBSYSTEM [OPTION...]: nvme check-tls-key; its output is in $WORK/nvmecli.out. Option -t
# means the timeout, too, so the type of the key is the default.
nvmecli_check()
{
	nvme check-tls-key -d "$(cat "$1")" -I "$2" -n "$3" -c "$4" "${THEIRS[@]}" "${@:5}" >"$WORK/nvmecli.out" 2>&1
}

# nvmecli_same FILE HOST SUBSYSTEM: in each version and by each rule the same identity, and the same key
nvmecli_same()
{
	local version rule compared=0
	for version in 0 1; do
		for rule in $RULES; do
			# The old way has no limit; the newer nvme-cli's own buffer has.
			if [ "$version$rule" = 0compat ] && [ "${#2}" -gt 200 ] && [ -n "${NVMECLI_COMPAT:-}" ]; then continue; fi
			nvmecli_options "$rule"
			nvmecli_compare "$1" "$version" "$2" "$3"
			compared=$((compared + 1))
		done
	done
	comment "$(cut -c 1-16 "$1") $compared comparisons"
}

nvmecli_compare()
{
	local file=$1 version=$2 names=(-n "$3" -c "$4") identity
	nvme_no_keys
	if ! tlskey_run nvme derive "$file" -I "$version" "${names[@]}" "${OURS[@]}"; then
		grep 'too long' "$WORK/tlskey.err" >/dev/null || give_up "tlskey: $(cat "$WORK/tlskey.err")"
		! nvmecli_check "$file" "$version" "$3" "$4" || give_up "nvme-cli derives what tlskey refuses: $(cat "$WORK/nvmecli.out")"
		return 0
	fi
	identity=$(sed -n 's/^identity:  *//p' "$WORK/tlskey.out")
	nvmecli_check "$file" "$version" "$3" "$4" || give_up "nvme-cli: $(cat "$WORK/nvmecli.out")"
	[ "$(cat "$WORK/nvmecli.out")" = "$identity" ] || give_up "identities differ: $(cat "$WORK/nvmecli.out"), $identity"
	# Theirs first: to ours it is the same key. Then ours first, and theirs changes nothing.
	nvmecli_check "$file" "$version" "$3" "$4" --insert || give_up "nvme-cli: $(cat "$WORK/nvmecli.out")"
	tlskey_does nvme import "$file" -I "$version" "${names[@]}" "${OURS[@]}"
	grep 'is there already' "$WORK/tlskey.out" >/dev/null || give_up "another key than nvme-cli's: $(cat "$WORK/tlskey.out")"
	nvme_no_keys
	tlskey_does nvme import "$file" -I "$version" "${names[@]}" "${OURS[@]}"
	tlskey nvme list | awk 'NR > 1 { $1 = ""; print }' >"$WORK/ours"
	nvmecli_check "$file" "$version" "$3" "$4" --insert || give_up "nvme-cli: $(cat "$WORK/nvmecli.out")"
	tlskey nvme list | awk 'NR > 1 { $1 = ""; print }' >"$WORK/theirs"
	cmp "$WORK/ours" "$WORK/theirs" || give_up "nvme-cli has put another key there: $(cat "$WORK/ours" "$WORK/theirs")"
}

# All four kinds of keys, made by the one and read by the other. The longest names are tried with one kind.
nvmecli_ours()
{
	local options
	for options in '--hash 1' '--hash 2' '--hash 0 --length 32' '--hash 0 --length 48'; do
		rm -f "$WORK/ours.key"
		# shellcheck disable=SC2086 # several words
		tlskey_does nvme generate -o "$WORK/ours.key" $options
		# shellcheck disable=SC2086 # two names
		nvmecli_same "$WORK/ours.key" $NVMECLI_NAMES
	done
	# shellcheck disable=SC2086 # two names
	nvmecli_same "$WORK/ours.key" $NVMECLI_LONG
}

nvmecli_theirs()
{
	local hash
	umask 077
	for hash in 1 2; do
		nvme gen-tls-key -m $hash >"$WORK/theirs.key" 2>"$WORK/nvmecli.out" || give_up "nvme-cli: $(cat "$WORK/nvmecli.out")"
		# shellcheck disable=SC2086 # two names
		nvmecli_same "$WORK/theirs.key" $NVMECLI_NAMES
		# It makes no keys without hash, and reads them.
		sed -i "s/:0$hash:/:00:/" "$WORK/theirs.key"
		# shellcheck disable=SC2086 # two names
		nvmecli_same "$WORK/theirs.key" $NVMECLI_NAMES
	done
}

# A host with nvme-cli's key, a target with ours, from the same file
nvmecli_connects()
{
	local keyring rule version
	agent_config server
	agent_start server
	keyring=$(keyring_new host-of-nvme-cli)
	keyctl link "$keyring" @s
	umask 077
	nvme gen-tls-key -m 1 >"$WORK/theirs.key"
	for rule in $RULES; do
		for version in 0 1; do
			nvmecli_options "$rule"
			nvme_no_keys
			keyctl clear "$keyring"
			tlskey_does nvme import "$WORK/theirs.key" -I "$version" -n "$NVME_HOSTNQN" -c "$NVME_SUBNQN" "${OURS[@]}"
			nvmecli_check "$WORK/theirs.key" "$version" "$NVME_HOSTNQN" "$NVME_SUBNQN" --insert -k host-of-nvme-cli ||
				give_up "nvme-cli: $(cat "$WORK/nvmecli.out")"
			# Theirs can be read by who possesses them only.
			keyctl setperm "$(keyctl rlist "$keyring")" 0x3f0b0000
			mark
			nvme_connect nr_io_queues=1 "keyring=$((keyring))" >"$WORK/instance" || give_up "connect: $(cat "$WORK/nvme.err")"
			nvme_proof 4
			nvme_disconnect "$(cat "$WORK/instance")"
			says "handshake with client .* succeeded: psk, identity \"NVMe${version}R01 "
		done
	done
}
