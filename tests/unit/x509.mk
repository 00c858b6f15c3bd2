# SPDX-License-Identifier: GPL-2.0-or-later
# Certificates are made by the loader's fixture.
x509_test_cppflags = $(libkeyrings_a_CPPFLAGS) -DLOADER_PROGRAM='"$(abs_top_builddir)/loader"'
x509_fixture = tests/unit/x509_fixture.c tests/unit/x509_fixture.h $(loader_test_fixture)
x509_fixture_ldflags = $(AM_LDFLAGS) -Wl,--wrap=command_warn

check_PROGRAMS += keyrings_x509
keyrings_x509_SOURCES = tests/unit/keyrings_x509.c $(x509_fixture)
keyrings_x509_CPPFLAGS = $(x509_test_cppflags)
keyrings_x509_LDFLAGS = $(x509_fixture_ldflags)
keyrings_x509_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_x509check
keyrings_x509check_SOURCES = tests/unit/keyrings_x509check.c $(x509_fixture)
keyrings_x509check_CPPFLAGS = $(x509_test_cppflags)
keyrings_x509check_LDFLAGS = $(x509_fixture_ldflags)
keyrings_x509check_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_x509commands
keyrings_x509commands_SOURCES = tests/unit/keyrings_x509commands.c $(x509_fixture)
keyrings_x509commands_CPPFLAGS = $(x509_test_cppflags)
keyrings_x509commands_LDFLAGS = $(x509_fixture_ldflags)
keyrings_x509commands_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_x509store
keyrings_x509store_SOURCES = tests/unit/keyrings_x509store.c $(loader_test_fixture)
keyrings_x509store_CPPFLAGS = $(x509_test_cppflags)
keyrings_x509store_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=add_key,--wrap=keyctl_update
keyrings_x509store_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_prockeys
keyrings_prockeys_SOURCES = tests/unit/keyrings_prockeys.c
keyrings_prockeys_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
keyrings_prockeys_LDADD = $(KEYRINGS_LIBS)

# Fuzz targets. Run: ./fuzz_identity -close_fd_mask=2 -max_total_time=60 FOLDER_WITH_FILES, ./fuzz_prockeys -max_total_time=20,
# ./fuzz_x509pair -max_len=200 -max_total_time=20
if FUZZERS
x509_fuzz_cflags = $(AM_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
x509_fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer,address,undefined

noinst_PROGRAMS += fuzz_identity fuzz_prockeys fuzz_x509pair

fuzz_identity_SOURCES = tests/fuzz/identity_parse.c keyrings/x509/certificate.c keyrings/command.c keyrings/x509/identity.c \
	keyrings/x509/identitycheck.c keyrings/material.c keyrings/output.c keyrings/x509/pkcs12.c keyrings/x509/privatekey.c keyrings/secret.c \
	keyrings/status.c tlshd/keeper/key.c tlshd/scheme.c
fuzz_identity_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
fuzz_identity_CFLAGS = $(x509_fuzz_cflags)
fuzz_identity_LDFLAGS = $(x509_fuzz_ldflags)
fuzz_identity_LDADD = $(GLIB_LIBS) $(GNUTLS_LIBS) $(JSON_LIBS)

fuzz_prockeys_SOURCES = tests/fuzz/prockeys_parse.c keyrings/x509/prockeys.c
fuzz_prockeys_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
fuzz_prockeys_CFLAGS = $(x509_fuzz_cflags)
fuzz_prockeys_LDFLAGS = $(x509_fuzz_ldflags)
fuzz_prockeys_LDADD = $(GLIB_LIBS)

fuzz_x509pair_SOURCES = tests/fuzz/x509pair_parse.c keyrings/x509/x509pair.c
fuzz_x509pair_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
fuzz_x509pair_CFLAGS = $(x509_fuzz_cflags)
fuzz_x509pair_LDFLAGS = $(x509_fuzz_ldflags)
# The rest of reading keyrings, which this target never calls, comes from the library.
fuzz_x509pair_LDADD = $(KEYRINGS_LIBS)
endif
