# SPDX-License-Identifier: GPL-2.0-or-later
keeper_test_cppflags = $(libkeeper_a_CPPFLAGS) -DKEEPER_PROGRAM='"$(abs_top_builddir)/keeper"' \
	-DTEST_RSA_8192='"$(abs_top_srcdir)/tests/unit/keeper-rsa8192.pem"'
keeper_test_fixture = tests/unit/keeper_fixture.c tests/unit/keeper_fixture.h

check_PROGRAMS += keeper_keyfile
keeper_keyfile_SOURCES = tests/unit/keeper_keyfile.c $(keeper_test_fixture)
keeper_keyfile_CPPFLAGS = $(keeper_test_cppflags)
keeper_keyfile_CFLAGS = $(AM_CFLAGS) -pthread
keeper_keyfile_LDADD = $(KEEPER_LIBS)

check_PROGRAMS += keeper_oracle
keeper_oracle_SOURCES = tests/unit/keeper_oracle.c $(keeper_test_fixture)
keeper_oracle_CPPFLAGS = $(keeper_test_cppflags)
keeper_oracle_CFLAGS = $(AM_CFLAGS) -pthread
keeper_oracle_LDADD = $(KEEPER_LIBS)

check_PROGRAMS += keeper_sandbox
keeper_sandbox_SOURCES = tests/unit/keeper_sandbox.c $(keeper_test_fixture)
keeper_sandbox_CPPFLAGS = $(keeper_test_cppflags)
keeper_sandbox_CFLAGS = $(AM_CFLAGS) -pthread
keeper_sandbox_LDADD = $(KEEPER_LIBS)

check_PROGRAMS += keeper_program
keeper_program_SOURCES = tests/unit/keeper_program.c $(keeper_test_fixture)
keeper_program_CPPFLAGS = $(keeper_test_cppflags)
keeper_program_CFLAGS = $(AM_CFLAGS) -pthread
keeper_program_LDADD = $(KEEPER_LIBS)
# An RSA key of 8192 bits takes too long to make in a test.
EXTRA_DIST += tests/unit/keeper-rsa8192.pem
