/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /proc/keys (keyrings(7)): the one place where the kernel still says what an expired or revoked
 * key was, and when a key will expire. It is text, and a description can hold whole lines of it:
 * what is not certain is left out.
 */
#ifndef KEYRINGS_PROCKEYS_H
#define KEYRINGS_PROCKEYS_H

#include <keyutils.h>

#include <glib.h>

struct prockeys_key {
	char *type; /* cut by the kernel to nine bytes */
	char *description;
	char *expires; /* "perm", "expd", or the rest, rounded down: "23s", "5m", "7h", "2d", "3w"
			*/
};

/** prockeys_read - the text as it is now, "" where it cannot be had; g_free() it */
char *prockeys_read(void);

/**
 * prockeys_find - what the text says of a key
 * @key: prockeys_clear() it, whatever is returned
 *
 * Returns FALSE where there is no such line, or more than one, so that a line in somebody's
 * description is never believed.
 */
gboolean prockeys_find(const char *text, key_serial_t serial, struct prockeys_key *key);

/** prockeys_clear - free what prockeys_find() found */
void prockeys_clear(struct prockeys_key *key);

/**
 * prockeys_keyrings - the serial numbers of all keyrings in the text
 *
 * What is no keyring may be among them. Returns an array of key_serial_t; g_array_unref() it.
 */
GArray *prockeys_keyrings(const char *text);

#endif
