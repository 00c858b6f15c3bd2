/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tlskey mount-options.
 */
#ifndef KEYRINGS_MOUNTOPTIONS_H
#define KEYRINGS_MOUNTOPTIONS_H

#include "command.h"

/** mountoptions_run - a struct command's run() */
int mountoptions_run(const struct command *command, int argc, char **argv, GError **error);

#endif
