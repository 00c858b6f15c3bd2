# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets of what the loader writes and reads. Run: ./fuzz_snapshot -max_total_time=60 CORPUS_FOLDER
if FUZZERS
fuzz_cflags = $(AM_CFLAGS) -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined
fuzz_ldflags = $(AM_LDFLAGS) -fsanitize=fuzzer,address,undefined

noinst_PROGRAMS += fuzz_snapshot fuzz_keylist fuzz_settings fuzz_pem fuzz_revocation

# The sources themselves, not the libraries: only what is compiled for it guides the fuzzer.
fuzz_snapshot_SOURCES = tests/fuzz/snapshot_parse.c tlshd/snapshot.c tlshd/cursor.c
fuzz_snapshot_CFLAGS = $(fuzz_cflags)
fuzz_snapshot_LDFLAGS = $(fuzz_ldflags)

fuzz_keylist_SOURCES = tests/fuzz/keylist_parse.c tlshd/snapshot.c tlshd/cursor.c
fuzz_keylist_CFLAGS = $(fuzz_cflags)
fuzz_keylist_LDFLAGS = $(fuzz_ldflags)

fuzz_settings_SOURCES = tests/fuzz/settings_parse.c tlshd/loader/settings.c tlshd/loader/keyringlist.c \
	tlshd/loader/options.c \
	tlshd/loader/lines.c tlshd/loader/suggestion.c tlshd/loader/problems.c tlshd/proto.c tlshd/keyurl.c
fuzz_settings_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS)
fuzz_settings_CFLAGS = $(fuzz_cflags)
fuzz_settings_LDFLAGS = $(fuzz_ldflags)
fuzz_settings_LDADD = $(GLIB_LIBS)

fuzz_pem_SOURCES = tests/fuzz/pem_identity.c tlshd/loader/pem.c tlshd/loader/identity.c tlshd/loader/checkup.c \
	tlshd/loader/problems.c tlshd/proto.c
fuzz_pem_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS)
fuzz_pem_CFLAGS = $(fuzz_cflags)
fuzz_pem_LDFLAGS = $(fuzz_ldflags)
fuzz_pem_LDADD = $(GLIB_LIBS) $(GNUTLS_LIBS)

fuzz_revocation_SOURCES = tests/fuzz/pem_revocation.c tlshd/loader/revocation.c tlshd/loader/pem.c \
	tlshd/loader/trust.c tlshd/loader/checkup.c tlshd/loader/problems.c tlshd/proto.c tlshd/keyurl.c
fuzz_revocation_CPPFLAGS = $(AM_CPPFLAGS) $(GLIB_CFLAGS) $(GNUTLS_CFLAGS)
fuzz_revocation_CFLAGS = $(fuzz_cflags)
fuzz_revocation_LDFLAGS = $(fuzz_ldflags)
fuzz_revocation_LDADD = $(GLIB_LIBS) $(GNUTLS_LIBS)
endif
