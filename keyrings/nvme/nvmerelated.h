/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a keyring has for a host and a subsystem, seen beside what one configured key derives to.
 */
#ifndef KEYRINGS_NVMERELATED_H
#define KEYRINGS_NVMERELATED_H

#include <stdbool.h>

#include "nvmeidentity.h"
#include "nvmepsk.h"
#include "store.h"

#define NVMERELATED_FORMS 4 /* version 0 and 1, standard and compat */

struct nvmerelated_candidate {
	struct nvmepsk psk;
	GError *error; /* why it cannot be derived; NULL: it can */
};

struct nvmerelated_key {
	key_serial_t serial;
	int error; /* errno of reading it */
	char *description;
	struct nvmeidentity identity;
	int candidate; /* which one it is: identity and content are the same; -1: none */
	bool same_identity; /* of some candidate */
};

struct nvmerelated {
	struct nvmerelated_candidate
		candidates[NVMERELATED_FORMS]; /* v0, v0 compat, v1, v1 compat */
	GPtrArray *keys; /* of struct nvmerelated_key: all for this host and subsystem */
	guint dead; /* expired or revoked keys: the kernel does not say whose */
	GPtrArray *longer; /* of char *: identities of others that only begin like these */
};

/** nvmerelated_derive - the candidates of a key, in all forms; nvmerelated_clear() them */
void nvmerelated_derive(const struct nvmepsk_source *source, struct nvmerelated *related);

/** nvmerelated_look - what the keyring has; 0 or an enum status. To be called once. */
int nvmerelated_look(struct store *store, key_serial_t keyring, const struct nvmepsk_source *source,
		     struct nvmerelated *related, GError **error);

/** nvmerelated_find - the key that is this candidate; NULL where it is not in the keyring */
const struct nvmerelated_key *nvmerelated_find(const struct nvmerelated *related, int candidate);

void nvmerelated_clear(struct nvmerelated *related);

#endif
