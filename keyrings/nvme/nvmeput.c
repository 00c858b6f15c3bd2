// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys into keyrings; see nvmeput.h.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "command.h"
#include "nvmeput.h"
#include "output.h"
#include "proto.h"
#include "psk.h"
#include "status.h"

enum likeness {
	LIKENESS_SAME,
	LIKENESS_OTHER,
	LIKENESS_DEAD, /* expired, revoked or gone: it does not count */
};

static int compare(struct store *store, key_serial_t serial, struct secret *key,
		   enum likeness *likeness, GError **error)
{
	g_autoptr(GError) failure = NULL;
	struct secret *present = NULL;
	int status = store_read(store, serial, &present, &failure);

	if (status == STATUS_EXPIRED || status == STATUS_NOT_FOUND) {
		*likeness = LIKENESS_DEAD;
		return 0;
	}
	if (status != 0) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return status;
	}
	*likeness = secret_equal(present, key) ? LIKENESS_SAME : LIKENESS_OTHER;
	secret_free(present);
	return 0;
}

static int refuse(const struct nvmepsk *psk, key_serial_t serial, GError **error)
{
	g_autofree char *identity = output_plain(psk->identity);

	return status_set(error, STATUS_EXISTS,
			  "key %d has this identity already, with another content: %s; %s: with "
			  "--replace the new one takes its place at once, and peers that still "
			  "have the old one are refused from then on",
			  serial, identity,
			  psk->form.version == 0 ?
				  "an identity of version 0 says only who talks to whom, so old "
				  "and new key cannot stand side by side" :
				  "it is the same key, derived in another way");
}

void nvmeput_warn_of_library(const struct nvmepsk *psk)
{
	if (psk->hash == INTERCHANGE_SHA384 && !psk_hash_served(PROTO_PSK_SHA384))
		command_warn("the key is in the keyring, but tlshd cannot use it on this system: "
			     "keys with SHA-384 need GnuTLS 3.8.11 or newer; use a key of 32 bytes "
			     "(SHA-256)");
}

int nvmeput_key(struct store *store, key_serial_t keyring, bool replace, struct nvmeput *put,
		GError **error)
{
	const struct nvmepsk *psk = &put->psk;
	struct store_key key = {
		.type = STORE_PSK,
		.description = psk->identity,
		.payload = secret_data(psk->key),
		.size = secret_length(psk->key),
	};
	int status = store_find(store, keyring, STORE_PSK, psk->identity, &put->serial, error);

	if (status != 0)
		return status;
	put->outcome = NVMEPUT_ADDED;
	if (put->serial) {
		enum likeness likeness;
		status = compare(store, put->serial, psk->key, &likeness, error);
		if (status != 0)
			return status;
		if (likeness == LIKENESS_SAME) {
			put->outcome = NVMEPUT_PRESENT;
			nvmeput_warn_of_library(psk);
			return 0;
		}
		if (likeness == LIKENESS_OTHER && !replace)
			return refuse(psk, put->serial, error);
		put->outcome = NVMEPUT_REPLACED;
	}
	status = store_add(store, keyring, &key, &put->serial, error);
	if (status == 0)
		nvmeput_warn_of_library(psk);
	return status;
}

int nvmeput_all(struct store *store, const struct nvmeoptions *options,
		const struct nvmepsk_source *source, struct nvmeput puts[2], int *count,
		GError **error)
{
	int versions[2];
	key_serial_t keyring;

	memset(puts, 0, 2 * sizeof(puts[0]));
	*count = nvmeoptions_versions(options, versions, error);
	if (*count < 0)
		return STATUS_USAGE;
	int status = store_keyring(store, nvmeoptions_keyring(options), &keyring, error);
	for (int i = 0; status == 0 && i < *count; i++) {
		struct nvmepsk_form form = {
			.version = versions[i],
			.kind = NVMEPSK_RETAINED,
			.rule = options->compat ? NVMEPSK_COMPAT : NVMEPSK_STANDARD,
		};
		status = nvmepsk_derive(source, &form, &puts[i].psk, error);
		if (status == 0)
			status = nvmeput_key(store, keyring, options->replace, &puts[i], error);
	}
	return status;
}

void nvmeput_clear(struct nvmeput puts[2])
{
	nvmepsk_clear(&puts[0].psk);
	nvmepsk_clear(&puts[1].psk);
}

void nvmeput_describe(JsonBuilder *builder, const struct nvmepsk *psk)
{
	g_autofree char *fingerprint = nvmepsk_fingerprint(psk->key);

	output_string(builder, "identity", psk->identity);
	output_int(builder, "version", psk->form.version);
	output_string(builder, "kind",
		      psk->form.kind == NVMEPSK_GENERATED ? "generated" : "retained");
	output_string(builder, "hash", interchange_hash_name(psk->hash));
	output_string(builder, "derivation",
		      psk->form.rule == NVMEPSK_COMPAT ? "compat" : "standard");
	output_string(builder, "fingerprint", fingerprint);
}

static void say_json(const struct nvmeoptions *options, const struct nvmeput *puts, int count)
{
	static const char *const outcomes[] = { "added", "present", "replaced" };
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	output_string(builder, "keyring", nvmeoptions_keyring(options));
	json_builder_set_member_name(builder, "keys");
	json_builder_begin_array(builder);
	for (int i = 0; i < count; i++) {
		json_builder_begin_object(builder);
		output_int(builder, "serial", puts[i].serial);
		nvmeput_describe(builder, &puts[i].psk);
		output_string(builder, "result", outcomes[puts[i].outcome]);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	output_json(builder);
}

void nvmeput_say(FILE *to, const struct nvmeoptions *options, const struct nvmeput *puts, int count)
{
	static const char *const outcomes[] = { "added to", "is there already in",
						"took the place of another in" };

	if (options->json) {
		say_json(options, puts, count);
		return;
	}
	for (int i = 0; i < count; i++) {
		g_autofree char *identity = output_plain(puts[i].psk.identity);
		fprintf(to, "key %d %s %s: %s\n", puts[i].serial, outcomes[puts[i].outcome],
			nvmeoptions_keyring(options), identity);
	}
}
