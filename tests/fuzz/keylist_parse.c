// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a key list, with the three numbers in front set right.
 */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "snapshot_format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint32_t opening[3] = { KEYLIST_MAGIC, SNAPSHOT_FORMAT, sizeof(opening) + size };
	uint8_t *image = malloc(sizeof(opening) + size);
	struct keylist *list;
	volatile size_t sum = 0;

	memcpy(image, opening, sizeof(opening));
	memcpy(image + sizeof(opening), data, size);
	if (keylist_parse(image, sizeof(opening) + size, &list) == 0) {
		for (uint32_t i = 0; i < list->count; i++)
			sum += strlen(list->entries[i].source) + strlen(list->entries[i].origin);
		keylist_free(list);
	}
	(void)sum;
	free(image);
	return 0;
}
