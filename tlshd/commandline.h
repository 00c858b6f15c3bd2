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

#endif
