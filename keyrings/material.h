/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where key material comes from and goes to: files, standard input and output, and the credentials
 * that a service manager hands over (systemd.exec(5), LoadCredential=). Never the command line:
 * everybody can read that.
 */
#ifndef KEYRINGS_MATERIAL_H
#define KEYRINGS_MATERIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "secret.h"

#define MATERIAL_CREDENTIAL "credential:"

enum material_kind {
	MATERIAL_PUBLIC, /* certificates: who can read the file does not matter */
	MATERIAL_PRIVATE,
};

/**
 * material_read - read all of it
 * @source: a path, "-" for standard input, or "credential:NAME" for the file NAME in
 *	$CREDENTIALS_DIRECTORY
 * @kind: of a private file, who can read it counts
 * @limit: most bytes that it may have, less than SECRET_MAX
 * @material: secret_free() it
 *
 * A private file that every user can read, or that others than its owner can write, is refused; one
 * that its group can read is taken with a warning. Pipes and credentials are not judged. Symbolic
 * links are followed.
 *
 * Returns 0 or an enum status (STATUS_FILE; STATUS_INPUT for one that is empty or over the
 * limit; STATUS_USAGE for no source at all, and
 * for what is a key itself).
 */
int material_read(const char *source, enum material_kind kind, size_t limit,
		  struct secret **material, GError **error);

/**
 * material_read_doubtful - read what may turn out to hold no secret at all
 * @doubt: why its content can be no secret, where others can read or write it, instead of an error:
 *	for the caller to decide when it has seen the content; g_clear_error() it. NULL: anybody may
 *
 * All else is as with material_read().
 */
int material_read_doubtful(const char *source, size_t limit, struct secret **material,
			   GError **doubt, GError **error);

/**
 * material_write - write a secret
 * @target: a path, where no file may be yet, or "-" for standard output
 * @data, @length: bytes
 *
 * The file can be read by its owner only, and has its name when its content is on the disk. Returns
 * 0 or an enum status: STATUS_EXISTS, STATUS_FILE.
 */
int material_write(const char *target, const void *data, size_t length, GError **error);

/**
 * material_is_key - is this a key itself, where the name of a source is expected?
 *
 * Judged by its beginning, by what only keys have in them, by lines, and by hexadecimal digits of the length of a key: 32 or 48
 * bytes. A file of such a name can be given as ./NAME.
 */
bool material_is_key(const char *text);

/** material_refuse_key - set the error for one that was typed, without quoting it. STATUS_USAGE */
int material_refuse_key(GError **error);

/**
 * material_name - @source for messages: "standard input", "credential NAME" or the path; g_free()
 * it
 */
char *material_name(const char *source);

#endif
