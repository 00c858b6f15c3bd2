#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The release archive is whole: unpacked elsewhere it configures, builds, passes its unit tests, installs, uninstalls and
# leaves nothing behind. Runs here, not in a guest; its exit status is its result.
set -euo pipefail

cd "${TLSHD_BUILD:?says where the build folder is}"
# An archive of an unfinished try must not stay; the options of this build are not those of the archive's.
trap 'chmod -R u+w tlshd-*/ 2>/dev/null || true; rm -rf tlshd-*/ tlshd-*.tar.*' EXIT
env -u TLSHD_STAGE -u TLSHD_BIN -u MAKEFLAGS make distcheck
