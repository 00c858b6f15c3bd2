# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
STORM_RESULTS=0
part_storms() { :; }
