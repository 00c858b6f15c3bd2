# SPDX-License-Identifier: GPL-2.0-or-later
loader_test_cppflags = $(libloader_a_CPPFLAGS) -DLOADER_PROGRAM='"$(abs_top_builddir)/loader"'
loader_test_fixture = tests/unit/loader_fixture.c tests/unit/loader_fixture.h

check_PROGRAMS += loader_cursor
loader_cursor_SOURCES = tests/unit/loader_cursor.c
loader_cursor_CPPFLAGS = $(loader_test_cppflags)
loader_cursor_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_configplace
loader_configplace_SOURCES = tests/unit/loader_configplace.c
loader_configplace_CPPFLAGS = $(loader_test_cppflags)
loader_configplace_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_snapshot
loader_snapshot_SOURCES = tests/unit/loader_snapshot.c $(loader_test_fixture)
loader_snapshot_CPPFLAGS = $(loader_test_cppflags)
loader_snapshot_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_settings
loader_settings_SOURCES = tests/unit/loader_settings.c $(loader_test_fixture)
loader_settings_CPPFLAGS = $(loader_test_cppflags)
loader_settings_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_identity
loader_identity_SOURCES = tests/unit/loader_identity.c $(loader_test_fixture)
loader_identity_CPPFLAGS = $(loader_test_cppflags)
loader_identity_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_priority
loader_priority_SOURCES = tests/unit/loader_priority.c $(loader_test_fixture)
loader_priority_CPPFLAGS = $(loader_test_cppflags)
loader_priority_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_program
loader_program_SOURCES = tests/unit/loader_program.c $(loader_test_fixture)
loader_program_CPPFLAGS = $(loader_test_cppflags)
loader_program_LDADD = $(LOADER_LIBS)

check_PROGRAMS += loader_revocation
loader_revocation_SOURCES = tests/unit/loader_revocation.c $(loader_test_fixture)
loader_revocation_CPPFLAGS = $(loader_test_cppflags)
loader_revocation_LDADD = $(LOADER_LIBS)
