# SPDX-License-Identifier: GPL-2.0-or-later
# The command that fills keyrings; all but main() is a library, so that tests reach each module.
noinst_LIBRARIES += libkeyrings.a
libkeyrings_a_SOURCES = \
	keyrings/command.c keyrings/command.h \
	keyrings/keyfault.c keyrings/keyfault.h \
	keyrings/material.c keyrings/material.h \
	keyrings/module.c keyrings/module.h \
	keyrings/output.c keyrings/output.h \
	keyrings/secret.c keyrings/secret.h \
	keyrings/status.c keyrings/status.h \
	keyrings/store.c keyrings/store.h \
	keyrings/storelist.c \
	keyrings/load/keyentry.c keyrings/load/keyentry.h \
	keyrings/load/keyloading.c keyrings/load/keyloading.h \
	keyrings/load/keysfile.c keyrings/load/keysfile.h \
	keyrings/load/keysfolder.c keyrings/load/keysfolder.h \
	keyrings/load/keysrules.c keyrings/load/keysrules.h \
	keyrings/load/load.c keyrings/load/load.h \
	keyrings/load/loadreport.c keyrings/load/loadreport.h \
	keyrings/load/mountoptions.c keyrings/load/mountoptions.h \
	keyrings/load/wanted.c keyrings/load/wanted.h \
	keyrings/load/wantednvme.c \
	keyrings/load/wantedx509.c \
	keyrings/nvme/interchange.c keyrings/nvme/interchange.h \
	keyrings/nvme/nqn.c keyrings/nvme/nqn.h \
	keyrings/nvme/nvme.c keyrings/nvme/nvme.h \
	keyrings/nvme/nvmecommands.h \
	keyrings/nvme/nvmedoctor.c \
	keyrings/nvme/nvmegenerate.c \
	keyrings/nvme/nvmeidentity.c keyrings/nvme/nvmeidentity.h \
	keyrings/nvme/nvmeimport.c \
	keyrings/nvme/nvmelist.c \
	keyrings/nvme/nvmeoptions.c keyrings/nvme/nvmeoptions.h \
	keyrings/nvme/nvmepsk.c keyrings/nvme/nvmepsk.h \
	keyrings/nvme/nvmeput.c keyrings/nvme/nvmeput.h \
	keyrings/nvme/nvmerelated.c keyrings/nvme/nvmerelated.h \
	keyrings/nvme/nvmerotate.c \
	keyrings/pki/altname.c keyrings/pki/altname.h \
	keyrings/pki/authority.c keyrings/pki/authority.h \
	keyrings/pki/authority_create.c \
	keyrings/pki/batch.c keyrings/pki/batch.h \
	keyrings/pki/constraint.c keyrings/pki/constraint.h \
	keyrings/pki/init.c \
	keyrings/pki/issue.c \
	keyrings/pki/issued.c keyrings/pki/issued.h \
	keyrings/pki/keypair.c keyrings/pki/keypair.h \
	keyrings/pki/list.c \
	keyrings/pki/pki.c keyrings/pki/pki.h \
	keyrings/pki/pkicert.c keyrings/pki/pkicert.h \
	keyrings/pki/pkicert_read.c \
	keyrings/pki/revocation.c keyrings/pki/revocation.h \
	keyrings/pki/revoke.c \
	keyrings/pki/tlsfault.c keyrings/pki/tlsfault.h \
	keyrings/x509/certificate.c keyrings/x509/certificate.h \
	keyrings/x509/identity.c keyrings/x509/identity.h \
	keyrings/x509/identitycheck.c \
	keyrings/x509/pkcs12.c keyrings/x509/pkcs12.h \
	keyrings/x509/privatekey.c keyrings/x509/privatekey.h \
	keyrings/x509/prockeys.c keyrings/x509/prockeys.h \
	keyrings/x509/x509.c keyrings/x509/x509.h \
	keyrings/x509/x509commands.h \
	keyrings/x509/x509expire.c \
	keyrings/x509/x509import.c \
	keyrings/x509/x509list.c \
	keyrings/x509/x509options.c keyrings/x509/x509options.h \
	keyrings/x509/x509pair.c keyrings/x509/x509pair.h \
	keyrings/x509/x509rotate.c \
	keyrings/x509/x509show.c \
	keyrings/x509/x509store.c keyrings/x509/x509store.h
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
