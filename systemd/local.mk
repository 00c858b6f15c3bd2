# SPDX-License-Identifier: GPL-2.0-or-later
EXTRA_DIST += systemd/tlshd.service.in systemd/tlshd-keys.service.in systemd/tlshd.conf.in

systemd_file = $(AM_V_GEN)$(MKDIR_P) systemd && $(SED) -e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@worker_user[@]|$(WORKER_USER)|g' -e 's|@keeper_user[@]|$(KEEPER_USER)|g'

if SYSTEMD_UNIT
systemdsystemunit_DATA = systemd/tlshd.service systemd/tlshd-keys.service
CLEANFILES += $(systemdsystemunit_DATA)

systemd/tlshd.service: systemd/tlshd.service.in Makefile
	$(systemd_file) $(srcdir)/systemd/tlshd.service.in >$@.tmp && mv $@.tmp $@

systemd/tlshd-keys.service: systemd/tlshd-keys.service.in Makefile
	$(systemd_file) $(srcdir)/systemd/tlshd-keys.service.in >$@.tmp && mv $@.tmp $@
endif

if SYSUSERS
sysusers_DATA = systemd/tlshd.conf
CLEANFILES += $(sysusers_DATA)

systemd/tlshd.conf: systemd/tlshd.conf.in Makefile
	$(systemd_file) $(srcdir)/systemd/tlshd.conf.in >$@.tmp && mv $@.tmp $@
endif

# The check of the archive installs into a folder of its own only.
AM_DISTCHECK_CONFIGURE_FLAGS = --with-systemdsystemunitdir='$$dc_install_base/lib/systemd/system' \
	--with-sysusersdir='$$dc_install_base/lib/sysusers.d'
