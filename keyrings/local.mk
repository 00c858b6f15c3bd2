# SPDX-License-Identifier: GPL-2.0-or-later
# The command that fills keyrings; all but main() is a library, so that tests reach each module.
noinst_LIBRARIES += libkeyrings.a
libkeyrings_a_SOURCES = \
	keyrings/command.c keyrings/command.h \
	keyrings/keyfault.c keyrings/keyfault.h \
	keyrings/material.c keyrings/material.h \
	keyrings/module.c keyrings/module.h \
	keyrings/nvme.c keyrings/nvme.h \
	keyrings/output.c keyrings/output.h \
	keyrings/pki/altname.c keyrings/pki/altname.h \
	keyrings/pki/authority.c keyrings/pki/authority.h \
	keyrings/pki/authority_create.c \
	keyrings/pki/batch.c keyrings/pki/batch.h \
	keyrings/pki/certificate.c keyrings/pki/certificate.h \
	keyrings/pki/constraint.c keyrings/pki/constraint.h \
	keyrings/pki/issued.c keyrings/pki/issued.h \
	keyrings/pki/keypair.c keyrings/pki/keypair.h \
	keyrings/pki/pki.c keyrings/pki/pki.h \
	keyrings/pki/revocation.c keyrings/pki/revocation.h \
	keyrings/pki/tlsfault.c keyrings/pki/tlsfault.h \
	keyrings/pki/certificate_read.c keyrings/pki/init.c keyrings/pki/issue.c keyrings/pki/list.c keyrings/pki/revoke.c \
	keyrings/secret.c keyrings/secret.h \
	keyrings/status.c keyrings/status.h \
	keyrings/store.c keyrings/store.h
libkeyrings_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/keyrings $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(JSON_CFLAGS) \
	$(KEYUTILS_CFLAGS) $(ZLIB_CFLAGS)
# From the supervisor come its readers of keys (keyinfo, psk), and nothing that they do not need.
KEYRINGS_LIBS = libkeyrings.a libsupervisor.a $(CONTRACT_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS) $(JSON_LIBS) $(ZLIB_LIBS)

sbin_PROGRAMS += tlskey
tlskey_SOURCES = keyrings/main.c
tlskey_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
tlskey_LDADD = $(KEYRINGS_LIBS)
