/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The functions behind x509.c's table, each a struct command's run(), and what they print in
 * common.
 */
#ifndef KEYRINGS_X509COMMANDS_H
#define KEYRINGS_X509COMMANDS_H

#include "command.h"
#include "output.h"
#include "x509store.h"

int x509import_run(const struct command *command, int argc, char **argv, GError **error);
int x509list_run(const struct command *command, int argc, char **argv, GError **error);
int x509show_run(const struct command *command, int argc, char **argv, GError **error);
int x509rotate_run(const struct command *command, int argc, char **argv, GError **error);
int x509expire_run(const struct command *command, int argc, char **argv, GError **error);
int x509remove_run(const struct command *command, int argc, char **argv, GError **error);

/** x509show_state - of the two keys of a pair in one word: "valid", "mismatch", "expired",
 * "revoked", "incomplete", "unreadable" */
const char *x509show_state(const struct x509_pair *pair);

/** x509show_text - the same for people, who see with keys that are valid also what the dates of the
 * certificate say: "outdated" or "not yet valid" */
const char *x509show_text(const struct x509_pair *pair);

/** x509show_links - names of the keyrings with links to a key, for a terminal, "" for none that may be
 * read; g_free() it
 * @text: of prockeys_read()
 */
char *x509show_links(key_serial_t serial, const char *text);

/** x509show_names - subject alternative names for a terminal, "-" for none; g_free() it */
char *x509show_names(const struct certificate *certificate);

/**
 * x509show_json - one pair as an object
 * @keyring: name of its keyring
 * @text: of prockeys_read()
 */
void x509show_json(JsonBuilder *builder, const struct x509_pair *pair, const char *keyring,
		   const char *text);

/** x509show_certificate_json - the members that say what a certificate says */
void x509show_certificate_json(JsonBuilder *builder, const struct certificate *certificate);

#endif
