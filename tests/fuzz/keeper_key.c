// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as the content of a key file. What is taken as a key has a public half and a scheme, and
 * either signs so that its public half verifies, or is refused with a reason.
 */
#include <config.h>

#include <stdlib.h>

#include "keeper/key.h"
#include "keeper/keyfile.h"
#include "proto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[PROTO_TEXT_MAX];
	uint32_t trial_us;
	struct key *key;
	size_t spki_size;

	if (size == 0 || size > KEYFILE_SIZE_MAX)
		return 0;
	if (key_import(data, size, &key, why, sizeof(why)) < 0) {
		if (key || !*why)
			abort();
		return 0;
	}
	if (!key_spki(key, &spki_size) || spki_size == 0 || spki_size > PROTO_SPKI_MAX || key_schemes(key)[0] == 0)
		abort();
	if (key_trial(key, &trial_us, why, sizeof(why)) < 0 && !*why)
		abort();
	key_free(key);
	return 0;
}
