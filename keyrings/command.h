/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A subcommand of tlskey: how the table in main.c describes it, and what all of them share. A
 * module with commands exports one table, and main.c lists it.
 */
#ifndef KEYRINGS_COMMAND_H
#define KEYRINGS_COMMAND_H

#include <glib.h>

struct command {
	const char *group; /* "nvme"; NULL for a command of the first level, such as "load" */
	const char *name; /* "import"; NULL ends a table */
	const char *arguments; /* for the usage line, "KEYFILE"; "" for none */
	const char *summary; /* one line, without a full stop */
	/* Returns 0 or an enum status, with @error set unless everything is said already. */
	int (*run)(const struct command *command, int argc, char **argv, GError **error);
};

/**
 * command_parse - read the options of a command
 * @command: for its --help, which ends the program
 * @options: ends with G_OPTION_ENTRY_NULL or an empty entry. Words that a user types are
 *	G_OPTION_ARG_FILENAME: that type leaves bytes as they are, whatever the locale
 * @argc, @argv: from the command's own name on, as run() got them; what is left of @argv are the
 *	arguments, from 1 on
 * @least, @most: how many arguments there have to be
 *
 * Returns how many arguments there are, or -1 with @error set (STATUS_USAGE).
 */
int command_parse(const struct command *command, const GOptionEntry *options, int argc, char **argv,
		  int least, int most, GError **error);

/**
 * command_warn - one line to standard error, for what does not end the command; never with a secret
 * in it
 */
void command_warn(const char *format, ...) G_GNUC_PRINTF(1, 2);

/**
 * command_number - read a whole number, decimal or with 0x; FALSE for anything else, or one outside
 * of the limits
 */
gboolean command_number(const char *text, gint64 least, gint64 most, gint64 *number);

#endif
