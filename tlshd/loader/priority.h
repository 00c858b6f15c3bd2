/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The priority string: what both roles offer and accept, complete in itself.
 */
#ifndef TLSHD_LOADER_PRIORITY_H
#define TLSHD_LOADER_PRIORITY_H

#include "loader/problems.h"

/* Ciphers that are to come before the others. */
struct preference {
	struct place place;
	char **names;		/* the library's, the best first, in either case; NULL: the system's order holds */
};

/**
 * priority_new - TLS 1.3 with what the system's policy allows and the kernel can encrypt
 * @kernel_ciphers: the library's names of the ciphers that kernel TLS takes, with commas in between
 * @preference: what of these comes first. As a server it then counts, too, and not the client's order
 * @place: the configuration, for messages
 *
 * The string names each version, cipher, group and signature scheme, in the system's order, so that it means the same
 * in every process of the generation even when the system's policy is changed meanwhile: gnutls_priority_init2() takes
 * it without GNUTLS_PRIORITY_INIT_DEF_APPEND. Returns NULL when nothing is left, and says which side forbids what;
 * g_free().
 */
char *priority_new(const char *kernel_ciphers, const struct preference *preference, const struct place *place,
		   struct problems *problems);

#endif
