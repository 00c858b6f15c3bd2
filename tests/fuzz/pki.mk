# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets of what tlskey pki reads. Run: ./fuzz_pki_altname -max_total_time=60 CORPUS_FOLDER
if FUZZERS
noinst_PROGRAMS += fuzz_pki_altname

fuzz_pki_altname_SOURCES = tests/fuzz/pki_altname.c keyrings/pki/altname.c keyrings/pki/constraint.c keyrings/pki/tlsfault.c \
	keyrings/status.c
fuzz_pki_altname_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
fuzz_pki_altname_CFLAGS = $(fuzz_cflags)
fuzz_pki_altname_LDFLAGS = $(fuzz_ldflags)
fuzz_pki_altname_LDADD = $(GLIB_LIBS) $(GNUTLS_LIBS)
endif
