/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kernel modules that bring keyrings along: .nvme comes with nvme-keyring (which nvme-tcp and
 * nvmet-tcp load), .nfs with nfs of newer kernels: 7.3 has it, 6.12 has not.
 */
#ifndef KEYRINGS_MODULE_H
#define KEYRINGS_MODULE_H

#include <glib.h>

/**
 * module_of_keyring - the module that makes the keyring of this name; NULL for a keyring that no
 * module makes
 */
const char *module_of_keyring(const char *keyring);

/** module_hint - a sentence's end on how a keyring that is missing appears; a constant */
const char *module_hint(const char *keyring);

/**
 * module_load - load a module and those that it needs, as the kernel itself would
 * (/proc/sys/kernel/modprobe)
 *
 * Nothing happens when it is loaded, or built into the kernel. Returns 0 or an enum status.
 */
int module_load(const char *name, GError **error);

#endif
