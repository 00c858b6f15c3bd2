# SPDX-License-Identifier: GPL-2.0-or-later
# The command that fills keyrings; all but main() is a library, so that tests reach each module.
noinst_LIBRARIES += libkeyrings.a
libkeyrings_a_SOURCES = \
	keyrings/certificate.c keyrings/certificate.h \
	keyrings/command.c keyrings/command.h \
	keyrings/identity.c keyrings/identity.h keyrings/identitycheck.c \
	keyrings/interchange.c keyrings/interchange.h \
	keyrings/keyentry.c keyrings/keyentry.h \
	keyrings/keyfault.c keyrings/keyfault.h \
	keyrings/keyloading.c keyrings/keyloading.h \
	keyrings/keysfile.c keyrings/keysfile.h \
	keyrings/keysfolder.c keyrings/keysfolder.h \
	keyrings/keysrules.c keyrings/keysrules.h \
	keyrings/load.c keyrings/load.h \
	keyrings/loadreport.c keyrings/loadreport.h \
	keyrings/material.c keyrings/material.h \
	keyrings/module.c keyrings/module.h \
	keyrings/mountoptions.c keyrings/mountoptions.h \
	keyrings/nqn.c keyrings/nqn.h \
	keyrings/nvme.c keyrings/nvme.h \
	keyrings/nvmedoctor.c \
	keyrings/nvmegenerate.c \
	keyrings/nvmeidentity.c keyrings/nvmeidentity.h \
	keyrings/nvmeimport.c \
	keyrings/nvmelist.c \
	keyrings/nvmeoptions.c keyrings/nvmeoptions.h \
	keyrings/nvmepsk.c keyrings/nvmepsk.h \
	keyrings/nvmeput.c keyrings/nvmeput.h \
	keyrings/nvmerelated.c keyrings/nvmerelated.h \
	keyrings/nvmerotate.c \
	keyrings/output.c keyrings/output.h \
	keyrings/pkcs12.c keyrings/pkcs12.h \
	keyrings/privatekey.c keyrings/privatekey.h \
	keyrings/prockeys.c keyrings/prockeys.h \
	keyrings/pki/altname.c keyrings/pki/altname.h \
	keyrings/pki/authority.c keyrings/pki/authority.h \
	keyrings/pki/authority_create.c \
	keyrings/pki/batch.c keyrings/pki/batch.h \
	keyrings/pki/pkicert.c keyrings/pki/pkicert.h \
	keyrings/pki/constraint.c keyrings/pki/constraint.h \
	keyrings/pki/issued.c keyrings/pki/issued.h \
	keyrings/pki/keypair.c keyrings/pki/keypair.h \
	keyrings/pki/pki.c keyrings/pki/pki.h \
	keyrings/pki/revocation.c keyrings/pki/revocation.h \
	keyrings/pki/tlsfault.c keyrings/pki/tlsfault.h \
	keyrings/pki/pkicert_read.c keyrings/pki/init.c keyrings/pki/issue.c keyrings/pki/list.c keyrings/pki/revoke.c \
	keyrings/secret.c keyrings/secret.h \
	keyrings/status.c keyrings/status.h \
	keyrings/store.c keyrings/store.h keyrings/storelist.c \
	keyrings/wanted.c keyrings/wanted.h \
	keyrings/wantednvme.c \
	keyrings/wantedx509.c \
	keyrings/x509.c keyrings/x509.h keyrings/x509commands.h \
	keyrings/x509expire.c \
	keyrings/x509import.c \
	keyrings/x509list.c \
	keyrings/x509options.c keyrings/x509options.h \
	keyrings/x509pair.c keyrings/x509pair.h \
	keyrings/x509rotate.c \
	keyrings/x509show.c \
	keyrings/x509store.c keyrings/x509store.h \
	keyrings/nvmecommands.h
libkeyrings_a_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/keyrings $(GLIB_CFLAGS) $(GNUTLS_CFLAGS) $(JSON_CFLAGS) \
	$(KEYUTILS_CFLAGS) $(ZLIB_CFLAGS)
# From the supervisor come its readers of keys (keyinfo, psk), from the keeper its judgement of private keys (key), from the
# loader its index of lines and its suggestions, and nothing that they do not need.
KEYRINGS_LIBS = libkeyrings.a libsupervisor.a libkeeper.a libloader.a $(CONTRACT_LIBS) $(GLIB_LIBS) $(GNUTLS_LIBS) $(JSON_LIBS) \
	$(ZLIB_LIBS)

sbin_PROGRAMS += tlskey
tlskey_SOURCES = keyrings/main.c
tlskey_CPPFLAGS = $(libkeyrings_a_CPPFLAGS)
tlskey_LDADD = $(KEYRINGS_LIBS)
