/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The commands for certificates and their private keys.
 */
#ifndef KEYRINGS_X509_H
#define KEYRINGS_X509_H

#include "command.h"

extern const struct command x509_commands[];

#endif
