#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300
#
# The bad input again, with a build that has AddressSanitizer and UBSan: TLSHD_SANITIZED is a folder like TLSHD_STAGE, made
# by "make install DESTDIR=..." of a build with --enable-sanitizers.
NAME=fault-bad-input-sanitized

if [ ! -d "${TLSHD_SANITIZED:-}" ]; then
	echo "plan 1"
	echo "skip $NAME TLSHD_SANITIZED names no build with sanitizers"
	exit 0
fi
export TLSHD_STAGE=$TLSHD_SANITIZED
# The search for leaks attaches to its own process, which is not dumpable.
export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
exec bash "${BASH_SOURCE[0]%/*}/fault-bad-input.sh" "$NAME"
