#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# guest: mem=2048 smp=1 time=300 root=forky
#
# The test of tests/e2e, with a TLS library that can use keys with SHA-384.
. "${BASH_SOURCE[0]%/*}/../e2e/tlskey-nvme.sh"
