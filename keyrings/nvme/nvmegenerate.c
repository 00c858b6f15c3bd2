// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey nvme generate.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#include "material.h"
#include "nvmecommands.h"
#include "nvmeput.h"
#include "status.h"

#define SECRET_FILE_MAX 256 /* bytes; 96 hexadecimal digits are the most */

struct generate {
	struct nvmeoptions options;
	char *hash;
	int length;
	char *secret; /* file */
	char *output; /* file */
	gboolean insert;
};

static int choose_hash(const struct generate *generate, enum interchange_hash *hash, size_t *length,
		       GError **error)
{
	static const char *const names[][2] = { { "0", "none" },
						{ "1", "sha256" },
						{ "2", "sha384" } };
	const char *name = generate->hash ? generate->hash : "1";
	unsigned int i = 0;

	while (i < G_N_ELEMENTS(names) && strcmp(name, names[i][0]) != 0 &&
	       g_ascii_strcasecmp(name, names[i][1]) != 0)
		i++;
	if (i == G_N_ELEMENTS(names))
		return status_set(error, STATUS_USAGE,
				  "--hash is 0 (none), 1 (sha256) or 2 (sha384), not \"%s\"", name);
	*hash = i;
	*length = interchange_length(*hash);
	if (*length == 0)
		*length = generate->length ? generate->length : 32;
	if ((generate->length && (size_t)generate->length != *length) ||
	    interchange_hash_of(*length) == INTERCHANGE_NONE)
		return status_set(error, STATUS_USAGE,
				  "--length %d does not go with --hash %s: SHA-256 has 32 bytes, "
				  "SHA-384 48, and none either",
				  generate->length, name);
	return 0;
}

static size_t without_line_end(struct secret *text)
{
	size_t length = secret_length(text);

	while (length > 0 && g_ascii_isspace(secret_data(text)[length - 1]))
		length--;
	return length;
}

/* As bytes, or as hexadecimal digits: which of them, the length says. */
static int read_secret(const char *file, size_t length, struct secret **key, GError **error)
{
	struct secret *text = NULL;
	int status = material_read(file, MATERIAL_PRIVATE, SECRET_FILE_MAX, &text, error);

	if (status != 0)
		return status;
	const uint8_t *data = secret_data(text);
	if (secret_length(text) == length) {
		*key = secret_copy(data, length);
		goto out;
	}
	size_t digits = without_line_end(text), good = 0;
	while (good < digits && g_ascii_isxdigit(data[good]))
		good++;
	if (digits != 2 * length || good != digits) {
		status = status_set(error, STATUS_INPUT,
				    "%s has to have %zu bytes, or %zu hexadecimal digits", file,
				    length, 2 * length);
		goto out;
	}
	*key = secret_new(length);
	secret_set_length(*key, length);
	for (size_t i = 0; i < length; i++)
		secret_data(*key)[i] = g_ascii_xdigit_value(data[2 * i]) << 4 |
			g_ascii_xdigit_value(data[2 * i + 1]);
out:
	secret_free(text);
	return status;
}

static int make_key(const struct generate *generate, size_t length, struct secret **key,
		    GError **error)
{
	if (generate->secret)
		return read_secret(generate->secret, length, key, error);
	*key = secret_new(length);
	secret_set_length(*key, length);
	int code = gnutls_rnd(GNUTLS_RND_KEY, secret_data(*key), length);
	if (code < 0)
		return status_set(error, STATUS_FAILURE, "there are no random numbers: %s",
				  gnutls_strerror(code));
	return 0;
}

static int write_key(const struct generate *generate, const struct nvmepsk_source *source,
		     GError **error)
{
	struct secret *text = interchange_format(source->hash, source->key);
	size_t length = secret_length(text);

	secret_data(text)[length] = '\n';
	int status = material_write(generate->output, secret_data(text), length + 1, error);
	secret_free(text);
	return status;
}

/* The key is in the keyring when it is in the file, too, and else in neither. */
static int insert(const struct generate *generate, const struct nvmepsk_source *source,
		  GError **error)
{
	struct nvmeput puts[2] = { 0 };
	int count = 0;
	struct store *store = store_new(error);

	if (!store)
		return STATUS_FAILURE;
	int status = nvmeput_all(store, &generate->options, source, puts, &count, error);
	if (status == 0)
		status = write_key(generate, source, error);
	if (status == 0) {
		store_keep(store);
		nvmeput_say(strcmp(generate->output, "-") == 0 ? stderr : stdout,
			    &generate->options, puts, count);
	}
	store_free(store);
	nvmeput_clear(puts);
	return status;
}

/* Without the keyring, what is said about it would be forgotten in silence. */
static int judge_options(const struct generate *generate, GError **error)
{
	const struct nvmeoptions *options = &generate->options;
	const struct {
		const char *name;
		bool given;
	} for_insert[] = {
		{ "--hostnqn", options->hostnqn },   { "--subsysnqn", options->subsysnqn },
		{ "--identity", options->identity }, { "--compat", options->compat },
		{ "--keyring", options->keyring },   { "--replace", options->replace },
		{ "--json", options->json },
	};

	if (!generate->output)
		return status_set(error, STATUS_USAGE,
				  "where is the key to go? Give --output FILE, or --output - to "
				  "print it");
	if (options->json && strcmp(generate->output, "-") == 0)
		return status_set(error, STATUS_USAGE,
				  "--json prints no keys: give --output FILE with it");
	for (size_t i = 0; i < G_N_ELEMENTS(for_insert) && !generate->insert; i++) {
		if (for_insert[i].given)
			return status_set(error, STATUS_USAGE,
					  "%s is about the keyring, and nothing is put there: give "
					  "--insert with it",
					  for_insert[i].name);
	}
	return 0;
}

static int generate_key(struct generate *generate, GError **error)
{
	struct nvmepsk_source source = { 0 };
	size_t length = 0;

	int status = judge_options(generate, error);
	if (status == 0)
		status = choose_hash(generate, &source.hash, &length, error);
	if (status == 0 && generate->insert)
		status = nvmeoptions_names(&generate->options, error);
	if (status == 0)
		status = make_key(generate, length, &source.key, error);
	source.hostnqn = generate->options.hostnqn;
	source.subsysnqn = generate->options.subsysnqn;
	if (status == 0)
		status = generate->insert ? insert(generate, &source, error) :
					    write_key(generate, &source, error);
	secret_free(source.key);
	return status;
}

int nvmegenerate_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct generate generate = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &generate.output,
		  "write the key there; - prints it", "FILE" },
		{ "hash", 'm', 0, G_OPTION_ARG_FILENAME, &generate.hash,
		  "what hosts transform it with: 1 or sha256 (default), 2 or sha384, 0 or none",
		  "HASH" },
		{ "hmac", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &generate.hash, NULL,
		  NULL },
		{ "length", 'l', 0, G_OPTION_ARG_INT, &generate.length,
		  "bytes of a key without hash: 32 (default) or 48", "BYTES" },
		{ "secret", 's', 0, G_OPTION_ARG_FILENAME, &generate.secret,
		  "take the key from this file (- for standard input), as bytes or hexadecimal "
		  "digits",
		  "FILE" },
		{ "insert", 'i', 0, G_OPTION_ARG_NONE, &generate.insert,
		  "put it into the keyring, too; the other options are for that", NULL },
		NVMEOPTIONS_NAMES(&generate.options),
		NVMEOPTIONS_IDENTITY(&generate.options),
		NVMEOPTIONS_COMPAT(&generate.options),
		NVMEOPTIONS_KEYRING(&generate.options),
		NVMEOPTIONS_REPLACE(&generate.options,
				    "take the place of another key with this identity"),
		NVMEOPTIONS_JSON(&generate.options),
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 0, 0, error) >= 0)
		status = generate_key(&generate, error);
	nvmeoptions_clear(&generate.options);
	g_free(generate.hash);
	g_free(generate.secret);
	g_free(generate.output);
	return status;
}
