/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What `tlskey load` prints: a line for each entry, or JSON.
 */
#ifndef KEYRINGS_LOADREPORT_H
#define KEYRINGS_LOADREPORT_H

#include <glib.h>

/**
 * loadreport_text - a line to standard output for each entry that is in its keyring or missing, and one to standard
 * error for each fault
 * @loadings: of struct keyloading
 * @check: was it a check?
 */
void loadreport_text(const GPtrArray *loadings, gboolean check);

/** loadreport_json - the same as one document; its members are described in tlskey(8) */
void loadreport_json(const char *folder, const GPtrArray *loadings);

#endif
