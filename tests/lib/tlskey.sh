# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# The command that fills keyrings. Source it after all.sh.

# tlskey_run ARGUMENT...: its output is in $WORK/tlskey.out, what it complains of in $WORK/tlskey.err
tlskey_run()
{
	agent_install
	tlskey "$@" >"$WORK/tlskey.out" 2>"$WORK/tlskey.err"
}

# tlskey_does ARGUMENT...: it has to succeed
tlskey_does()
{
	tlskey_run "$@" || give_up "tlskey $*: $(cat "$WORK/tlskey.err")"
}

# tlskey_fails STATUS PATTERN ARGUMENT...: it has to fail so, and say so
tlskey_fails()
{
	local status=0 expected=$1 pattern=$2
	shift 2
	tlskey_run "$@" || status=$?
	[ "$status" -eq "$expected" ] || give_up "tlskey $* exits with $status, not $expected: $(cat "$WORK/tlskey.err")"
	[ -z "$pattern" ] || grep -E -- "$pattern" "$WORK/tlskey.err" >/dev/null || give_up "tlskey $* does not say $pattern: $(cat "$WORK/tlskey.err")"
}

# tlskey_serial: the key that the last import or rotate has put into a keyring
tlskey_serial()
{
	sed -n 's/^key \([0-9]*\) .*/\1/p' "$WORK/tlskey.out" | head -n 1
}

# tlskey_keys KEYRING: how many there are
tlskey_keys()
{
	keyctl rlist "$1" | wc -w
}
