// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey nvme doctor: for "no pre-shared key for the identity ...", and for a key that the peer has
 * and we do not.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "nvmecommands.h"
#include "nvmeoptions.h"
#include "nvmeput.h"
#include "nvmerelated.h"
#include "output.h"
#include "proto.h"
#include "psk.h"
#include "status.h"
#include "store.h"

struct doctor {
	const struct nvmeoptions *options;
	const struct nvmepsk_source *source;
	struct nvmerelated related;
	GError *blind; /* why the keyring could not be looked at; NULL: it could */
	bool found; /* some form of the key is there */
	bool standard; /* the standard one */
	bool others; /* keys of these names that are none of this one's */
};

static const char *rule_name(enum nvmepsk_rule rule)
{
	return rule == NVMEPSK_COMPAT ? "derived as nvme-cli before 2.16 did (--compat)" :
					"derived by the standard, as nvme-cli from 2.16 on does";
}

static void judge(struct doctor *doctor)
{
	for (guint i = 0; i < doctor->related.keys->len; i++) {
		const struct nvmerelated_key *key = doctor->related.keys->pdata[i];
		if (key->candidate < 0) {
			doctor->others = true;
			continue;
		}
		doctor->found = true;
		if (doctor->related.candidates[key->candidate].psk.form.rule == NVMEPSK_STANDARD)
			doctor->standard = true;
	}
}

static void say_candidate(const struct doctor *doctor, int i)
{
	const struct nvmerelated_candidate *candidate = &doctor->related.candidates[i];
	const struct nvmerelated_key *key = nvmerelated_find(&doctor->related, i);
	int version = i / 2;

	printf("\nidentity of version %d, %s\n", version,
	       rule_name(i % 2 ? NVMEPSK_COMPAT : NVMEPSK_STANDARD));
	if (candidate->error) {
		printf("  cannot be: %s\n", candidate->error->message);
		return;
	}
	g_autofree char *identity = output_plain(candidate->psk.identity);
	g_autofree char *fingerprint = nvmepsk_fingerprint(candidate->psk.key);
	printf("  identity     %s\n  fingerprint  %s\n", identity, fingerprint);
	if (!doctor->blind && key)
		printf("  keyring      key %d\n", key->serial);
	else if (!doctor->blind)
		puts("  keyring      not there");
}

static const char *other_reason(const struct nvmerelated_key *key)
{
	if (key->error != 0)
		return "cannot be read";
	if (key->identity.kind == NVMEPSK_GENERATED)
		return "was made by in-band authentication";
	return key->same_identity ? "has one of these identities, but another content" :
				    "comes from another key";
}

static void say_others(const struct doctor *doctor)
{
	if (doctor->others)
		puts("\nother keys for this host and subsystem");
	for (guint i = 0; i < doctor->related.keys->len; i++) {
		const struct nvmerelated_key *key = doctor->related.keys->pdata[i];
		if (key->candidate >= 0)
			continue;
		g_autofree char *identity = output_plain(key->description);
		printf("  key %d %s: %s\n", key->serial, other_reason(key), identity);
	}
}

static void advise(GPtrArray *advice, const char *sentence)
{
	g_ptr_array_add(advice, g_strdup(sentence));
}

static void advise_on_keyring(const struct doctor *doctor, GPtrArray *advice)
{
	if (!doctor->found)
		advise(advice,
		       "This key is not in the keyring: `tlskey nvme import` puts it there, with "
		       "the version of the identity that the peer uses (--identity both for "
		       "either).");
	if (doctor->related.dead > 0)
		advise(advice,
		       "Expired or revoked keys are in the keyring, and the kernel does not say "
		       "whose they are: `tlskey nvme list` shows their numbers, and `tlskey nvme "
		       "import` takes the place of one.");
	if (doctor->found && !doctor->standard)
		advise(advice,
		       "The key is there as nvme-cli before 2.16 derives it: a peer that derives "
		       "by the standard has another key for it; import it again without --compat, "
		       "or use --compat there.");
	if (doctor->standard)
		advise(advice,
		       "If the peer's key comes from nvme-cli before 2.16, its fingerprint is "
		       "another one of those above: import with --compat on this side, or anew on "
		       "that side.");
	if (doctor->others)
		advise(advice,
		       "Several keys serve these names, or another one is in the place: a host "
		       "takes the one that `nvme connect --tls_key=` names, else one of version 1 "
		       "before one of version 0; `tlskey nvme rotate --retire` removes old ones.");
	if (doctor->related.longer->len > 0)
		advise(advice,
		       "There are keys for a subsystem whose name only begins like this one, and "
		       "the kernel's host takes one for the other: connect with --tls_key= and the "
		       "serial number of the key.");
}

/* The lines of advice, each a sentence. */
static GPtrArray *find_advice(const struct doctor *doctor)
{
	GPtrArray *advice = g_ptr_array_new_with_free_func(g_free);
	size_t length = secret_length(doctor->source->key);

	if (doctor->blind)
		advise(advice, doctor->options->json ?
				       "The keyring could not be looked at: see keyring_error." :
				       "The keyring could not be looked at; the last line says why.");
	else
		advise_on_keyring(doctor, advice);
	if (interchange_hash_of(length) == INTERCHANGE_SHA384 && !psk_hash_served(PROTO_PSK_SHA384))
		advise(advice,
		       "tlshd cannot use this key on this system: SHA-384 needs GnuTLS 3.8.11 or "
		       "newer.");
	return advice;
}

static void say(const struct doctor *doctor, const GPtrArray *advice)
{
	g_autofree char *host = output_plain(doctor->source->hostnqn);
	g_autofree char *subsystem = output_plain(doctor->source->subsysnqn);

	printf("key        %zu bytes, to be transformed with: %s\n",
	       secret_length(doctor->source->key), interchange_hash_name(doctor->source->hash));
	printf("host       %s\nsubsystem  %s\n", host, subsystem);
	printf("keyring    %s\n", nvmeoptions_keyring(doctor->options));
	for (int i = 0; i < NVMERELATED_FORMS; i++)
		say_candidate(doctor, i);
	say_others(doctor);
	puts("\nwhat to do");
	if (advice->len == 0)
		puts("  Nothing.");
	for (guint i = 0; i < advice->len; i++)
		printf("  %s\n", (const char *)advice->pdata[i]);
}

static void say_candidates_json(const struct doctor *doctor, JsonBuilder *builder)
{
	json_builder_set_member_name(builder, "forms");
	json_builder_begin_array(builder);
	for (int i = 0; i < NVMERELATED_FORMS; i++) {
		const struct nvmerelated_candidate *candidate = &doctor->related.candidates[i];
		const struct nvmerelated_key *key = nvmerelated_find(&doctor->related, i);
		if (candidate->error)
			continue;
		json_builder_begin_object(builder);
		nvmeput_describe(builder, &candidate->psk);
		if (doctor->blind)
			output_string(builder, "present", NULL);
		else
			output_bool(builder, "present", key != NULL);
		if (!doctor->blind && key)
			output_int(builder, "serial", key->serial);
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
}

static void say_json(const struct doctor *doctor, const GPtrArray *advice)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	output_string(builder, "hostnqn", doctor->source->hostnqn);
	output_string(builder, "subsysnqn", doctor->source->subsysnqn);
	output_string(builder, "keyring", nvmeoptions_keyring(doctor->options));
	output_string(builder, "keyring_error", doctor->blind ? doctor->blind->message : NULL);
	say_candidates_json(doctor, builder);
	json_builder_set_member_name(builder, "others");
	json_builder_begin_array(builder);
	for (guint i = 0; i < doctor->related.keys->len; i++) {
		const struct nvmerelated_key *key = doctor->related.keys->pdata[i];
		if (key->candidate >= 0)
			continue;
		json_builder_begin_object(builder);
		output_int(builder, "serial", key->serial);
		output_string(builder, "identity", key->description);
		output_string(builder, "reason", other_reason(key));
		json_builder_end_object(builder);
	}
	json_builder_end_array(builder);
	json_builder_set_member_name(builder, "advice");
	json_builder_begin_array(builder);
	for (guint i = 0; i < advice->len; i++)
		json_builder_add_string_value(builder, advice->pdata[i]);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	output_json(builder);
}

/* What can be said without the keyring is said all the same. */
static int examine(struct doctor *doctor, struct store *store, GError **error)
{
	key_serial_t keyring;

	int status = store_keyring(store, nvmeoptions_keyring(doctor->options), &keyring,
				   &doctor->blind);
	if (status == 0)
		status = nvmerelated_look(store, keyring, doctor->source, &doctor->related,
					  &doctor->blind);
	judge(doctor);
	g_autoptr(GPtrArray) advice = find_advice(doctor);
	if (doctor->options->json)
		say_json(doctor, advice);
	else
		say(doctor, advice);
	if (status != 0)
		g_propagate_error(error, g_steal_pointer(&doctor->blind));
	return status != 0 ? status : doctor->found ? 0 : STATUS_INCOMPLETE;
}

static int run_doctor(struct nvmeoptions *options, const char *file, GError **error)
{
	struct nvmepsk_source source = { 0 };
	struct doctor doctor = { .options = options, .source = &source };

	int status = nvmeoptions_names(options, error);
	if (status == 0)
		status = nvmeoptions_read_key(options, file, &source, error);
	if (status != 0)
		goto out;
	struct store *store = store_new(error);
	status = STATUS_FAILURE;
	if (store) {
		nvmerelated_derive(&source, &doctor.related);
		status = examine(&doctor, store, error);
		nvmerelated_clear(&doctor.related);
	}
	store_free(store);
out:
	secret_free(source.key);
	return status;
}

int nvmedoctor_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct nvmeoptions options = { 0 };
	const GOptionEntry entries[] = { NVMEOPTIONS_NAMES(&options),
					 NVMEOPTIONS_KEYRING(&options),
					 NVMEOPTIONS_JSON(&options),
					 { 0 } };
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = run_doctor(&options, argv[1], error);
	nvmeoptions_clear(&options);
	return status;
}
