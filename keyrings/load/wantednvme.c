// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The TLS PSKs of an entry of type nvme-psk; see wanted.h.
 */
#include <config.h>

#include "nvme/nqn.h"
#include "nvme/nvmeoptions.h"
#include "nvme/nvmeput.h"
#include "status.h"
#include "store.h"
#include "wanted.h"

static int derive(const struct nvmeoptions *options, const struct nvmepsk_source *source, struct wanted *wanted,
		  GError **error)
{
	int versions[2], status = 0;
	int count = nvmeoptions_versions(options, versions, error);

	if (count < 0)
		return STATUS_USAGE;
	for (int i = 0; status == 0 && i < count; i++) {
		struct nvmepsk psk = { 0 };
		struct nvmepsk_form form = {
			.version = versions[i],
			.kind = NVMEPSK_RETAINED,
			.rule = options->compat ? NVMEPSK_COMPAT : NVMEPSK_STANDARD,
		};
		status = nvmepsk_derive(source, &form, &psk, error);
		if (status == 0) {
			nvmeput_warn_of_library(&psk);
			wanted_add(wanted, STORE_PSK, g_steal_pointer(&psk.identity), g_steal_pointer(&psk.key));
		}
		nvmepsk_clear(&psk);
	}
	return status;
}

int wanted_nvme(struct wanted *wanted, GError **error)
{
	const struct keyentry *entry = wanted->entry;
	struct nvmepsk_source source = { 0 };
	struct nvmeoptions options = {
		.hostnqn = g_strdup(entry->hostnqn),
		.subsysnqn = g_strdup(entry->subsysnqn),
		.identity = g_strdup(entry->identity),
		.compat = entry->compat,
	};
	int status = 0;

	if (!options.hostnqn && nqn_of_host(&options.hostnqn, NULL) != 0)
		status = status_set(error, STATUS_INPUT,
				    "the host's NQN is missing: add hostnqn=, or write it into " SYSCONFDIR
				    "/nvme/hostnqn");
	if (status == 0)
		status = nqn_check(options.hostnqn, "host", error);
	if (status == 0)
		status = nvmeoptions_read_key(&options, entry->source, &source, error);
	if (status == 0)
		status = derive(&options, &source, wanted, error);
	secret_free(source.key);
	nvmeoptions_clear(&options);
	return status;
}
