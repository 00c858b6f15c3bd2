// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Options; see commandline.h. They are read by getopt_long() and not by GLib, so that everything that an old start-up
 * script may have written (-cFILE, --conf FILE) means what it always did.
 */
#include <config.h>

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "commandline.h"

enum {
	OPTION_CHECK = 256,
};

static void usage(FILE *to)
{
	fprintf(to, "usage: tlshd [-chsv]\n"
		"\n"
		"  -c, --config FILE   read this configuration (default: %s/tlshd/config)\n"
		"  -s, --stderr        log to standard error and to the system log\n"
		"      --check-config  say what is wrong with the configuration, and exit\n"
		"  -h, --help          show this help, and exit\n"
		"  -v, --version       show the version, and exit\n", SYSCONFDIR);
}

int commandline_parse(int argc, char **argv, struct commandline *commandline)
{
	static const struct option options[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check-config", no_argument, NULL, OPTION_CHECK },
		{ "help", no_argument, NULL, 'h' },
		{ "stderr", no_argument, NULL, 's' },
		{ "version", no_argument, NULL, 'v' },
		{ 0 }
	};
	int option;

	*commandline = (struct commandline){ 0 };
	while ((option = getopt_long(argc, argv, "c:hsv", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			commandline->config = optarg;
			break;
		case 's':
			commandline->to_stderr = true;
			break;
		case OPTION_CHECK:
			commandline->check = true;
			break;
		case 'h':
			usage(stdout);
			return EXIT_SUCCESS;
		case 'v':
			printf("tlshd %s\n", PACKAGE_VERSION);
			return EXIT_SUCCESS;
		default:
			/* getopt_long() has said what is wrong. */
			fprintf(stderr, "try tlshd --help\n");
			return EXIT_FAILURE;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "tlshd: %s: there are no arguments, only options; try tlshd --help\n", argv[optind]);
		return EXIT_FAILURE;
	}
	if (commandline->config && !commandline->config[0]) {
		fprintf(stderr, "tlshd: --config needs the name of a file; try tlshd --help\n");
		return EXIT_FAILURE;
	}
	return -1;
}
