# SPDX-License-Identifier: GPL-2.0-or-later
# The loader; all but main() is a library, so that tests and fuzzers reach each module.
noinst_LIBRARIES += libloader.a
libloader_a_SOURCES = \
	tlshd/loader/checkup.c tlshd/loader/checkup.h \
	tlshd/loader/configplace.c tlshd/loader/configplace.h \
	tlshd/loader/file.c tlshd/loader/file.h \
	tlshd/loader/identity.c tlshd/loader/identity.h \
	tlshd/loader/image.c tlshd/loader/image.h \
	tlshd/loader/keyringlist.c tlshd/loader/keyringlist.h \
	tlshd/loader/keys.c tlshd/loader/keys.h \
	tlshd/loader/lines.c tlshd/loader/lines.h \
	tlshd/loader/load.c tlshd/loader/load.h \
	tlshd/loader/options.c tlshd/loader/options.h \
	tlshd/loader/pem.c tlshd/loader/pem.h \
	tlshd/loader/policy.c tlshd/loader/policy.h \
	tlshd/loader/priority.c tlshd/loader/priority.h \
	tlshd/loader/problems.c tlshd/loader/problems.h \
	tlshd/loader/revocation.c tlshd/loader/revocation.h \
	tlshd/loader/settings.c tlshd/loader/settings.h \
	tlshd/loader/suggestion.c tlshd/loader/suggestion.h \
	tlshd/loader/tags.c tlshd/loader/tags.h \
	tlshd/loader/trust.c tlshd/loader/trust.h
libloader_a_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(GLIB_CFLAGS) \
	-DCONFIG_EXAMPLE='"$(docdir)/examples/config"'
LOADER_LIBS = libloader.a $(CONTRACT_LIBS) $(GNUTLS_LIBS) $(GLIB_LIBS)

child_PROGRAMS += loader
loader_SOURCES = tlshd/loader/main.c
loader_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS) $(GLIB_CFLAGS)
loader_LDADD = $(LOADER_LIBS)
