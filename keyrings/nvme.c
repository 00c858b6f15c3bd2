// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the commands for NVMe.
 */
#include <config.h>

#include "nvme.h"

const struct command nvme_commands[] = {
	{ 0 }
};
