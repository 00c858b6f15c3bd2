/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands for keys at boot: load, and mount-options.
 */
#ifndef KEYRINGS_LOAD_H
#define KEYRINGS_LOAD_H

#include "command.h"

extern const struct command load_commands[];

#endif
