/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The layout of the two images, for the two who need it: the loader, which writes them (loader/image.c), and
 * snapshot.c, which reads them. Both belong to one build and one boot, so numbers are in host order.
 *
 *	number	four bytes
 *	bytes	a number (at least 1), then so many bytes
 *	text	a number, then so many bytes other than NUL, then a NUL
 *
 *	snapshot: magic, format, size of the image,
 *		count of settings (SNAPSHOT_SETTINGS), each setting in the order of struct snapshot_settings,
 *		count of keyrings, for each: serial, text name,
 *		for client and then server:
 *			role, text priority,
 *			count of identities, for each:
 *				key, count of certificates, bytes of each, bytes spki, text label
 *			count of anchors, bytes of each,
 *			count of revocation lists, bytes of each
 *	key list: magic, format, size of the image,
 *		count of keys, for each: text source, text origin
 */
#ifndef TLSHD_SNAPSHOT_FORMAT_H
#define TLSHD_SNAPSHOT_FORMAT_H

#include "snapshot.h"

#define SNAPSHOT_MAGIC 0x54534e50u	/* "TSNP" */
#define KEYLIST_MAGIC 0x544b4c53u	/* "TKLS" */
#define SNAPSHOT_FORMAT 4		/* raised with every change of the layout */

/* Far over what the limits of snapshot.h can fill with real certificates, and little enough to map. */
#define SNAPSHOT_IMAGE_MAX (64u << 20)

#define SNAPSHOT_SETTINGS (sizeof(struct snapshot_settings) / sizeof(uint32_t))
_Static_assert(sizeof(struct snapshot_settings) == SNAPSHOT_SETTINGS * sizeof(uint32_t),
	       "settings are numbers of four bytes and nothing else");

#endif
