/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of tlskey load: a folder with files, a keyring, and what the command says. Modules are asked for, and not
 * loaded: link with $(keyrings_loadplace_ldflags).
 */
#ifndef TESTS_KEYRINGS_LOADPLACE_H
#define TESTS_KEYRINGS_LOADPLACE_H

#include <stdbool.h>

#include <glib.h>
#include <keyutils.h>

#include "status.h"

#define LOADPLACE_HOST "nqn.2026-01.test:host"
#define LOADPLACE_KEY "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:\n" /* one.psk */
#define LOADPLACE_TARGET "nqn.2026-01.test:storage"

struct loadplace {
	char *folder;
	key_serial_t keyring;
	char *output;	  /* what the last command printed */
	char *complaints; /* and to standard error */
	GString *modules; /* that were asked for, each with a blank behind it */
};

/** loadplace_set_up, loadplace_tear_down - for g_test_add(). Two keys for NVMe are there, one.psk and two.psk */
void loadplace_set_up(struct loadplace *place, const void *data);
void loadplace_tear_down(struct loadplace *place, const void *data);

/** loadplace_file - write a file */
void loadplace_file(const struct loadplace *place, const char *name, const char *text, mode_t mode);

/** loadplace_section - an entry of type nvme-psk for this keyring; @more are further lines. g_free() it */
char *loadplace_section(const struct loadplace *place, const char *name, const char *source, const char *more);

/** loadplace_entry - the same as the only one of a file */
void loadplace_entry(const struct loadplace *place, const char *file, const char *name, const char *source,
		     const char *more);

/** loadplace_gives - run the command with these words; it has to exit so, and all that it says is in lines of entries
 */
void loadplace_gives(struct loadplace *place, const char *options, int status);

/** loadplace_refuses - it has to fail as a whole, with these words */
void loadplace_refuses(struct loadplace *place, const char *options, int status, const char *words);

/** loadplace_says, loadplace_complains - are these words in its output, or in its complaints? */
bool loadplace_says(const struct loadplace *place, const char *words);
bool loadplace_complains(const struct loadplace *place, const char *words);

/** loadplace_find - the key whose description begins so; 0 for none */
key_serial_t loadplace_find(const struct loadplace *place, const char *beginning);

#endif
