/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests of tlskey load: a folder with files, a keyring, and what the command says. Modules are asked for, and not loaded: link
 * with $(keyrings_place_ldflags).
 */
#ifndef TESTS_KEYRINGS_PLACE_H
#define TESTS_KEYRINGS_PLACE_H

#include <stdbool.h>

#include <glib.h>
#include <keyutils.h>

#include "status.h"

#define PLACE_HOST "nqn.2026-01.test:host"
#define PLACE_KEY "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:\n"	/* one.psk */
#define PLACE_TARGET "nqn.2026-01.test:storage"

struct place {
	char *folder;
	key_serial_t keyring;
	char *output;		/* what the last command printed */
	char *complaints;	/* and to standard error */
	GString *modules;	/* that were asked for, each with a blank behind it */
};

/** place_set_up, place_tear_down - for g_test_add(). Two keys for NVMe are there, one.psk and two.psk */
void place_set_up(struct place *place, const void *data);
void place_tear_down(struct place *place, const void *data);

/** place_file - write a file */
void place_file(const struct place *place, const char *name, const char *text, mode_t mode);

/** place_section - an entry of type nvme-psk for this keyring; @more are further lines. g_free() it */
char *place_section(const struct place *place, const char *name, const char *source, const char *more);

/** place_entry - the same as the only one of a file */
void place_entry(const struct place *place, const char *file, const char *name, const char *source, const char *more);

/** place_gives - run the command with these words; it has to exit so, and all that it says is in lines of entries */
void place_gives(struct place *place, const char *options, int status);

/** place_refuses - it has to fail as a whole, with these words */
void place_refuses(struct place *place, const char *options, int status, const char *words);

/** place_says, place_complains - are these words in its output, or in its complaints? */
bool place_says(const struct place *place, const char *words);
bool place_complains(const struct place *place, const char *words);

/** place_find - the key whose description begins so; 0 for none */
key_serial_t place_find(const struct place *place, const char *beginning);

#endif
