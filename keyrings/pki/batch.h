/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that appear together or not at all. Each is written beside its place and brought to the disk first; then all of them
 * get their names, and when one does not, those before it are taken back. Only a machine that stops between two of these
 * names leaves some new and some old; the order is that of batch_add().
 */
#ifndef KEYRINGS_PKI_BATCH_H
#define KEYRINGS_PKI_BATCH_H

#include <stddef.h>
#include <sys/types.h>

#include <glib.h>

struct batch;

enum batch_place {
	BATCH_NEW,	/* no file may be there yet */
	BATCH_REPLACE,	/* takes the place of one that is there */
};

/** batch_new - until batch_free(), signals that end the program wait */
struct batch *batch_new(void);

/**
 * batch_add - write a file, under a name that nobody looks at yet
 * @path: where it is to be; its folder has to exist
 * @mode: 0600 for secrets; the umask does not count
 *
 * Returns 0, STATUS_FILE, or STATUS_EXISTS when @place is BATCH_NEW and there is a file.
 */
int batch_add(struct batch *batch, const char *path, enum batch_place place, mode_t mode, const void *data, size_t length,
	      GError **error);

/** batch_commit - give all of them their names; as batch_add() on failure, and then nothing has changed */
int batch_commit(struct batch *batch, GError **error);

/** batch_free - without batch_commit() nothing stays; NULL is fine */
void batch_free(struct batch *batch);

#endif
