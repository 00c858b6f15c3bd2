/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Putting TLS PSKs into a keyring, and saying what became of them.
 */
#ifndef KEYRINGS_NVMEPUT_H
#define KEYRINGS_NVMEPUT_H

#include <stdio.h>

#include <json-glib/json-glib.h>

#include "nvmeoptions.h"
#include "nvmepsk.h"
#include "store.h"

enum nvmeput_outcome {
	NVMEPUT_ADDED,
	NVMEPUT_PRESENT, /* the very same key was there */
	NVMEPUT_REPLACED,
};

struct nvmeput {
	struct nvmepsk psk;
	key_serial_t serial;
	enum nvmeput_outcome outcome;
};

/**
 * nvmeput_key - put a derived key into a keyring, unless it is there already
 * @replace: may it take the place of another key with this identity? One that is expired or revoked
 *	is no such key
 * @put: its psk is set; gets serial and outcome
 *
 * Returns 0 or an enum status: STATUS_EXISTS for a place that another key has. A key that the TLS
 * library cannot use is put there all the same, with a warning.
 */
int nvmeput_key(struct store *store, key_serial_t keyring, bool replace, struct nvmeput *put,
		GError **error);

/**
 * nvmeput_all - derive and put the keys that the options mean
 * @puts: room for two; nvmeput_clear() them, whatever comes out
 * @count: how many there are
 */
int nvmeput_all(struct store *store, const struct nvmeoptions *options,
		const struct nvmepsk_source *source, struct nvmeput puts[2], int *count,
		GError **error);

/** nvmeput_warn_of_library - a warning where the TLS library of this system cannot use such a key */
void nvmeput_warn_of_library(const struct nvmepsk *psk);

void nvmeput_clear(struct nvmeput puts[2]);

/** nvmeput_say - print what was done: as text to @to, or as JSON to standard output */
void nvmeput_say(FILE *to, const struct nvmeoptions *options, const struct nvmeput *puts,
		 int count);

/** nvmeput_describe - the members that name a derived key, for the object that is being built */
void nvmeput_describe(JsonBuilder *builder, const struct nvmepsk *psk);

#endif
