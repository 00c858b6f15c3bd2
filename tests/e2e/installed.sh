#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What is installed are the daemon's four programs, with the kernel as their only source of requests and no way around its
# TLS, and tlskey: nothing of the native harness (tests/bench) or of the stub of the unit tests is in them. Runs here, not in a
# guest.
set -euo pipefail

STAGE=${TLSHD_STAGE:?is a folder made by "make install DESTDIR="}
BUILD=${TLSHD_BUILD:?says where the build folder is}
WORK=$(mktemp -d)
trap 'rm -rf "$WORK"' EXIT

is_program()
{
	[ "$(head -c 4 "$1" | tail -c 3)" = ELF ]
}

programs()
{
	local file
	find "$STAGE" -type f | while read -r file; do
		if is_program "$file"; then echo "$(basename "$(dirname "$file")")/$(basename "$file")"; fi
	done | sort | tr '\n' ' '
}

# strange PROGRAM: what does not belong there, or what is missing, in words; nothing when it is as it should be
strange()
{
	local symbols=$WORK/symbols
	nm "$1" >"$symbols" 2>&1 || true
	# Without symbols nothing could be found, and all would look well.
	grep -q ' T main$' "$symbols" || { echo "it has no symbols to look at"; return; }
	grep -m 1 -oE '__(wrap|real)_[a-z_]*' "$symbols" | sed 's/^/a function in the place of another: /'
	grep -m 1 -aoE 'TLSHD_BENCH[A-Z_]*|tests/bench|worker_stub[a-z]*' "$1" | sed 's/^/a word of the harness: /'
	case ${1##*/} in
	tlshd) required 'genlmsg_put' 'upcall_accept' 'socket_has_keys' 'ktlsprobe_run' 'privilege_drop' ;;
	worker*) required 'setsockopt' 'ktls_install' 'ktls_attach' 'sandbox_enter' ;;
	esac
}

required()
{
	local symbol
	for symbol; do
		grep -qE " [TU] $symbol(@|\$)" "$WORK/symbols" || echo "$symbol is missing"
	done
}

# verdict NAME WHAT-IS-WRONG
verdict()
{
	if [ -z "$2" ]; then echo "pass $1"; else echo "fail $1 ${2//$'\n'/, }"; fi
}

# What this test is for has to be seen by it: programs with the harness in them.
sees()
{
	make -C "$BUILD" "$2" >"$WORK/make.log" 2>&1 || { echo "fail $1 $2 does not build: $(tail -n 1 "$WORK/make.log")"; return; }
	if [[ $(strange "$BUILD/$2") == *"$3"* ]]; then echo "pass $1"; else echo "fail $1 $2 looks like an installed program"; fi
}

echo "plan 9"
all=$(programs)
[ "$all" = "sbin/tlshd sbin/tlskey tlshd/keeper tlshd/loader tlshd/worker " ] && wrong='' || wrong="installed are $all"
verdict installed-programs "$wrong"
for name in tlshd tlskey keeper loader worker; do
	verdict "installed-$name" "$(strange "$(find "$STAGE" -type f -name "$name" -path '*bin/*' -o -type f -name "$name" \
		-path '*/tlshd/*' | while read -r file; do if is_program "$file"; then echo "$file"; fi; done | head -n 1)")"
done
sees installed-sees-source tests/bench/tlshd 'a word of the harness'
sees installed-sees-check tests/bench/tlshd 'a function in the place of another'
sees installed-sees-stub worker_stubbed 'a function in the place of another'
