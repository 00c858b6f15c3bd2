# SPDX-License-Identifier: GPL-2.0-or-later
# What supervisor, keeper, workers and loader share.
noinst_LIBRARIES += libcontract.a
libcontract_a_SOURCES = tlshd/proto.c tlshd/proto.h \
	tlshd/cursor.c tlshd/cursor.h \
	tlshd/snapshot.c tlshd/snapshot.h tlshd/snapshot_format.h \
	tlshd/child.c tlshd/child.h \
	tlshd/scheme.c tlshd/scheme.h
libcontract_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(KEYUTILS_CFLAGS)
# What a program links that uses it; scheme.h needs GNUTLS_CFLAGS.
CONTRACT_LIBS = libcontract.a $(KEYUTILS_LIBS)
