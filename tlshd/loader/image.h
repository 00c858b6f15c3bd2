/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The images that the loader hands over: what snapshot.h reads, written.
 */
#ifndef TLSHD_LOADER_IMAGE_H
#define TLSHD_LOADER_IMAGE_H

#include <glib.h>

#include "loader/identity.h"
#include "loader/keys.h"
#include "loader/revocation.h"
#include "loader/trust.h"
#include "snapshot.h"

/* What one role is made of; all of it stays the caller's. */
struct image_profile {
	const char *priority;
	const struct identity *identities[SNAPSHOT_IDENTITIES_MAX]; /* in the order of preference; NULL ends it */
	guint32 keys[SNAPSHOT_IDENTITIES_MAX];	/* of the identities, in the key list */
	const struct trust *trust;
	const struct revocation *revocation;	/* NULL: none configured */
};

/** image_snapshot - the snapshot; @keyrings: struct snapshot_keyring; @profiles: client, then server */
GByteArray *image_snapshot(const struct snapshot_settings *settings, const GArray *keyrings,
			   const struct image_profile *profiles);

/** image_keylist - the key list */
GByteArray *image_keylist(const struct keys *keys);

/**
 * image_seal - put an image into a memory file that nobody can change any more
 * @name: shown in /proc/PID/fd
 *
 * Returns the descriptor (close-on-exec), or a negative errno.
 */
int image_seal(const GByteArray *image, const char *name);

#endif
