/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options: the table of all that tlshd.conf(5) describes, with defaults and ranges.
 */
#ifndef TLSHD_LOADER_OPTIONS_H
#define TLSHD_LOADER_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum option_kind {
	OPTION_NUMBER,		/* into struct snapshot_settings at .offset */
	OPTION_TRUSTSTORE,
	OPTION_CRL,
	OPTION_CERTIFICATE,
	OPTION_PRIVATE_KEY,
	OPTION_PQ_CERTIFICATE,
	OPTION_PQ_PRIVATE_KEY,
	OPTION_KEYRINGS,
	OPTION_CIPHERS,
};

struct option_entry {
	const char *section;
	const char *key;
	enum option_kind kind;
	size_t offset;
	uint32_t least, most, fallback;
};

/** option_at - the @n-th option, NULL when there are no more */
const struct option_entry *option_at(size_t n);

/** option_find - an option by section and key, NULL when there is none */
const struct option_entry *option_find(const char *section, const char *key);

/** option_sections - all sections, NULL-terminated */
const char *const *option_sections(void);

/** option_suggest - what a misspelt key of a section may have meant, or NULL */
const char *option_suggest(const char *section, const char *key);

/** option_elsewhere - another section that has this key, or NULL */
const char *option_elsewhere(const char *key);

#endif
