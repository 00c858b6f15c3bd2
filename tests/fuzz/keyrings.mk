# SPDX-License-Identifier: GPL-2.0-or-later
# Fuzz targets of what tlskey reads.
if FUZZERS
noinst_PROGRAMS += fuzz_interchange fuzz_nvmeidentity fuzz_keysfile

fuzz_keyrings_cppflags = $(libkeyrings_a_CPPFLAGS)
fuzz_keyrings_libs = $(GLIB_LIBS) $(GNUTLS_LIBS) $(ZLIB_LIBS)

fuzz_interchange_SOURCES = tests/fuzz/interchange_parse.c keyrings/nvme/interchange.c keyrings/secret.c keyrings/status.c
fuzz_interchange_CPPFLAGS = $(fuzz_keyrings_cppflags)
fuzz_interchange_CFLAGS = $(fuzz_cflags)
fuzz_interchange_LDFLAGS = $(fuzz_ldflags)
fuzz_interchange_LDADD = $(fuzz_keyrings_libs)

fuzz_nvmeidentity_SOURCES = tests/fuzz/nvmeidentity_parse.c keyrings/nvme/nvmeidentity.c keyrings/nvme/nqn.c keyrings/status.c
fuzz_nvmeidentity_CPPFLAGS = $(fuzz_keyrings_cppflags)
fuzz_nvmeidentity_CFLAGS = $(fuzz_cflags)
fuzz_nvmeidentity_LDFLAGS = $(fuzz_ldflags)
fuzz_nvmeidentity_LDADD = $(fuzz_keyrings_libs)

fuzz_keysfile_SOURCES = tests/fuzz/keysfile_parse.c keyrings/load/keysfile.c keyrings/load/keysrules.c keyrings/load/keyentry.c \
	keyrings/nvme/nqn.c keyrings/status.c tlshd/loader/lines.c tlshd/loader/suggestion.c
fuzz_keysfile_CPPFLAGS = $(fuzz_keyrings_cppflags)
fuzz_keysfile_CFLAGS = $(fuzz_cflags)
fuzz_keysfile_LDFLAGS = $(fuzz_ldflags)
# What it takes for names of certificates comes from the library.
fuzz_keysfile_LDADD = $(KEYRINGS_LIBS)
endif
