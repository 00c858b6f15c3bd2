// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where commands for NVMe are tested; see keyrings_place.h.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>
#include <glib/gstdio.h>

#include "keyrings_place.h"
#include "nvme/nvme.h"
#include "status.h"

const struct command *place_command(const char *name)
{
	const struct command *command = nvme_commands;

	while (command->name && strcmp(command->name, name) != 0)
		command++;
	g_assert_nonnull(command->name);
	return command;
}

static char *put(char *line, const char *mark, const char *word)
{
	g_auto(GStrv) pieces = g_strsplit(line, mark, -1);

	g_free(line);
	return g_strjoinv(word, pieces);
}

int place_run(struct place *place, const char *line, GError **error)
{
	g_autofree char *keyring = g_strdup_printf("--keyring=%d", place->keyring);
	g_autofree char *captured = g_build_filename(place->folder, "stdout", NULL);
	g_autofree char *text = put(put(put(put(g_strdup(line), "%K", keyring), "%O", place->old),
					"%N", place->new),
				    "%F", place->output);
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	guint count = g_strv_length(words);
	/* The parser moves the words about, and forgets some. */
	g_autofree char **argv = g_new0(char *, count + 1);

	memcpy(argv, words, count * sizeof(*argv));
	const struct command *command = place_command(words[0]);
	fflush(stdout);
	int saved = dup(STDOUT_FILENO), fd = open(captured, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, STDOUT_FILENO);
	int status = command->run(command, count, argv, error);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(fd);
	g_free(place->text);
	g_assert_true(g_file_get_contents(captured, &place->text, NULL, NULL));
	return status;
}

void place_succeeds(struct place *place, const char *line)
{
	g_autoptr(GError) error = NULL;
	int status = place_run(place, line, &error);

	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
}

void place_fails(struct place *place, const char *line, int status, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(place_run(place, line, &error), ==, status);
	g_assert_nonnull(error);
	g_test_message("%s", error->message);
	g_assert_cmpint(status_of(error), ==, status);
	g_assert_nonnull(strstr(error->message, says));
}

bool place_says(const struct place *place, const char *text)
{
	return strstr(place->text, text) != NULL;
}

void place_set_up(struct place *place, const void *data)
{
	(void)data;
	place->keyring = fixture_keyring();
	place->folder = g_dir_make_tmp("tlskey-XXXXXX", NULL);
	place->old = g_build_filename(place->folder, "old", NULL);
	place->new = g_build_filename(place->folder, "new", NULL);
	place->output = g_build_filename(place->folder, "output", NULL);
	g_assert_true(g_file_set_contents_full(place->old, OLD, -1, G_FILE_SET_CONTENTS_CONSISTENT,
					       0600, NULL));
	g_autofree char *line = g_strdup_printf("generate -o %s", place->new);
	place_succeeds(place, line);
}

void place_tear_down(struct place *place, const void *data)
{
	g_autofree char *captured = g_build_filename(place->folder, "stdout", NULL);

	(void)data;
	g_unlink(place->old);
	g_unlink(place->new);
	g_unlink(place->output);
	g_unlink(captured);
	g_assert_cmpint(g_rmdir(place->folder), ==, 0); /* nothing else was left there */
	g_free(place->old);
	g_free(place->new);
	g_free(place->output);
	g_free(place->text);
	g_free(place->folder);
}
