/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * NVMe qualified names (NVM Express Base Specification, "NVMe Qualified Names").
 */
#ifndef KEYRINGS_NQN_H
#define KEYRINGS_NQN_H

#include <glib.h>

#define NQN_MAX 223 /* bytes */

/**
 * nqn_check - can this be a name?
 * @whose: "host" or "subsystem", for the message
 *
 * Blanks separate the names in a TLS identity, so none may be within one. Returns 0 or
 * STATUS_INPUT.
 */
int nqn_check(const char *nqn, const char *whose, GError **error);

/**
 * nqn_of_host - this host's name, as nvme-cli keeps it (SYSCONFDIR/nvme/hostnqn)
 * @nqn: g_free() it
 *
 * Returns 0 or an enum status: STATUS_USAGE where there is no such file, since then the name has to
 * be given.
 */
int nqn_of_host(char **nqn, GError **error);

#endif
