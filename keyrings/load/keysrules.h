/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an entry has to have, and what goes together in one.
 */
#ifndef KEYRINGS_KEYSRULES_H
#define KEYRINGS_KEYSRULES_H

#include "keyentry.h"

/**
 * keysrules_check - find what is missing or does not fit, and fill in what was left out
 * @entry: with its settings; gets faults, at its section's line
 *
 * Opens no file.
 */
void keysrules_check(struct keyentry *entry);

#endif
