// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey: brings keys and certificates into the kernel's keyrings, where its consumers and tlshd
 * look for them.
 */
#include <config.h>

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "command.h"
#include "load/load.h"
#include "nvme/nvme.h"
#include "pki/pki.h"
#include "status.h"
#include "x509/x509.h"

/* Each subject's commands, in the order of the help. */
static const struct command *const tables[] = {
	nvme_commands,
	x509_commands,
	load_commands,
	pki_commands,
};

static void list_commands(FILE *to)
{
	fputs("usage: tlskey COMMAND [OPTION...]\n\n", to);
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		for (const struct command *command = tables[i]; command->name; command++) {
			const char *first = command->group ? command->group : command->name;
			g_autofree char *words = g_strjoin(" ", first, command->group ? command->name : NULL, NULL);
			fprintf(to, "  %-14s %s\n", words, command->summary);
		}
	}
	fputs("\n`tlskey COMMAND --help` explains a command; tlskey(8) has all of it.\n", to);
}

static const struct command *find_command(int argc, char **argv)
{
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		for (const struct command *command = tables[i]; command->name; command++) {
			if (!command->group && strcmp(command->name, argv[1]) == 0)
				return command;
			if (command->group && argc > 2 && strcmp(command->group, argv[1]) == 0 &&
			    strcmp(command->name, argv[2]) == 0)
				return command;
		}
	}
	return NULL;
}

/*
 * What holds secrets leaves no core file behind, for a program that takes them from the kernel neither (core(5)), and where memory
 * may be locked, the libraries' copies stay out of swap as well. A file that gets too large is an error and not the end.
 */
static void protect(void)
{
	static const struct rlimit none = { 0, 0 };
	struct rlimit lock;

	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* With a limit, later allocations would fail. */
	if (getrlimit(RLIMIT_MEMLOCK, &lock) == 0 && lock.rlim_cur == RLIM_INFINITY)
		mlockall(MCL_CURRENT | MCL_FUTURE);
	signal(SIGXFSZ, SIG_IGN);
}

static int no_command(int argc, char **argv)
{
	const char *last = argv[argc > 2 ? 2 : 1];

	if (argc > 1 && (strcmp(last, "--help") == 0 || strcmp(last, "-h") == 0)) {
		list_commands(stdout);
		return STATUS_SUCCESS;
	}
	if (argc > 1 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0)) {
		printf("tlskey %s\n", PACKAGE_VERSION);
		return STATUS_SUCCESS;
	}
	if (argc > 1)
		fprintf(stderr, "tlskey: there is no command \"%s%s%s\"; try `tlskey --help`\n",
			argv[1], argc > 2 ? " " : "", argc > 2 ? argv[2] : "");
	else
		list_commands(stderr);
	return STATUS_USAGE;
}

int main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;

	setlocale(LC_ALL, "");
	protect();
	const struct command *command = argc > 1 ? find_command(argc, argv) : NULL;
	if (!command)
		return no_command(argc, argv);
	int skip = command->group ? 2 : 1;
	int status = command->run(command, argc - skip, argv + skip, &error);
	if (error)
		fprintf(stderr, "tlskey: %s\n", error->message);
	if (fflush(stdout) != 0 && status == 0) {
		fputs("tlskey: not all of the output could be written\n", stderr);
		return STATUS_FILE;
	}
	return status;
}
