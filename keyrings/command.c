// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What subcommands share; see command.h. GLib reads the options here: there are no old scripts to
 * be kept to, and each command gets its --help from the table of its options.
 */
#include <config.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "command.h"
#include "material.h"
#include "status.h"

static GOptionContext *make_context(const struct command *command, const GOptionEntry *options)
{
	g_autofree char *summary = g_strdup_printf("%c%s.", g_ascii_toupper(command->summary[0]),
						   command->summary + 1);
	GOptionContext *context = g_option_context_new(command->arguments);

	g_option_context_set_summary(context, summary);
	g_option_context_set_description(context, "See tlskey(8).");
	if (options)
		g_option_context_add_main_entries(context, options, NULL);
	return context;
}

/* The library's message would quote it. */
static gboolean has_key(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		const char *value = strchr(argv[i], '=');
		if (material_is_key(argv[i]) || (value && material_is_key(value + 1)))
			return TRUE;
	}
	return FALSE;
}

/* No file, keyring or name is called nothing, and in a message nobody would see it. */
static gboolean any_empty(const GOptionEntry *options, GError **error)
{
	for (; options && options->long_name; options++) {
		const char *const *word = options->arg_data;
		if (options->arg != G_OPTION_ARG_FILENAME || !*word || **word)
			continue;
		status_set(error, STATUS_USAGE, "--%s is empty: it needs a value", options->long_name);
		return TRUE;
	}
	return FALSE;
}

int command_parse(const struct command *command, const GOptionEntry *options, int argc, char **argv,
		  int least, int most, GError **error)
{
	/* GLib takes the usage line's first words from here. */
	g_autofree char *name =
		g_strdup_printf("tlskey %s%s%s", command->group ? command->group : "",
				command->group ? " " : "", command->name);
	g_autoptr(GOptionContext) context = make_context(command, options);

	g_set_prgname(name);
	gboolean typed_key = has_key(argc, argv);
	if (!g_option_context_parse(context, &argc, &argv, error)) {
		if (typed_key) {
			g_clear_error(error);
			material_refuse_key(error);
			return -1;
		}
		/* main() says "tlskey" already. */
		g_prefix_error(error, "%s: ", strchr(name, ' ') + 1);
		return -1;
	}
	if (any_empty(options, error))
		return -1;
	/* "--" ends the options, and is no argument. */
	if (argc > 1 && strcmp(argv[1], "--") == 0) {
		memmove(&argv[1], &argv[2], (argc - 1) * sizeof(argv[0]));
		argc--;
	}
	int count = argc - 1;
	if (count < least || count > most) {
		status_set(error, STATUS_USAGE, "%s; usage: %s [OPTION...] %s",
			   count < least ? "an argument is missing" :
					   "there are too many arguments",
			   name, command->arguments);
		return -1;
	}
	return count;
}

void command_warn(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	fflush(stdout);
	fprintf(stderr, "tlskey: warning: %s\n", text);
}

gboolean command_number(const char *text, gint64 least, gint64 most, gint64 *number)
{
	gboolean hexadecimal = g_ascii_strncasecmp(text, "0x", 2) == 0;
	const char *digits = hexadecimal ? text + 2 : text;

	return g_ascii_string_to_signed(digits, hexadecimal ? 16 : 10, least, most, number, NULL);
}
