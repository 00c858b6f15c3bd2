# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets of what the supervisor reads from the kernel and from workers.
if FUZZERS
noinst_PROGRAMS += fuzz_upcall fuzz_result

fuzz_upcall_SOURCES = tests/fuzz/upcall_parse.c tlshd/upcall.c
fuzz_upcall_CPPFLAGS = $(AM_CPPFLAGS) $(LIBNL_CFLAGS)
fuzz_upcall_CFLAGS = $(fuzz_cflags)
fuzz_upcall_LDFLAGS = $(fuzz_ldflags)
fuzz_upcall_LDADD = $(LIBNL_LIBS)

fuzz_result_SOURCES = tests/fuzz/proto_result.c tlshd/proto.c tlshd/report.c tlshd/reason.c tlshd/log.c
fuzz_result_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS)
fuzz_result_CFLAGS = $(fuzz_cflags)
fuzz_result_LDFLAGS = $(fuzz_ldflags)
fuzz_result_LDADD = $(GLIB_LIBS) $(GNUTLS_LIBS)
endif
