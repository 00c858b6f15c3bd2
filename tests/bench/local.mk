# SPDX-License-Identifier: GPL-2.0-or-later
# The native harness: the supervisor with another source of requests, and what measures it. Nothing of it is built by "make"
# or installed; "make bench" builds it, tests/bench/native runs it.
bench_programs = tests/bench/tlshd tests/bench/generate tests/bench/ceiling tests/bench/priority tests/bench/usage
EXTRA_PROGRAMS = $(bench_programs)
CLEANFILES += $(bench_programs) tests/bench/child/keeper tests/bench/child/loader tests/bench/child/worker

# What is in the place of a module stands before the library, so that the linker does not take the library's. Three modules
# name the programs of the children: they are compiled once more, with the names of those beside it.
tests_bench_tlshd_SOURCES = tlshd/main.c tests/bench/source.c tests/bench/kernel.c tests/bench/request.h \
	tlshd/keeping.c tlshd/loading.c tlshd/working.c
tests_bench_tlshd_CPPFLAGS = $(libsupervisor_a_CPPFLAGS) -UCHILDDIR -DCHILDDIR='"$(abs_top_builddir)/tests/bench/child"'
tests_bench_tlshd_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=socket_has_keys,--wrap=keyctl_search,--wrap=keyctl_describe
tests_bench_tlshd_LDADD = $(SUPERVISOR_LIBS)

tests_bench_generate_SOURCES = tests/bench/generate.c tests/bench/request.h tests/bench/account.c tests/bench/account.h \
	tests/bench/pair.c tests/bench/pair.h
tests_bench_generate_CPPFLAGS = $(AM_CPPFLAGS) $(KEYUTILS_CFLAGS)
tests_bench_generate_LDADD = $(KEYUTILS_LIBS)

tests_bench_ceiling_SOURCES = tests/bench/ceiling.c
tests_bench_ceiling_CPPFLAGS = $(AM_CPPFLAGS) $(GNUTLS_CFLAGS)
tests_bench_ceiling_LDADD = $(GNUTLS_LIBS)

tests_bench_priority_SOURCES = tests/bench/priority.c
tests_bench_priority_CPPFLAGS = $(loader_CPPFLAGS)
tests_bench_priority_LDADD = $(LOADER_LIBS)

tests_bench_usage_SOURCES = tests/bench/usage.c tests/bench/account.c tests/bench/account.h

# The children: the very keeper and loader, and the worker that also works where the kernel has no TLS.
bench_children = tests/bench/child/keeper tests/bench/child/loader tests/bench/child/worker
tests/bench/child/keeper: keeper
	$(AM_V_GEN)$(MKDIR_P) tests/bench/child && ln -sf ../../../keeper $@
tests/bench/child/loader: loader
	$(AM_V_GEN)$(MKDIR_P) tests/bench/child && ln -sf ../../../loader $@
tests/bench/child/worker: worker_stubbed
	$(AM_V_GEN)$(MKDIR_P) tests/bench/child && ln -sf ../../../worker_stubbed $@

.PHONY: bench
bench: $(bench_programs) $(bench_children)
