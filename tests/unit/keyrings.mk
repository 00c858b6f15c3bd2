# SPDX-License-Identifier: GPL-2.0-or-later
keyrings_test_cppflags = $(libkeyrings_a_CPPFLAGS)

check_PROGRAMS += keyrings_interchange
keyrings_interchange_SOURCES = tests/unit/keyrings_interchange.c
keyrings_interchange_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_interchange_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_nvmepsk
keyrings_nvmepsk_SOURCES = tests/unit/keyrings_nvmepsk.c tests/unit/keyrings_vectors.h
keyrings_nvmepsk_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_nvmepsk_LDADD = $(KEYRINGS_LIBS)

# This machine's keyrings, with keys of type user in the place of those of type psk
keyrings_fixture = tests/unit/keyrings_fixture.c tests/unit/keyrings_fixture.h
keyrings_fixture_ldflags = $(AM_LDFLAGS) -Wl,--wrap=add_key,--wrap=keyctl_describe

check_PROGRAMS += keyrings_store
keyrings_store_SOURCES = tests/unit/keyrings_store.c $(keyrings_fixture)
keyrings_store_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_store_LDFLAGS = $(keyrings_fixture_ldflags)
keyrings_store_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_nvme
keyrings_nvme_SOURCES = tests/unit/keyrings_nvme.c tests/unit/keyrings_place.c tests/unit/keyrings_place.h \
	$(keyrings_fixture)
keyrings_nvme_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_nvme_LDFLAGS = $(keyrings_fixture_ldflags)
keyrings_nvme_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_keysfile
keyrings_keysfile_SOURCES = tests/unit/keyrings_keysfile.c
keyrings_keysfile_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_keysfile_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_keysfolder
keyrings_keysfolder_SOURCES = tests/unit/keyrings_keysfolder.c
keyrings_keysfolder_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_keysfolder_LDADD = $(KEYRINGS_LIBS)

keyrings_loadplace = tests/unit/keyrings_loadplace.c tests/unit/keyrings_loadplace.h $(keyrings_fixture)
keyrings_loadplace_ldflags = $(keyrings_fixture_ldflags) -Wl,--wrap=module_load

check_PROGRAMS += keyrings_load
keyrings_load_SOURCES = tests/unit/keyrings_load.c $(keyrings_loadplace)
keyrings_load_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_load_LDFLAGS = $(keyrings_loadplace_ldflags)
keyrings_load_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_loadx509
keyrings_loadx509_SOURCES = tests/unit/keyrings_loadx509.c $(keyrings_loadplace)
keyrings_loadx509_CPPFLAGS = $(keyrings_test_cppflags)
keyrings_loadx509_LDFLAGS = $(keyrings_loadplace_ldflags)
keyrings_loadx509_LDADD = $(KEYRINGS_LIBS)

# The program itself
check_PROGRAMS += keyrings_program
keyrings_program_SOURCES = tests/unit/keyrings_program.c
keyrings_program_CPPFLAGS = $(keyrings_test_cppflags) -DTLSKEY_PROGRAM='"$(abs_top_builddir)/tlskey"'
keyrings_program_LDADD = $(GLIB_LIBS)
