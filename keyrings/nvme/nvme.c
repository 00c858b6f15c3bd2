// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the commands for NVMe.
 */
#include <config.h>

#include "nvme.h"
#include "nvmecommands.h"

const struct command nvme_commands[] = {
	{ "nvme", "generate", "", "make a key in the interchange format", nvmegenerate_run },
	{ "nvme", "import", "KEYFILE",
	  "derive a key for a host and a subsystem, and put it into the keyring", nvmeimport_run },
	{ "nvme", "derive", "KEYFILE",
	  "print the identity that a key has for a host and a subsystem", nvmederive_run },
	{ "nvme", "list", "", "print which keys are in the keyring", nvmelist_run },
	{ "nvme", "remove", "IDENTITY|SERIAL", "remove a key from the keyring", nvmeremove_run },
	{ "nvme", "rotate", "KEYFILE",
	  "put a new key beside the old one, and later remove the old one", nvmerotate_run },
	{ "nvme", "doctor", "KEYFILE",
	  "print what peers may offer for a key, and which of it is in the keyring",
	  nvmedoctor_run },
	{ 0 }
};
