# SPDX-License-Identifier: GPL-2.0-or-later
# An example, not a configuration: what an administrator has written under sysconfdir is never touched.
exampledir = $(docdir)/examples
dist_example_DATA = etc/tlshd/config etc/tlshd/keys.conf etc/tlshd/credentials.conf

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/tlshd completions/tlskey

# The folders of the configuration, which an administrator fills. Keys may lie in the second one.
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/tlshd"
	$(INSTALL) -d -m 0700 "$(DESTDIR)$(sysconfdir)/tlshd/keys.d"
