/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bringing keyrings to what the configuration says: entry by entry, each wholly or not at all, and none in the way of
 * the others.
 */
#ifndef KEYRINGS_KEYLOADING_H
#define KEYRINGS_KEYLOADING_H

#include "keyentry.h"
#include "status.h"
#include "wanted.h"

enum keyloading_state {
	KEYLOADING_PRESENT, /* all as it is to be */
	KEYLOADING_ADDED,
	KEYLOADING_REPLACED,
	KEYLOADING_MISSING,   /* a check found: something is not there, or not usable any more */
	KEYLOADING_DIFFERENT, /* something else is in the place, and may not be replaced; error says so */
	KEYLOADING_FAILED,    /* error, or the entry's own faults, say why */
};

struct keyloading {
	const struct keyentry *entry;
	enum keyloading_state state;
	struct wanted *wanted; /* NULL where it did not come to that */
	GError *error;
};

struct keyloading_options {
	gboolean check;	  /* only look: neither keyrings nor modules change */
	gboolean replace; /* what is different, also where the entry does not say so */
};

/**
 * keyloading_run - load, or check
 * @entries: of struct keyentry; they have to outlive the result
 *
 * Two entries that want different keys in the same place are a fault of the second one. Returns struct keyloading for
 * each, in their order; g_ptr_array_unref() it.
 */
GPtrArray *keyloading_run(const GPtrArray *entries, const struct keyloading_options *options);

/**
 * keyloading_modules - load the modules of the keyrings that entries want, and no key
 *
 * An entry with faults wants none. Returns 0, or the status of the first module that could not be loaded, after the
 * others.
 */
int keyloading_modules(const GPtrArray *entries, GError **error);

/**
 * keyloading_status - what to exit with
 * @loadings: as keyloading_run() returns them
 * @check: was it a check?
 *
 * Returns 0 when all is in the keyrings; else STATUS_INCOMPLETE for a check, and the first failure's status for a load.
 */
enum status keyloading_status(const GPtrArray *loadings, gboolean check);

#endif
