# SPDX-License-Identifier: GPL-2.0-or-later
# An example, not a configuration: what an administrator has written under sysconfdir is never touched.
exampledir = $(docdir)/examples
dist_example_DATA = etc/tlshd/config

bashcompletiondir = $(datadir)/bash-completion/completions
dist_bashcompletion_DATA = completions/tlshd completions/tlskey

# The folder of the configuration, which an administrator fills.
install-data-local:
	$(MKDIR_P) "$(DESTDIR)$(sysconfdir)/tlshd"
