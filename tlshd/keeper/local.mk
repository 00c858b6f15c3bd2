# SPDX-License-Identifier: GPL-2.0-or-later
# The process that holds the private keys. Everything but main.c is a library, so that the tests link it, too.
noinst_LIBRARIES += libkeeper.a
libkeeper_a_SOURCES = \
	tlshd/keeper/certverify.c tlshd/keeper/certverify.h \
	tlshd/keeper/signer.c tlshd/keeper/signer.h \
	tlshd/keeper/control.c tlshd/keeper/control.h \
	tlshd/keeper/key.c tlshd/keeper/key.h \
	tlshd/keeper/keyfile.c tlshd/keeper/keyfile.h \
	tlshd/keeper/keys.c tlshd/keeper/keys.h \
	tlshd/keeper/oracle.c tlshd/keeper/oracle.h \
	tlshd/keeper/pin.c tlshd/keeper/pin.h \
	tlshd/keeper/token.c tlshd/keeper/token.h \
	tlshd/keeper/requested.c tlshd/keeper/requested.h \
	tlshd/keeper/sandbox.c tlshd/keeper/sandbox.h
libkeeper_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(GLIB_CFLAGS) $(SECCOMP_CFLAGS)
libkeeper_a_CFLAGS = $(AM_CFLAGS) -pthread
KEEPER_LIBS = libkeeper.a $(CONTRACT_LIBS) $(GNUTLS_LIBS) $(GLIB_LIBS) $(SECCOMP_LIBS)

child_PROGRAMS += keeper
keeper_SOURCES = tlshd/keeper/main.c
keeper_CPPFLAGS = $(libkeeper_a_CPPFLAGS)
keeper_CFLAGS = $(AM_CFLAGS) -pthread
keeper_LDADD = $(KEEPER_LIBS)
