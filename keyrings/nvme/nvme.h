/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands for pre-shared keys of NVMe over TCP.
 */
#ifndef KEYRINGS_NVME_H
#define KEYRINGS_NVME_H

#include "command.h"

extern const struct command nvme_commands[];

#endif
