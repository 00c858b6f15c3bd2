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
