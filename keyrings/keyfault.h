/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an errno of the kernel's key calls means for a person, and for the exit status.
 */
#ifndef KEYRINGS_KEYFAULT_H
#define KEYRINGS_KEYFAULT_H

#include <glib.h>

/**
 * keyfault_set - set an error for a key call that failed
 * @number: the errno, positive
 * @format: what could not be done, "cannot add a key to keyring .nvme"; cause and remedy are put
 *	behind it
 *
 * Returns the enum status.
 */
int keyfault_set(GError **error, int number, const char *format, ...) G_GNUC_PRINTF(3, 4);

#endif
