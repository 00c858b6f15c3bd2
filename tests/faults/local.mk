# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that the fault tests of tests/e2e run in the guest. They are built with the rest and never installed.
noinst_PROGRAMS += tests/faults/holder
tests_faults_holder_SOURCES = tests/faults/holder.c
tests_faults_holder_CPPFLAGS = $(AM_CPPFLAGS) $(LIBNL_CFLAGS)
tests_faults_holder_LDADD = $(LIBNL_LIBS)

noinst_PROGRAMS += tests/faults/ioload
tests_faults_ioload_SOURCES = tests/faults/ioload.c

noinst_PROGRAMS += tests/faults/memsearch
tests_faults_memsearch_SOURCES = tests/faults/memsearch.c tests/faults/keynumbers.c tests/faults/keynumbers.h
tests_faults_memsearch_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_faults_memsearch_LDADD = $(GNUTLS_LIBS)

noinst_PROGRAMS += tests/faults/datagrams
tests_faults_datagrams_SOURCES = tests/faults/datagrams.c

noinst_PROGRAMS += tests/faults/inflight
tests_faults_inflight_SOURCES = tests/faults/inflight.c

noinst_PROGRAMS += tests/faults/keyprobe
tests_faults_keyprobe_SOURCES = tests/faults/keyprobe.c
tests_faults_keyprobe_CPPFLAGS = $(AM_CPPFLAGS) $(KEYUTILS_CFLAGS)
tests_faults_keyprobe_LDADD = $(CONTRACT_LIBS)

noinst_PROGRAMS += tests/faults/denied
tests_faults_denied_SOURCES = tests/faults/denied.c
tests_faults_denied_CPPFLAGS = $(AM_CPPFLAGS) $(SECCOMP_CFLAGS)
tests_faults_denied_LDADD = $(SECCOMP_LIBS)
