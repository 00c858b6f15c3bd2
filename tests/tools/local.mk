# SPDX-License-Identifier: GPL-2.0-or-later
# Programs that the end-to-end tests run in the guest, out of the build folder. None is installed.
noinst_PROGRAMS += tests/tools/peer tests/tools/double tests/tools/finish tests/tools/tlspeer

tests_tools_peer_SOURCES = tests/tools/peer.c tests/tools/peer.h tests/tools/mode.c \
	tests/tools/connection.c tests/tools/secure.c \
	tests/tools/bytes.c tests/tools/bytes.h \
	tests/tools/rpctls.c tests/tools/rpctls.h
tests_tools_peer_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_tools_peer_LDADD = $(CONTRACT_LIBS) $(GNUTLS_LIBS)

tests_tools_double_SOURCES = tests/tools/double.c
tests_tools_double_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_tools_double_LDADD = $(CONTRACT_LIBS) $(GNUTLS_LIBS)

tests_tools_finish_SOURCES = tests/tools/finish.c tests/tools/children.c tests/tools/children.h \
	tests/tools/tail.c tests/tools/tail.h
tests_tools_finish_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_tools_finish_LDADD = $(CONTRACT_LIBS) $(GNUTLS_LIBS)

# A module for the PKCS#11 tests, which are skipped where p11-kit's header is missing.
if P11KIT
noinst_PROGRAMS += tests/tools/slowtoken.so
tests_tools_slowtoken_so_SOURCES = tests/tools/slowtoken.c
tests_tools_slowtoken_so_CPPFLAGS = $(AM_CPPFLAGS) $(P11KIT_CFLAGS)
tests_tools_slowtoken_so_CFLAGS = $(AM_CFLAGS) -fPIC -pthread
tests_tools_slowtoken_so_LDFLAGS = $(AM_LDFLAGS) -shared
tests_tools_slowtoken_so_LDADD = -ldl
endif

# The other library is a peer in tests only; without it they skip what needs it.
tests_tools_tlspeer_SOURCES = tests/tools/tlspeer.c tests/tools/tls.h tests/tools/tls_gnutls.c \
	tests/tools/rpctls.c tests/tools/rpctls.h
tests_tools_tlspeer_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_tools_tlspeer_LDADD = $(GNUTLS_LIBS)
if HAVE_OPENSSL
tests_tools_tlspeer_SOURCES += tests/tools/tls_openssl.c
tests_tools_tlspeer_CPPFLAGS += $(OPENSSL_CFLAGS)
tests_tools_tlspeer_LDADD += $(OPENSSL_LIBS)
endif
