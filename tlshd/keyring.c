// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keyrings of requests and keyrings with names. Possession of a keyring, and so of its keys, is that it can be reached
 * from our session keyring (keyrings(7), keyctl_search(3)).
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <glib.h>

#include "keyinfo.h"
#include "keyring.h"
#include "log.h"
#include "proto.h"

#define LOOK_AGAIN_MS 1000

/*
 * A request's keyring hangs in a keyring of its own: two of one description in the same parent would replace each
 * other, and the keyrings of two containers may well have one description.
 */
struct holder {
	key_serial_t serial;		/* of the request's keyring: the table's key */
	key_serial_t keyring;
	unsigned int count;
};

struct named {
	char *name;
	key_serial_t serial;		/* 0: not there, or not ours to use */
	int64_t next_look_ms;
	int refused;			/* errno that was logged last */
};

struct keyrings {
	GHashTable *holders;		/* serial -> struct holder */
	GHashTable *named;		/* name -> struct named */
};

static void named_free(void *pointer)
{
	struct named *named = pointer;

	g_free(named->name);
	g_free(named);
}

struct keyrings *keyrings_new(void)
{
	struct keyrings *keyrings = g_new0(struct keyrings, 1);

	keyrings->holders = g_hash_table_new_full(g_int_hash, g_int_equal, NULL, g_free);
	keyrings->named = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, named_free);
	return keyrings;
}

void keyrings_free(struct keyrings *keyrings)
{
	g_hash_table_destroy(keyrings->holders);
	g_hash_table_destroy(keyrings->named);
	g_free(keyrings);
}

key_serial_t keyrings_requested(void)
{
	key_serial_t serial = 0;
	long size = keyctl_read(KEY_SPEC_PROCESS_KEYRING, (char *)&serial, sizeof(serial));

	if (size < 0)
		return -errno;
	/* What another request left, which could not be cleared, must not serve this one. */
	return size > (long)sizeof(serial) ? -EBUSY : serial;
}

int keyrings_hold(struct keyrings *keyrings, key_serial_t serial)
{
	struct holder *holder = g_hash_table_lookup(keyrings->holders, &serial);
	char name[32];

	if (holder) {
		holder->count++;
		return 0;
	}
	snprintf(name, sizeof(name), "req-%d", serial);
	key_serial_t keyring = add_key("keyring", name, NULL, 0, KEY_SPEC_SESSION_KEYRING);
	if (keyring < 0)
		return -errno;
	if (keyctl_link(serial, keyring) < 0) {
		int error = errno;
		keyctl_unlink(keyring, KEY_SPEC_SESSION_KEYRING);
		return -error;
	}
	holder = g_new0(struct holder, 1);
	holder->serial = serial;
	holder->keyring = keyring;
	holder->count = 1;
	g_hash_table_insert(keyrings->holders, &holder->serial, holder);
	return 0;
}

void keyrings_release(struct keyrings *keyrings, key_serial_t serial)
{
	struct holder *holder = g_hash_table_lookup(keyrings->holders, &serial);

	if (!holder || --holder->count > 0)
		return;
	if (keyctl_unlink(holder->keyring, KEY_SPEC_SESSION_KEYRING) < 0)
		log_line(LOG_ERR, "cannot let go of a request's keyring: %s", strerror(errno));
	g_hash_table_remove(keyrings->holders, &serial);
}

static bool is_there(key_serial_t serial)
{
	char text[8];

	return keyctl_describe(serial, text, sizeof(text)) >= 0;
}

static key_serial_t find_named(struct named *named)
{
	uid_t stranger = 0;

	key_serial_t serial = keyinfo_find_keyring(named->name, 0, &stranger);
	if (serial == 0 && stranger != 0 && named->refused != EPERM) {
		log_line(LOG_WARNING, "keyring %s belongs to user %u, not to root, and is not used: name it by its serial number "
			 "if it is the right one", named->name, (unsigned int)stranger);
		named->refused = EPERM;
	}
	return serial;
}

static void look_for(struct named *named, key_serial_t configured)
{
	key_serial_t serial = configured ? configured : find_named(named);

	named->serial = 0;
	if (serial <= 0 || (configured && !is_there(configured))) {
		/* What was short does not count for what is gone. */
		if (named->refused != EPERM)
			named->refused = 0;
		return;
	}
	if (keyctl_link(serial, KEY_SPEC_SESSION_KEYRING) < 0) {
		if (named->refused != errno)
			log_line(LOG_WARNING, "keyring %s cannot be used: %s; its owner has to allow root to link, search and "
				 "read it (keyctl setperm)", named->name, strerror(errno));
		named->refused = errno;
		return;
	}
	named->refused = 0;
	named->serial = serial;
	log_line(LOG_INFO, "keyring %s is in use", named->name);
}

static key_serial_t use(struct keyrings *keyrings, const char *name, key_serial_t configured)
{
	struct named *named = g_hash_table_lookup(keyrings->named, name);
	int64_t now_ms = proto_now_ms();

	if (!named) {
		named = g_new0(struct named, 1);
		named->name = g_strdup(name);
		g_hash_table_insert(keyrings->named, named->name, named);
	}
	/* Its module may have been unloaded, and loaded again. */
	if (named->serial && !is_there(named->serial))
		named->serial = 0;
	if (!named->serial && now_ms >= named->next_look_ms) {
		named->next_look_ms = now_ms + LOOK_AGAIN_MS;
		look_for(named, configured);
	}
	return named->serial;
}

int keyrings_shortage(const struct keyrings *keyrings)
{
	GHashTableIter iter;
	void *value;

	g_hash_table_iter_init(&iter, keyrings->named);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const struct named *named = value;
		if (!named->serial && (named->refused == EDQUOT || named->refused == ENOMEM))
			return -named->refused;
	}
	return 0;
}

static unsigned int use_configured(struct keyrings *keyrings, const struct snapshot *snapshot, key_serial_t *serials)
{
	unsigned int count = 0;

	for (uint32_t i = 0; i < snapshot->keyring_count; i++) {
		const struct snapshot_keyring *keyring = &snapshot->keyrings[i];
		key_serial_t serial = use(keyrings, keyring->name, keyring->serial);
		if (serial)
			serials[count++] = serial;
	}
	return count;
}

unsigned int keyrings_named(struct keyrings *keyrings, const struct snapshot *snapshot, key_serial_t *serials,
			    unsigned int *configured)
{
	static const char *const always[] = { ".nvme", ".nfs", ".nfsd" };

	*configured = use_configured(keyrings, snapshot, serials);
	unsigned int count = *configured;
	for (size_t i = 0; i < G_N_ELEMENTS(always); i++) {
		key_serial_t serial = use(keyrings, always[i], 0);
		if (serial)
			serials[count++] = serial;
	}
	return count;
}
