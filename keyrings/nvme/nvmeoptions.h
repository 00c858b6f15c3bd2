/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options that the commands for NVMe share, and the key file that most of them begin with.
 */
#ifndef KEYRINGS_NVMEOPTIONS_H
#define KEYRINGS_NVMEOPTIONS_H

#include <glib.h>

#include "nvmepsk.h"

struct nvmeoptions {
	char *hostnqn;
	char *subsysnqn;
	char *keyring;
	char *identity; /* "0", "1" or "both" */
	gboolean compat;
	gboolean replace;
	gboolean json;
};

/* clang-format off */
#define NVMEOPTIONS_NAMES(o) \
	{ "hostnqn", 'n', 0, G_OPTION_ARG_FILENAME, &(o)->hostnqn, \
	  "NQN of the host (default: that in " SYSCONFDIR "/nvme/hostnqn)", "NQN" }, \
	{ "subsysnqn", 'c', 0, G_OPTION_ARG_FILENAME, &(o)->subsysnqn, \
	  "NQN of the subsystem", "NQN" }
#define NVMEOPTIONS_IDENTITY(o) \
	{ "identity", 'I', 0, G_OPTION_ARG_FILENAME, &(o)->identity, \
	  "version of the identity: 1 (default), 0 or both", "VERSION" }
#define NVMEOPTIONS_COMPAT(o) \
	{ "compat", 'C', 0, G_OPTION_ARG_NONE, &(o)->compat, \
	  "derive as nvme-cli before 2.16 did", NULL }
#define NVMEOPTIONS_KEYRING(o) \
	{ "keyring", 'k', 0, G_OPTION_ARG_FILENAME, &(o)->keyring, \
	  "keyring, by name or serial number (default: .nvme)", "KEYRING" }
#define NVMEOPTIONS_REPLACE(o, text) \
	{ "replace", 0, 0, G_OPTION_ARG_NONE, &(o)->replace, text, NULL }
#define NVMEOPTIONS_JSON(o) \
	{ "json", 'j', 0, G_OPTION_ARG_NONE, &(o)->json, "print JSON", NULL }
/* clang-format on */

/**
 * nvmeoptions_names - check the names, or find them
 *
 * Returns 0 or an enum status: STATUS_USAGE for one that is missing, STATUS_INPUT for what can be
 * no name.
 */
int nvmeoptions_names(struct nvmeoptions *options, GError **error);

/**
 * nvmeoptions_versions - which versions of an identity are meant
 * @versions: room for two
 *
 * Returns how many, or -1 with @error set.
 */
int nvmeoptions_versions(const struct nvmeoptions *options, int versions[2], GError **error);

/** nvmeoptions_keyring - the keyring's name */
const char *nvmeoptions_keyring(const struct nvmeoptions *options);

void nvmeoptions_clear(struct nvmeoptions *options);

/**
 * nvmeoptions_read_key - a key in the interchange format, for the names of the options
 * @file: as material_read() takes it
 * @source: valid as long as @options; secret_free() its key
 */
int nvmeoptions_read_key(const struct nvmeoptions *options, const char *file,
			 struct nvmepsk_source *source, GError **error);

#endif
