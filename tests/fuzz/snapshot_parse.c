// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a snapshot. The three numbers in front are set right, because random bytes would never get
 * past them.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "snapshot_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Touch what was handed out, so that a pointer to nowhere shows. */
static unsigned int look(const struct snapshot_bytes *bytes)
{
	unsigned int sum = 0;

	for (uint32_t i = 0; i < bytes->size; i++)
		sum += bytes->data[i];
	return sum;
}

static unsigned int look_at_profile(const struct snapshot_profile *profile)
{
	unsigned int sum = strlen(profile->priority);

	for (uint32_t i = 0; i < profile->anchor_count; i++)
		sum += look(&profile->anchors[i]);
	for (uint32_t i = 0; i < profile->crl_count; i++)
		sum += look(&profile->crls[i]);
	for (uint32_t i = 0; i < profile->identity_count; i++) {
		const struct snapshot_identity *identity = &profile->identities[i];
		for (uint32_t j = 0; j < identity->chain_length; j++)
			sum += look(&identity->chain[j]);
		sum += look(&identity->spki) + strlen(identity->label);
	}
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t opening[3] = { SNAPSHOT_MAGIC, SNAPSHOT_FORMAT, sizeof(opening) + size };
	uint8_t *image = malloc(sizeof(opening) + size);
	struct snapshot *snapshot;
	volatile unsigned int sum = 0;

	memcpy(image, opening, sizeof(opening));
	memcpy(image + sizeof(opening), data, size);
	if (snapshot_parse(image, sizeof(opening) + size, &snapshot) == 0) {
		for (uint32_t i = 0; i < snapshot->keyring_count; i++)
			sum += snapshot->keyrings[i].serial + strlen(snapshot->keyrings[i].name);
		for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++)
			sum += look_at_profile(&snapshot->profiles[i]);
		snapshot_free(snapshot);
	}
	(void)sum;
	free(image);
	return 0;
}
