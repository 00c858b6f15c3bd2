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
