// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the key list to keys that sign.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "keyfile.h"
#include "keys.h"
#include "keyurl.h"
#include "pin.h"
#include "proto.h"
#include "token.h"

struct slot {
	char *name;
	struct keyfile *file;	/* until it is read */
	struct keyurl *url;	/* NULL: the key is in a file */
	struct pin *pin;	/* of the URL */
	struct key *key;
	uint32_t trial_us;
};

struct keys {
	uint32_t count;
	struct pin_ledger *ledger;
	struct slot slots[PROTO_KEYS_MAX];
};

static int open_url(struct keys *keys, struct slot *slot, const char *source, char *why, size_t room)
{
	const char *wrong;

	int ret = keyurl_parse(source, &slot->url, &wrong);
	snprintf(why, room, "%s", wrong);
	return ret < 0 ? ret : pin_open(slot->url, keys->ledger, &slot->pin, why, room);
}

static int open_slot(struct keys *keys, struct slot *slot, const struct keylist_entry *entry, int channel)
{
	char why[PROTO_TEXT_MAX];
	int ret = -ENOMEM;

	char *source = keyurl_name(entry->source);
	if (source && asprintf(&slot->name, "private key %s (%s)", source, entry->origin) < 0)
		slot->name = NULL;
	free(source);
	if (!slot->name)
		return ret;
	if (keyurl_is(entry->source))
		ret = open_url(keys, slot, entry->source, why, sizeof(why));
	else
		ret = keyfile_open(entry->source, &slot->file, why, sizeof(why));
	if (*why)
		proto_notice(channel, ret < 0 ? LOG_ERR : LOG_WARNING, "%s %s", slot->name, why);
	return ret;
}

int keys_open(const struct keylist *list, int channel, struct keys **out)
{
	int first_error = 0;

	*out = NULL;
	if (list->count > PROTO_KEYS_MAX)
		return -E2BIG;
	struct keys *keys = calloc(1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	keys->count = list->count;
	keys->ledger = pin_ledger_new();
	if (!keys->ledger)
		first_error = -ENOMEM;
	for (uint32_t i = 0; keys->ledger && i < keys->count; i++) {
		int ret = open_slot(keys, &keys->slots[i], &list->entries[i], channel);
		if (ret < 0 && first_error == 0)
			first_error = ret;
	}
	if (first_error < 0) {
		keys_free(keys);
		return first_error;
	}
	*out = keys;
	return 0;
}

static int load_file(struct slot *slot, char *why, size_t room)
{
	uint8_t *data;
	size_t size;

	int ret = keyfile_read(slot->file, &data, &size);
	if (ret < 0) {
		snprintf(why, room, "cannot be read (%s)", strerror(-ret));
		return ret;
	}
	ret = key_import(data, size, &slot->key, why, room);
	keyfile_wipe(data, size);
	return ret;
}

static int load(struct slot *slot, char *why, size_t room)
{
	int ret = slot->url ? pin_read(slot->pin, why, room) : 0;

	if (ret == 0)
		ret = slot->url ? token_load(slot->url, slot->pin, &slot->key, why, room) : load_file(slot, why, room);
	return ret < 0 ? ret : key_trial(slot->key, &slot->trial_us, why, room);
}

/* The system's modules are loaded only when a URL does not name its own. Returns the first slot that needs the library. */
static const struct slot *wants_tokens(const struct keys *keys, bool *system)
{
	const struct slot *first = NULL;

	*system = false;
	for (uint32_t i = 0; i < keys->count; i++) {
		const struct slot *slot = &keys->slots[i];
		first = first || !slot->url ? first : slot;
		*system = *system || (slot->url && !slot->url->module);
	}
	return first;
}

bool keys_in_tokens(const struct keys *keys)
{
	bool system;

	return wants_tokens(keys, &system) != NULL;
}

/* Who starts keepers must not start one after the other, each with one more try: not every token counts for us. */
static void tell_of_pin(int channel)
{
	union proto_message message;

	proto_init(&message, PROTO_PIN_TROUBLE);
	proto_send(channel, &message, NULL, 0);
}

int keys_load(struct keys *keys, int channel)
{
	char why[PROTO_TEXT_MAX];
	bool pin_trouble = false;
	int first_error = 0;
	bool system;

	const struct slot *first = wants_tokens(keys, &system);
	if (first && token_start(system, why, sizeof(why)) < 0) {
		proto_notice(channel, LOG_ERR, "%s %s", first->name, why);
		return -EIO;
	}
	for (uint32_t i = 0; i < keys->count; i++) {
		struct slot *slot = &keys->slots[i];
		int ret = load(slot, why, sizeof(why));
		if (ret < 0)
			proto_notice(channel, LOG_ERR, "%s %s", slot->name, why);
		if (ret < 0 && first_error == 0)
			first_error = ret;
		pin_trouble = pin_trouble || (slot->url && ret == -EACCES);
		keyfile_close(slot->file);
		slot->file = NULL;
	}
	if (pin_trouble)
		tell_of_pin(channel);
	return first_error;
}

int keys_announce(const struct keys *keys, int channel)
{
	union proto_message message;

	for (uint32_t i = 0; i < keys->count; i++) {
		size_t size;
		const uint8_t *spki = key_spki(keys->slots[i].key, &size);
		proto_init(&message, PROTO_KEY);
		message.key.key = i;
		message.key.trial_us = keys->slots[i].trial_us;
		message.key.spki_length = size;
		memcpy(message.key.spki, spki, size);
		int ret = proto_send(channel, &message, NULL, 0);
		if (ret < 0)
			return ret;
	}
	proto_init(&message, PROTO_KEEPER_READY);
	message.keeper_ready.keys = keys->count;
	return proto_send(channel, &message, NULL, 0);
}

uint32_t keys_count(const struct keys *keys)
{
	return keys->count;
}

const struct key *keys_get(const struct keys *keys, uint32_t index)
{
	return keys->slots[index].key;
}

const char *keys_name(const struct keys *keys, uint32_t index)
{
	return keys->slots[index].name;
}

void keys_free(struct keys *keys)
{
	if (!keys)
		return;
	for (uint32_t i = 0; i < keys->count; i++) {
		key_free(keys->slots[i].key);
		keyfile_close(keys->slots[i].file);
		/* After the key, for which the token may ask for it. */
		pin_free(keys->slots[i].pin);
		keyurl_free(keys->slots[i].url);
		free(keys->slots[i].name);
	}
	pin_ledger_free(keys->ledger);
	free(keys);
}
