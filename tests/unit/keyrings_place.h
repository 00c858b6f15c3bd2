/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands for NVMe as people call them, with a keyring and files of their own for each test.
 */
#ifndef TESTS_KEYRINGS_PLACE_H
#define TESTS_KEYRINGS_PLACE_H

#include <stdbool.h>

#include "command.h"
#include "keyrings_fixture.h"

#define HOST "nqn.2014-08.org.nvmexpress:uuid:2f3bba5c-0000-4000-8000-000000000001"
#define SUBSYSTEM "nqn.2026-01.test:storage"
#define NAMES "-n " HOST " -c " SUBSYSTEM
#define OLD "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:\n"

/* Of OLD, version 0 */
#define TLS_PSK0 "ad66429a666c7b070792b4d04f1dd150339c28ab43fc4532d1b5ad957fdc6a15"

struct place {
	char *folder;
	char *old; /* files with keys */
	char *new;
	char *output;
	char *text; /* what the last command printed */
	key_serial_t keyring;
};

void place_set_up(struct place *place, const void *data);
void place_tear_down(struct place *place, const void *data);
#define PLACE_TEST(name, function) \
	g_test_add(name, struct place, NULL, place_set_up, function, place_tear_down)

/** place_command - one of NVMe's commands */
const struct command *place_command(const char *name);

/**
 * place_run - run a command
 * @line: words with blanks in between; "%K" is the keyring, "%O", "%N" and "%F" are the files
 *
 * Returns its status; what it printed is in @place.
 */
int place_run(struct place *place, const char *line, GError **error);

/** place_succeeds, place_fails - run it, and it has to; its message has to have @says in it */
void place_succeeds(struct place *place, const char *line);
void place_fails(struct place *place, const char *line, int status, const char *says);

/** place_says - did the last command print this? */
bool place_says(const struct place *place, const char *text);

#endif
