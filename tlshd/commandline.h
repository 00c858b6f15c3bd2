/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line, and which configuration it means.
 */
#ifndef TLSHD_COMMANDLINE_H
#define TLSHD_COMMANDLINE_H

#include <stdbool.h>

struct commandline {
	const char *config;	/* -c; NULL: the usual place */
	bool to_stderr;		/* -s */
	bool check;		/* --check-config */
};

/**
 * commandline_parse - read the options
 *
 * Returns -1 to go on, or the exit status when all is said already (-h, -v, a wrong option).
 */
int commandline_parse(int argc, char **argv, struct commandline *commandline);

/**
 * commandline_config - the configuration in its usual place
 * @legacy: the old place, which wins as long as there is a file
 * @usual: the place of today
 * @notice: for the log, NULL when there is nothing to say; a g_free() text
 *
 * Does not open either of them. Returns one of the two.
 */
const char *commandline_config(const char *legacy, const char *usual, char **notice);

#endif
