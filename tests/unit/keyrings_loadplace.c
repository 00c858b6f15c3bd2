// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey load in a folder and a keyring of its own; see keyrings_loadplace.h.
 */
#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "keyrings_fixture.h"
#include "keyrings_loadplace.h"
#include "load/load.h"
#include "store.h"

static GString *modules_asked;

int __wrap_module_load(const char *name, GError **error);

/* This machine's modules stay as they are. */
int __wrap_module_load(const char *name, GError **error)
{
	(void)error;
	g_string_append_printf(modules_asked, "%s ", name);
	return 0;
}

void loadplace_file(const struct loadplace *place, const char *name, const char *text, mode_t mode)
{
	g_autofree char *path = g_build_filename(place->folder, name, NULL);

	g_assert_true(g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, mode, NULL));
}

/* A section for the keyring of this test; @more are further lines. */
char *loadplace_section(const struct loadplace *place, const char *name, const char *source, const char *more)
{
	return g_strdup_printf("[%s]\ntype=nvme-psk\nsource=%s\nkeyring=%d\nhostnqn=" LOADPLACE_HOST
			       "\nsubsysnqn=" LOADPLACE_TARGET "\n%s\n",
			       name, source, place->keyring, more);
}

void loadplace_entry(const struct loadplace *place, const char *file, const char *name, const char *source,
		     const char *more)
{
	g_autofree char *text = loadplace_section(place, name, source, more);

	loadplace_file(place, file, text, 0600);
}

static int redirect(int fd, const struct loadplace *place, const char *name)
{
	g_autofree char *path = g_build_filename(place->folder, name, NULL);
	int saved = dup(fd), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);

	dup2(file, fd);
	close(file);
	return saved;
}

static void restore(int fd, int saved, const struct loadplace *place, const char *name, char **text)
{
	g_autofree char *path = g_build_filename(place->folder, name, NULL);

	dup2(saved, fd);
	close(saved);
	g_free(*text);
	g_assert_true(g_file_get_contents(path, text, NULL, NULL));
}

/* The first command of the table, on this place's folder. */
static int load(struct loadplace *place, const char *options, GError **error)
{
	g_autofree char *line = g_strdup_printf("load --directory %s%s%s", place->folder, *options ? " " : "", options);
	g_auto(GStrv) words = g_strsplit(line, " ", -1);
	guint count = g_strv_length(words);
	/* The parser moves the words about, and forgets some. */
	g_autofree char **argv = g_new0(char *, count + 1);

	memcpy(argv, words, count * sizeof(*argv));
	fflush(stdout);
	int output = redirect(STDOUT_FILENO, place, "stdout"), complaints = redirect(STDERR_FILENO, place, "stderr");
	int status = load_commands[0].run(&load_commands[0], count, argv, error);
	fflush(stdout);
	restore(STDOUT_FILENO, output, place, "stdout", &place->output);
	restore(STDERR_FILENO, complaints, place, "stderr", &place->complaints);
	g_test_message("load %s: %d\n%s%s", options, status, place->output, place->complaints);
	return status;
}

/* What is to be said is only in the lines of entries. */
void loadplace_gives(struct loadplace *place, const char *options, int status)
{
	g_autoptr(GError) error = NULL;
	int got = load(place, options, &error);

	g_assert_no_error(error);
	g_assert_cmpint(got, ==, status);
}

void loadplace_refuses(struct loadplace *place, const char *options, int status, const char *words)
{
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(load(place, options, &error), ==, status);
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, words));
}

bool loadplace_says(const struct loadplace *place, const char *words)
{
	return strstr(place->output, words);
}

bool loadplace_complains(const struct loadplace *place, const char *words)
{
	return strstr(place->complaints, words);
}

/* The one key that begins so; 0 for none. */
key_serial_t loadplace_find(const struct loadplace *place, const char *beginning)
{
	g_autoptr(GPtrArray) entries = NULL;
	struct store *store = store_new(NULL);
	key_serial_t serial = 0;

	g_assert_cmpint(store_list(store, place->keyring, NULL, &entries, NULL), ==, 0);
	for (guint i = 0; i < entries->len; i++) {
		const struct store_entry *entry = entries->pdata[i];
		if (g_str_has_prefix(entry->description, beginning))
			serial = entry->serial;
	}
	store_free(store);
	return serial;
}

void loadplace_set_up(struct loadplace *place, const void *data)
{
	(void)data;
	place->keyring = fixture_keyring();
	place->folder = g_dir_make_tmp("tlskey-XXXXXX", NULL);
	place->modules = modules_asked = g_string_new(NULL);
	loadplace_file(place, "one.psk", LOADPLACE_KEY, 0600);
	/* The same bytes are another key without a hash. */
	loadplace_file(place, "two.psk", "NVMeTLSkey-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:\n", 0600);
}

void loadplace_tear_down(struct loadplace *place, const void *data)
{
	g_autoptr(GDir) dir = g_dir_open(place->folder, 0, NULL);
	const char *name;

	(void)data;
	fixture_fail_add(0, 0);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(place->folder, name, NULL);
		g_remove(path);
	}
	g_rmdir(place->folder);
	g_free(place->folder);
	g_free(place->output);
	g_free(place->complaints);
	g_string_free(place->modules, TRUE);
}
