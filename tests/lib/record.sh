# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
#
# Measurements that leave the guest: one object of JSON a line in RECORDS, which lies in the folder that the host gave.

RECORDS=${RECORDS:-/run/out/records}

# record KIND KEY=VALUE...: numbers become numbers, all else strings
record()
{
	local word value line="{\"kind\":\"$1\""
	shift
	for word; do
		value=${word#*=}
		if [[ ! $value =~ ^-?(0|[1-9][0-9]*)(\.[0-9]+)?$ ]]; then
			value=${value//[^[:print:]]/ }
			value=${value//\\/\\\\}
			value=\"${value//\"/\\\"}\"
		fi
		line+=",\"${word%%=*}\":$value"
	done
	echo "$line}" >>"$RECORDS"
	comment "$line}"
}

# ratio A B: with three places; "none" where B is nothing
ratio()
{
	awk -v a="$1" -v b="$2" 'BEGIN { if (b > 0) printf "%.3f\n", a / b; else print "none" }'
}
