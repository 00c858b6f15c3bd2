# SPDX-License-Identifier: GPL-2.0-or-later
keeper_test_cppflags = $(libkeeper_a_CPPFLAGS) -DKEEPER_PROGRAM='"$(abs_top_builddir)/keeper"' \
	-DTEST_RSA_8192='"$(abs_top_srcdir)/tests/unit/keeper-rsa8192.pem"'
keeper_test_fixture = tests/unit/keeper_fixture.c tests/unit/keeper_fixture.h

check_PROGRAMS += keeper_keyfile
keeper_keyfile_SOURCES = tests/unit/keeper_keyfile.c $(keeper_test_fixture)
keeper_keyfile_CPPFLAGS = $(keeper_test_cppflags)
keeper_keyfile_CFLAGS = $(AM_CFLAGS) -pthread
keeper_keyfile_LDADD = $(KEEPER_LIBS)

check_PROGRAMS += keeper_url
keeper_url_SOURCES = tests/unit/keeper_url.c
keeper_url_CPPFLAGS = $(keeper_test_cppflags)
keeper_url_LDADD = $(KEEPER_LIBS)

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

check_PROGRAMS += keeper_requested
keeper_requested_SOURCES = tests/unit/keeper_requested.c $(keeper_test_fixture)
keeper_requested_CPPFLAGS = $(keeper_test_cppflags)
keeper_requested_CFLAGS = $(AM_CFLAGS) -pthread
keeper_requested_LDADD = $(KEEPER_LIBS)

check_PROGRAMS += keeper_token
keeper_token_SOURCES = tests/unit/keeper_token.c $(keeper_test_fixture)
keeper_token_CPPFLAGS = $(keeper_test_cppflags) -DSLOWTOKEN='"$(abs_top_builddir)/tests/tools/slowtoken.so"'
keeper_token_CFLAGS = $(AM_CFLAGS) -pthread
keeper_token_LDADD = $(KEEPER_LIBS)

# An RSA key of 8192 bits takes too long to make in a test.
EXTRA_DIST += tests/unit/keeper-rsa8192.pem

# Fuzz targets. Run: ./fuzz_keeper_key -max_total_time=60 FOLDER_WITH_KEY_FILES, ./fuzz_keeper_call -max_len=4096
if FUZZERS
keeper_fuzz_cflags = $(AM_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
keeper_fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer,address,undefined

noinst_PROGRAMS += fuzz_keeper_key fuzz_keeper_call fuzz_keeper_url

fuzz_keeper_key_SOURCES = tests/fuzz/keeper_key.c tlshd/keeper/key.c tlshd/scheme.c
fuzz_keeper_key_CPPFLAGS = $(libkeeper_a_CPPFLAGS)
fuzz_keeper_key_CFLAGS = $(keeper_fuzz_cflags)
fuzz_keeper_key_LDFLAGS = $(keeper_fuzz_ldflags)
fuzz_keeper_key_LDADD = $(GNUTLS_LIBS)

fuzz_keeper_url_SOURCES = tests/fuzz/keeper_url.c tlshd/keyurl.c
fuzz_keeper_url_CFLAGS = $(keeper_fuzz_cflags)
fuzz_keeper_url_LDFLAGS = $(keeper_fuzz_ldflags)

fuzz_keeper_call_SOURCES = tests/fuzz/keeper_call.c tlshd/keeper/oracle.c tlshd/keeper/certverify.c tlshd/proto.c \
	tlshd/scheme.c
fuzz_keeper_call_CPPFLAGS = $(libkeeper_a_CPPFLAGS)
fuzz_keeper_call_CFLAGS = $(keeper_fuzz_cflags) -pthread
fuzz_keeper_call_LDFLAGS = $(keeper_fuzz_ldflags)
fuzz_keeper_call_LDADD = $(GNUTLS_LIBS) $(GLIB_LIBS)
endif
