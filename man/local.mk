# SPDX-License-Identifier: GPL-2.0-or-later
man_MANS = man/tlshd.8 man/tlshd.conf.5 man/tlskey.8
EXTRA_DIST += man/tlshd.8.in man/tlshd.conf.5.in man/tlskey.8.in
CLEANFILES += $(man_MANS)

# The paths in the pages are those of the build.
man_page = $(AM_V_GEN)$(MKDIR_P) man && $(SED) -e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@docdir[@]|$(docdir)|g' -e 's|@childdir[@]|$(childdir)|g' \
	-e 's|@worker_user[@]|$(WORKER_USER)|g' -e 's|@keeper_user[@]|$(KEEPER_USER)|g'

man/tlshd.8: man/tlshd.8.in Makefile
	$(man_page) $(srcdir)/man/tlshd.8.in >$@.tmp && mv $@.tmp $@
man/tlshd.conf.5: man/tlshd.conf.5.in Makefile
	$(man_page) $(srcdir)/man/tlshd.conf.5.in >$@.tmp && mv $@.tmp $@
man/tlskey.8: man/tlskey.8.in Makefile
	$(man_page) $(srcdir)/man/tlskey.8.in >$@.tmp && mv $@.tmp $@
