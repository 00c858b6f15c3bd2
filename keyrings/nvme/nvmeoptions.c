// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Shared options; see nvmeoptions.h.
 */
#include <config.h>

#include <string.h>

#include "interchange.h"
#include "material.h"
#include "nqn.h"
#include "nvmeoptions.h"
#include "status.h"
#include "store.h"

#define KEY_FILE_MAX 4096 /* bytes; a key has 89 */

int nvmeoptions_names(struct nvmeoptions *options, GError **error)
{
	int status = 0;

	if (!options->subsysnqn)
		return status_set(error, STATUS_USAGE,
				  "the subsystem's NQN is missing: give --subsysnqn");
	if (!options->hostnqn)
		status = nqn_of_host(&options->hostnqn, error);
	if (status == 0)
		status = nqn_check(options->hostnqn, "host", error);
	if (status == 0)
		status = nqn_check(options->subsysnqn, "subsystem", error);
	return status;
}

int nvmeoptions_versions(const struct nvmeoptions *options, int versions[2], GError **error)
{
	const char *identity = options->identity ? options->identity : "1";

	if (strcmp(identity, "both") == 0) {
		versions[0] = 0;
		versions[1] = 1;
		return 2;
	}
	if (strcmp(identity, "0") != 0 && strcmp(identity, "1") != 0) {
		status_set(error, STATUS_USAGE, "--identity is 0, 1 or both, not \"%s\"", identity);
		return -1;
	}
	versions[0] = identity[0] - '0';
	return 1;
}

const char *nvmeoptions_keyring(const struct nvmeoptions *options)
{
	return options->keyring ? options->keyring : STORE_NVME;
}

void nvmeoptions_clear(struct nvmeoptions *options)
{
	g_free(options->hostnqn);
	g_free(options->subsysnqn);
	g_free(options->keyring);
	g_free(options->identity);
	memset(options, 0, sizeof(*options));
}

int nvmeoptions_read_key(const struct nvmeoptions *options, const char *file,
			 struct nvmepsk_source *source, GError **error)
{
	struct secret *text = NULL;

	memset(source, 0, sizeof(*source));
	int status = material_read(file, MATERIAL_PRIVATE, KEY_FILE_MAX, &text, error);
	if (status != 0)
		return status;
	status = interchange_parse(secret_text(text), secret_length(text), &source->hash,
				   &source->key, error);
	secret_free(text);
	if (status != 0) {
		g_autofree char *name = material_name(file);
		g_prefix_error(error, "%s: ", name);
	}
	source->hostnqn = options->hostnqn;
	source->subsysnqn = options->subsysnqn;
	return status;
}
