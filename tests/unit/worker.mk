# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel that builds this need not have TLS: the linker leads the worker's socket options to the fixture.
worker_test_cppflags = $(libworker_a_CPPFLAGS) $(GLIB_CFLAGS)
worker_test_ldflags = $(AM_LDFLAGS) -Wl,--wrap=setsockopt,--wrap=getsockopt
worker_test_fixture = tests/unit/worker_fixture.c tests/unit/worker_fixture.h
worker_test_libs = libworker.a $(CONTRACT_LIBS) $(GNUTLS_LIBS) $(GLIB_LIBS)

check_PROGRAMS += worker_handshake
worker_handshake_SOURCES = tests/unit/worker_handshake.c $(worker_test_fixture)
worker_handshake_CPPFLAGS = $(worker_test_cppflags)
worker_handshake_LDFLAGS = $(worker_test_ldflags)
worker_handshake_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_verify
worker_verify_SOURCES = tests/unit/worker_verify.c $(worker_test_fixture)
worker_verify_CPPFLAGS = $(worker_test_cppflags)
worker_verify_LDFLAGS = $(worker_test_ldflags)
worker_verify_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_knownpeers
worker_knownpeers_SOURCES = tests/unit/worker_knownpeers.c $(worker_test_fixture)
worker_knownpeers_CPPFLAGS = $(worker_test_cppflags)
worker_knownpeers_LDFLAGS = $(worker_test_ldflags) -Wl,--wrap=altnames_read
worker_knownpeers_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_credentials
worker_credentials_SOURCES = tests/unit/worker_credentials.c $(worker_test_fixture)
worker_credentials_CPPFLAGS = $(worker_test_cppflags)
worker_credentials_LDFLAGS = $(worker_test_ldflags)
worker_credentials_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_jobs
worker_jobs_SOURCES = tests/unit/worker_jobs.c $(worker_test_fixture)
worker_jobs_CPPFLAGS = $(worker_test_cppflags)
worker_jobs_LDFLAGS = $(worker_test_ldflags)
worker_jobs_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_psk
worker_psk_SOURCES = tests/unit/worker_psk.c $(worker_test_fixture)
worker_psk_CPPFLAGS = $(worker_test_cppflags)
worker_psk_LDFLAGS = $(worker_test_ldflags)
worker_psk_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_jobkey
worker_jobkey_SOURCES = tests/unit/worker_jobkey.c $(worker_test_fixture)
worker_jobkey_CPPFLAGS = $(worker_test_cppflags)
worker_jobkey_LDFLAGS = $(worker_test_ldflags) -Wl,--wrap=malloc,--wrap=free,--wrap=timers_add
worker_jobkey_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_facts
worker_facts_SOURCES = tests/unit/worker_facts.c $(worker_test_fixture)
worker_facts_CPPFLAGS = $(worker_test_cppflags)
worker_facts_LDFLAGS = $(worker_test_ldflags)
worker_facts_LDADD = $(worker_test_libs)

check_PROGRAMS += worker_sandbox
worker_sandbox_SOURCES = tests/unit/worker_sandbox.c tlshd/worker/sandbox.c tlshd/worker/sandbox.h
worker_sandbox_CPPFLAGS = $(worker_CPPFLAGS) $(GLIB_CFLAGS)
worker_sandbox_LDADD = $(CONTRACT_LIBS) $(GNUTLS_LIBS) $(SECCOMP_LIBS) $(GLIB_LIBS)

# The worker, but for the kernel: it brings handshakes to their end where the kernel has no TLS.
noinst_PROGRAMS += worker_stubbed
worker_stubbed_SOURCES = $(worker_SOURCES) tests/unit/worker_stub.c
worker_stubbed_CPPFLAGS = $(worker_CPPFLAGS)
worker_stubbed_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=setsockopt,--wrap=knownpeers_find
worker_stubbed_LDADD = $(worker_LDADD)

check_PROGRAMS += worker_program
worker_program_SOURCES = tests/unit/worker_program.c $(worker_test_fixture)
worker_program_CPPFLAGS = $(worker_test_cppflags) -DWORKER_PROGRAM='"$(abs_top_builddir)/worker"' \
	-DWORKER_STUBBED='"$(abs_top_builddir)/worker_stubbed"' -DLOADER_PROGRAM='"$(abs_top_builddir)/loader"'
worker_program_LDFLAGS = $(worker_test_ldflags)
worker_program_LDADD = $(worker_test_libs)

# Fuzz targets. Run: ./fuzz_worker_certificate -max_total_time=60 FOLDER_WITH_DER_CERTIFICATES, ./fuzz_worker_peer
if FUZZERS
worker_fuzz_cflags = $(AM_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined

noinst_PROGRAMS += fuzz_worker_peer fuzz_worker_certificate

fuzz_worker_peer_SOURCES = tests/fuzz/worker_peer.c $(worker_test_fixture) $(libworker_a_SOURCES) \
	tlshd/alert.c tlshd/proto.c tlshd/scheme.c
fuzz_worker_peer_CPPFLAGS = $(worker_test_cppflags)
fuzz_worker_peer_CFLAGS = $(worker_fuzz_cflags)
fuzz_worker_peer_LDFLAGS = $(worker_test_ldflags) -fsanitize=fuzzer,address,undefined
fuzz_worker_peer_LDADD = $(GNUTLS_LIBS) $(GLIB_LIBS)

fuzz_worker_certificate_SOURCES = tests/fuzz/worker_certificate.c tlshd/worker/facts.c tlshd/worker/name.c \
	tlshd/worker/altnames.c tlshd/worker/recordlimit.c tlshd/proto.c
fuzz_worker_certificate_CPPFLAGS = $(worker_test_cppflags)
fuzz_worker_certificate_CFLAGS = $(worker_fuzz_cflags)
fuzz_worker_certificate_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer,address,undefined
fuzz_worker_certificate_LDADD = $(GNUTLS_LIBS) $(GLIB_LIBS)
endif
