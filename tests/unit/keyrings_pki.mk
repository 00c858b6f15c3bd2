# SPDX-License-Identifier: GPL-2.0-or-later
pki_test_cppflags = $(libkeyrings_a_CPPFLAGS)
pki_test_fixture = tests/unit/keyrings_pki_fixture.c tests/unit/keyrings_pki_fixture.h
# What the calendar does to an authority happens at once.
pki_test_ldflags = $(AM_LDFLAGS) -Wl,--wrap=time

check_PROGRAMS += keyrings_pki_altname
keyrings_pki_altname_SOURCES = tests/unit/keyrings_pki_altname.c
keyrings_pki_altname_CPPFLAGS = $(pki_test_cppflags)
keyrings_pki_altname_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_pki_issue
keyrings_pki_issue_SOURCES = tests/unit/keyrings_pki_issue.c $(pki_test_fixture)
keyrings_pki_issue_CPPFLAGS = $(pki_test_cppflags)
keyrings_pki_issue_LDFLAGS = $(pki_test_ldflags)
keyrings_pki_issue_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_pki_state
keyrings_pki_state_SOURCES = tests/unit/keyrings_pki_state.c $(pki_test_fixture)
keyrings_pki_state_CPPFLAGS = $(pki_test_cppflags)
keyrings_pki_state_LDFLAGS = $(pki_test_ldflags)
keyrings_pki_state_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_pki_constraint
keyrings_pki_constraint_SOURCES = tests/unit/keyrings_pki_constraint.c $(pki_test_fixture)
keyrings_pki_constraint_CPPFLAGS = $(pki_test_cppflags)
keyrings_pki_constraint_LDFLAGS = $(pki_test_ldflags)
keyrings_pki_constraint_LDADD = $(KEYRINGS_LIBS)

check_PROGRAMS += keyrings_pki_authority
keyrings_pki_authority_SOURCES = tests/unit/keyrings_pki_authority.c $(pki_test_fixture)
keyrings_pki_authority_CPPFLAGS = $(pki_test_cppflags)
keyrings_pki_authority_LDFLAGS = $(pki_test_ldflags)
keyrings_pki_authority_LDADD = $(KEYRINGS_LIBS)
