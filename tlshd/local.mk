# SPDX-License-Identifier: GPL-2.0-or-later
# What supervisor, keeper, workers and loader share.
noinst_LIBRARIES += libcontract.a
libcontract_a_SOURCES = tlshd/proto.c tlshd/proto.h \
	tlshd/cursor.c tlshd/cursor.h \
	tlshd/snapshot.c tlshd/snapshot.h tlshd/snapshot_format.h \
	tlshd/child.c tlshd/child.h \
	tlshd/alert.c tlshd/alert.h \
	tlshd/keyurl.c tlshd/keyurl.h \
	tlshd/scheme.c tlshd/scheme.h
libcontract_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(KEYUTILS_CFLAGS)
# What a program links that uses it; scheme.h needs GNUTLS_CFLAGS.
CONTRACT_LIBS = libcontract.a $(KEYUTILS_LIBS)

# The supervisor; all but main() is a library, so that tests and fuzzers reach each module.
noinst_LIBRARIES += libsupervisor.a
libsupervisor_a_SOURCES = \
	tlshd/agent.c tlshd/agent.h \
	tlshd/answers.c tlshd/answers.h \
	tlshd/backoff.c tlshd/backoff.h \
	tlshd/channel.c tlshd/channel.h \
	tlshd/check.c tlshd/check.h \
	tlshd/commandline.c tlshd/commandline.h \
	tlshd/deadline.c tlshd/deadline.h \
	tlshd/dispatch.c tlshd/dispatch.h \
	tlshd/generation.c tlshd/generation.h \
	tlshd/intake.c tlshd/intake.h \
	tlshd/job.h \
	tlshd/keeping.c tlshd/keeping.h \
	tlshd/ktlsprobe.c tlshd/ktlsprobe.h \
	tlshd/loading.c tlshd/loading.h \
	tlshd/log.c tlshd/log.h \
	tlshd/notify.c tlshd/notify.h \
	tlshd/keyinfo.c tlshd/keyinfo.h \
	tlshd/keyring.c tlshd/keyring.h \
	tlshd/placing.c tlshd/placing.h \
	tlshd/privilege.c tlshd/privilege.h \
	tlshd/process.c tlshd/process.h \
	tlshd/psk.c tlshd/psk.h \
	tlshd/reason.c tlshd/reason.h \
	tlshd/refusals.c tlshd/refusals.h \
	tlshd/report.c tlshd/report.h \
	tlshd/requestkeys.c tlshd/requestkeys.h \
	tlshd/service.c tlshd/service.h \
	tlshd/socket.c tlshd/socket.h \
	tlshd/timing.c tlshd/timing.h \
	tlshd/upcall.c tlshd/upcall.h kernel/handshake.h \
	tlshd/users.c tlshd/users.h \
	tlshd/watch.c tlshd/watch.h \
	tlshd/working.c tlshd/working.h
libsupervisor_a_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(LIBNL_CFLAGS) $(SYSTEMD_CFLAGS)
SUPERVISOR_LIBS = libsupervisor.a $(CONTRACT_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS) $(LIBNL_LIBS) $(SYSTEMD_LIBS)

sbin_PROGRAMS += tlshd/tlshd
tlshd_tlshd_SOURCES = tlshd/main.c
tlshd_tlshd_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(LIBNL_CFLAGS)
tlshd_tlshd_LDADD = $(SUPERVISOR_LIBS)
