# SPDX-License-Identifier: GPL-2.0-or-later
# All but main() and the sandbox is a library, which the unit tests link as well.
noinst_LIBRARIES += libworker.a
libworker_a_SOURCES = \
	tlshd/worker/altnames.c tlshd/worker/altnames.h \
	tlshd/worker/credentials.c tlshd/worker/credentials.h \
	tlshd/worker/diagnosis.c tlshd/worker/diagnosis.h \
	tlshd/worker/facts.c tlshd/worker/facts.h \
	tlshd/worker/handshake.c tlshd/worker/handshake.h \
	tlshd/worker/jobs.c tlshd/worker/jobs.h \
	tlshd/worker/knownpeers.c tlshd/worker/knownpeers.h \
	tlshd/worker/ktls.c tlshd/worker/ktls.h \
	tlshd/worker/name.c tlshd/worker/name.h \
	tlshd/worker/outcome.c tlshd/worker/outcome.h \
	tlshd/worker/preshared.c tlshd/worker/preshared.h \
	tlshd/worker/pskcall.c tlshd/worker/pskcall.h \
	tlshd/worker/recordlimit.c tlshd/worker/recordlimit.h \
	tlshd/worker/requested.c tlshd/worker/requested.h \
	tlshd/worker/sign.c tlshd/worker/sign.h \
	tlshd/worker/timers.c tlshd/worker/timers.h \
	tlshd/worker/transport.c tlshd/worker/transport.h \
	tlshd/worker/verify.c tlshd/worker/verify.h
libworker_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)

child_PROGRAMS += worker
worker_SOURCES = tlshd/worker/main.c tlshd/worker/sandbox.c tlshd/worker/sandbox.h
worker_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(SECCOMP_CFLAGS)
worker_LDADD = libworker.a $(CONTRACT_LIBS) $(GNUTLS_LIBS) $(SECCOMP_LIBS)
