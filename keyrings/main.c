// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey: brings keys and certificates into the kernel's keyrings, where its consumers and tlshd
 * look for them.
 */
#include <config.h>

#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "command.h"
#include "load/load.h"
#include "material.h"
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

/* @group: only its commands; NULL for all */
static void list_commands(FILE *to, const char *group)
{
	fprintf(to, "usage: tlskey %s%sCOMMAND [OPTION...]\n\n", group ? group : "", group ? " " : "");
	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		for (const struct command *command = tables[i]; command->name; command++) {
			const char *first = command->group ? command->group : command->name;
			g_autofree char *words = g_strjoin(" ", first, command->group ? command->name : NULL, NULL);
			if (!group || g_strcmp0(command->group, group) == 0)
				fprintf(to, "  %-14s %s\n", words, command->summary);
		}
	}
	fprintf(to, "\n`tlskey %s%sCOMMAND --help` explains a command; tlskey(8) has all of it.\n", group ? group : "",
		group ? " " : "");
}

/* The commands of a group, "generate, import"; NULL where there is no such group; g_free() it. */
static char *commands_of(const char *group)
{
	GString *names = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(tables); i++) {
		for (const struct command *command = tables[i]; command->name; command++) {
			if (g_strcmp0(command->group, group) == 0)
				g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", command->name);
		}
	}
	return g_string_free(names, names->len == 0);
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

static gboolean is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
}

/* @names: of the commands of a group, where argv[1] is one */
static int say_mistake(int argc, char **argv, const char *names)
{
	g_autoptr(GError) error = NULL;

	if (names && argc == 2)
		fprintf(stderr, "tlskey: \"%s\" needs a command: %s\n", argv[1], names);
	else if (material_is_key(argv[1]) || (argc > 2 && material_is_key(argv[2])))
		material_refuse_key(&error);
	else
		fprintf(stderr, "tlskey: there is no command \"%s%s%s\"; try `tlskey %s%s--help`\n", argv[1],
			names ? " " : "", names ? argv[2] : "", names ? argv[1] : "", names ? " " : "");
	if (error)
		fprintf(stderr, "tlskey: %s\n", error->message);
	return STATUS_USAGE;
}

static int no_command(int argc, char **argv)
{
	g_autofree char *names = argc > 1 ? commands_of(argv[1]) : NULL;

	if (argc < 2) {
		list_commands(stderr, NULL);
		return STATUS_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0) {
		printf("tlskey %s\n", PACKAGE_VERSION);
		return STATUS_SUCCESS;
	}
	if (is_help(argv[1]) || (argc > 2 && is_help(argv[2]))) {
		list_commands(stdout, names ? argv[1] : NULL);
		return STATUS_SUCCESS;
	}
	return say_mistake(argc, argv, names);
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
	/* What was printed before the error stands before it. */
	bool lost = fflush(stdout) != 0;
	if (error)
		fprintf(stderr, "tlskey: %s\n", error->message);
	if (lost && status == 0) {
		fputs("tlskey: not all of the output could be written\n", stderr);
		return STATUS_FILE;
	}
	return status;
}
