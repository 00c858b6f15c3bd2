// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any text as the identity of a key. What is taken for one consists of nothing but its
 * parts.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "nvme/nqn.h"
#include "nvme/nvmeidentity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text)
{
	struct nvmeidentity identity;

	if (nvmeidentity_parse(text, &identity)) {
		g_autofree char *again =
			g_strdup_printf("NVMe%d%c%02d %s %s%s%s", identity.version,
					identity.kind == NVMEPSK_GENERATED ? 'G' : 'R',
					identity.hash, identity.hostnqn, identity.subsysnqn,
					identity.digest ? " " : "",
					identity.digest ? identity.digest : "");
		if (strcmp(again, text) != 0 || strlen(identity.hostnqn) > NQN_MAX ||
		    strlen(identity.subsysnqn) > NQN_MAX ||
		    !nvmeidentity_is_of(&identity, identity.hostnqn, identity.subsysnqn) ||
		    (identity.version == 1) != (identity.digest != NULL))
			abort();
	}
	nvmeidentity_clear(&identity);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	g_autofree char *identity = g_strconcat("NVMe1R01 ", text, NULL);

	check(text);
	check(identity);
	return 0;
}
