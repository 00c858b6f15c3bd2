// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keyrings and their keys; see store.h. A key that is held, or is about to be put somewhere, lies
 * in a small keyring of its own within the process keyring: two of one description in the same
 * keyring would replace each other.
 */
#include <config.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "keyfault.h"
#include "keyinfo.h"
#include "module.h"
#include "status.h"
#include "store.h"

struct change {
	key_serial_t keyring;
	key_serial_t added; /* 0: something was removed only */
	key_serial_t removed; /* 0: something was added only */
	key_serial_t updated; /* instead of both */
	struct secret *content; /* what it had before */
};

struct store {
	GArray *changes; /* of struct change; what was removed is held */
	unsigned int holders; /* made so far */
	bool waits; /* signals do */
	sigset_t signals; /* that were blocked before */
};

struct store *store_new(GError **error)
{
	if (keyctl_get_keyring_ID(KEY_SPEC_PROCESS_KEYRING, 1) < 0) {
		keyfault_set(error, errno, "cannot use keyrings");
		return NULL;
	}
	struct store *store = g_new0(struct store, 1);
	store->changes = g_array_new(FALSE, FALSE, sizeof(struct change));
	return store;
}

/*
 * A signal between two changes would leave one of them: it waits until they are kept or taken back.
 */
static void hold_signals(struct store *store)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGALRM, SIGXCPU, SIGUSR1,
				      SIGUSR2 };
	sigset_t signals;

	if (store->waits)
		return;
	sigemptyset(&signals);
	for (size_t i = 0; i < G_N_ELEMENTS(ending); i++)
		sigaddset(&signals, ending[i]);
	store->waits = sigprocmask(SIG_BLOCK, &signals, &store->signals) == 0;
}

static void take_back(const struct change *change)
{
	bool failed;

	/* A link takes the place of one with the same description. */
	if (change->updated)
		failed = keyctl_update(change->updated, secret_data(change->content),
				       secret_length(change->content)) < 0;
	else if (change->removed)
		failed = keyctl_link(change->removed, change->keyring) < 0;
	else
		failed = keyctl_unlink(change->added, change->keyring) < 0 && errno != ENOENT;
	if (failed) {
		int number = errno;
		g_autofree char *name =
			store_name(change->updated ? change->updated : change->keyring);
		command_warn("what was changed in %s %s cannot be taken back: %s",
			     change->updated ? "key" : "keyring", name,
			     strerror(number));
	}
}

void store_free(struct store *store)
{
	if (!store)
		return;
	for (guint i = store->changes->len; i > 0; i--)
		take_back(&g_array_index(store->changes, struct change, i - 1));
	store_keep(store);
	keyctl_clear(KEY_SPEC_PROCESS_KEYRING);
	if (store->waits)
		sigprocmask(SIG_SETMASK, &store->signals, NULL);
	g_array_unref(store->changes);
	g_free(store);
}

void store_keep(struct store *store)
{
	for (guint i = 0; i < store->changes->len; i++)
		secret_free(g_array_index(store->changes, struct change, i).content);
	g_array_set_size(store->changes, 0);
}

/* Returns the serial of an empty keyring that we possess, or -1 with errno. */
static key_serial_t new_holder(struct store *store)
{
	char name[32];

	snprintf(name, sizeof(name), "hold-%u", store->holders++);
	return add_key("keyring", name, NULL, 0, KEY_SPEC_PROCESS_KEYRING);
}

/* Possess a key or a keyring until the end. Returns 0 or an errno. */
static int hold(struct store *store, key_serial_t serial)
{
	key_serial_t holder = new_holder(store);

	if (holder < 0)
		return errno;
	return keyctl_link(serial, holder) < 0 ? errno : 0;
}

static int find_by_name(const char *name, key_serial_t *keyring, GError **error)
{
	uid_t user = geteuid(), stranger = user;

	*keyring = keyinfo_find_keyring(name, user, &stranger);
	if (!*keyring && user != 0)
		*keyring = keyinfo_find_keyring(name, 0, &stranger);
	if (*keyring)
		return 0;
	if (stranger != user)
		return status_set(error, STATUS_PERMISSION,
				  "keyring %s belongs to user %u, and is not used: name it by its "
				  "serial number if it is the right one",
				  name, (unsigned int)stranger);
	if (user != 0)
		return status_set(error, STATUS_KEYRING,
				  "keyring %s is not there, or is not yours to see: run this as "
				  "root; %s",
				  name, module_hint(name));
	return status_set(error, STATUS_KEYRING, "keyring %s is not there: %s", name,
			  module_hint(name));
}

static int find_special(const char *name, key_serial_t *keyring)
{
	static const struct {
		const char *name;
		key_serial_t keyring;
	} specials[] = {
		{ "@u", KEY_SPEC_USER_KEYRING },
		{ "@us", KEY_SPEC_USER_SESSION_KEYRING },
		{ "@s", KEY_SPEC_SESSION_KEYRING },
		{ "@p", KEY_SPEC_PROCESS_KEYRING },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(specials); i++) {
		if (strcmp(specials[i].name, name) == 0) {
			*keyring = keyctl_get_keyring_ID(specials[i].keyring, 1);
			return *keyring < 0 ? errno : 0;
		}
	}
	return ENOENT;
}

int store_keyring(struct store *store, const char *name, key_serial_t *keyring, GError **error)
{
	char text[KEYINFO_MAX];
	const char *description;
	gint64 serial;
	int number = find_special(name, keyring);

	if (number == ENOENT && command_number(name, 1, G_MAXINT32, &serial)) {
		*keyring = serial;
		number = 0;
	} else if (number == ENOENT) {
		int status = find_by_name(name, keyring, error);
		if (status != 0)
			return status;
		number = 0;
	}
	if (number == 0)
		number = -keyinfo_read(*keyring, "keyring", text, NULL, &description);
	if (number == EINVAL)
		return status_set(error, STATUS_USAGE, "%s is a key, not a keyring", name);
	if (number == ENOKEY)
		return status_set(error, STATUS_KEYRING, "keyring %s is not there", name);
	if (number == 0 && strcmp(name, "@p") != 0)
		number = hold(store, *keyring);
	return number == 0 ? 0 : keyfault_set(error, number, "cannot use keyring %s", name);
}

/* The key as it is to be, where nobody sees it yet. Returns its serial, or a negative errno. */
static key_serial_t prepare(struct store *store, const struct store_key *key)
{
	key_serial_t holder = new_holder(store);

	if (holder < 0)
		return -errno;
	key_serial_t serial = add_key(key->type, key->description, key->payload, key->size, holder);
	if (serial < 0 || keyctl_setperm(serial, STORE_PERMISSIONS) < 0 ||
	    (key->timeout_s && keyctl_set_timeout(serial, key->timeout_s) < 0))
		return -errno;
	return serial;
}

int store_add(struct store *store, key_serial_t keyring, const struct store_key *key,
	      key_serial_t *serial, GError **error)
{
	struct change change = { .keyring = keyring };
	int number;

	hold_signals(store);
	if (!*key->description || strlen(key->description) > STORE_DESCRIPTION_MAX ||
	    key->size == 0 || key->size > STORE_PAYLOAD_MAX)
		return status_set(error, STATUS_INPUT,
				  "a key needs a description of up to %d bytes and a content of up "
				  "to %d",
				  STORE_DESCRIPTION_MAX, STORE_PAYLOAD_MAX);
	int status =
		store_find(store, keyring, key->type, key->description, &change.removed, error);
	if (status != 0)
		return status;
	number = change.removed ? hold(store, change.removed) : 0;
	if (number != 0)
		return keyfault_set(error, number, "cannot replace key %d", change.removed);
	change.added = prepare(store, key);
	number = change.added < 0 ? -change.added : 0;
	if (number == 0 && keyctl_link(change.added, keyring) < 0)
		number = errno;
	if (number != 0) {
		g_autofree char *name = store_name(keyring);
		return keyfault_set(error, number, "cannot add a key to keyring %s", name);
	}
	g_array_append_val(store->changes, change);
	if (serial)
		*serial = change.added;
	return 0;
}

int store_remove(struct store *store, key_serial_t keyring, key_serial_t serial, GError **error)
{
	struct change change = { .keyring = keyring, .removed = serial };

	hold_signals(store);
	int number = hold(store, serial);

	/* What cannot be held, as a revoked key, cannot be put back either. */
	if (number == EKEYREVOKED || number == EKEYEXPIRED)
		change.removed = 0;
	else if (number != 0)
		return keyfault_set(error, number, "cannot remove key %d", serial);
	if (keyctl_unlink(serial, keyring) < 0) {
		number = errno == ENOENT ? ENOKEY : errno;
		g_autofree char *name = store_name(keyring);
		return keyfault_set(error, number, "cannot remove key %d from keyring %s", serial,
				    name);
	}
	if (change.removed)
		g_array_append_val(store->changes, change);
	return 0;
}

int store_update(struct store *store, key_serial_t serial, const void *payload, size_t size,
		 GError **error)
{
	struct change change = { .updated = serial };

	hold_signals(store);
	int status = store_read(store, serial, &change.content, error);
	if (status != 0)
		return status;
	if (keyctl_update(serial, payload, size) < 0) {
		int number = errno;
		secret_free(change.content);
		return keyfault_set(error, number, "cannot update key %d", serial);
	}
	g_array_append_val(store->changes, change);
	return 0;
}

int store_expire(struct store *store, key_serial_t serial, unsigned int timeout_s, GError **error)
{
	(void)store;
	if (keyctl_set_timeout(serial, timeout_s) < 0)
		return keyfault_set(error, errno, "cannot set the time-out of key %d", serial);
	return 0;
}
