// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the key list to keys that sign.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "keyfile.h"
#include "keys.h"
#include "proto.h"

struct slot {
	char *name;
	struct keyfile *file;	/* until it is read */
	struct key *key;
	uint32_t trial_us;
};

struct keys {
	uint32_t count;
	struct slot slots[PROTO_KEYS_MAX];
};

int keys_open(const struct keylist *list, int channel, struct keys **out)
{
	char why[PROTO_TEXT_MAX];
	int first_error = 0;

	*out = NULL;
	if (list->count > PROTO_KEYS_MAX)
		return -E2BIG;
	struct keys *keys = calloc(1, sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	keys->count = list->count;
	for (uint32_t i = 0; i < keys->count; i++) {
		const struct keylist_entry *entry = &list->entries[i];
		struct slot *slot = &keys->slots[i];
		if (asprintf(&slot->name, "private key %s (%s)", entry->source, entry->origin) < 0) {
			slot->name = NULL;
			first_error = -ENOMEM;
			break;
		}
		int ret = keyfile_open(entry->source, &slot->file, why, sizeof(why));
		if (*why)
			proto_notice(channel, ret < 0 ? LOG_ERR : LOG_WARNING, "%s %s", slot->name, why);
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

static int load(struct slot *slot, char *why, size_t room)
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
	if (ret < 0)
		return ret;
	return key_trial(slot->key, &slot->trial_us, why, room);
}

int keys_load(struct keys *keys, int channel)
{
	char why[PROTO_TEXT_MAX];
	int first_error = 0;

	for (uint32_t i = 0; i < keys->count; i++) {
		struct slot *slot = &keys->slots[i];
		int ret = load(slot, why, sizeof(why));
		if (ret < 0)
			proto_notice(channel, LOG_ERR, "%s %s", slot->name, why);
		if (ret < 0 && first_error == 0)
			first_error = ret;
		keyfile_close(slot->file);
		slot->file = NULL;
	}
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
		free(keys->slots[i].name);
	}
	free(keys);
}
