/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What can go wrong, and what tlskey exits with then. A function that fails sets a GError of this
 * domain whose code is one of these, and whose message is a whole line for a person: the cause and
 * the remedy, without a full stop. It is printed once, by main().
 */
#ifndef KEYRINGS_STATUS_H
#define KEYRINGS_STATUS_H

#include <glib.h>

/* tlskey(8), "Exit status": scripts rely on these, so numbers are never reused. */
enum status {
	STATUS_SUCCESS = 0,
	STATUS_FAILURE = 1, /* what none of the others says */
	STATUS_USAGE = 2, /* the command line is wrong */
	STATUS_INPUT = 3, /* format, checksum, length, what does not fit together */
	STATUS_FILE = 4, /* a file cannot be read or written, or others could read it */
	STATUS_KEYRING = 5, /* keyring or key type is not there: which module, says the text */
	STATUS_PERMISSION = 6, /* the kernel does not allow it */
	STATUS_QUOTA = 7, /* the user's quota of keys, or memory */
	STATUS_NOT_FOUND = 8, /* there is no such key */
	STATUS_EXISTS = 9, /* another key is in the place, and --replace was not given */
	STATUS_EXPIRED = 10, /* a key is expired or revoked */
	STATUS_INCOMPLETE = 11, /* the answer of a check is no: something is missing */
};

#define STATUS_ERROR status_error_quark()

/** status_error_quark - the domain of errors whose code is an enum status */
GQuark status_error_quark(void);

/**
 * status_set - set an error
 * @error: as in GLib: NULL when nobody asks, else not set yet
 * @status: not STATUS_SUCCESS
 * @format: the message, as for printf()
 *
 * Returns @status, so that a function can end with it.
 */
int status_set(GError **error, enum status status, const char *format, ...) G_GNUC_PRINTF(3, 4);

/**
 * status_of - the exit status that belongs to an error; that of an error of another domain is
 * STATUS_FAILURE
 */
int status_of(const GError *error);

#endif
