// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of the jobs' own keys.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto.h"
#include "requested.h"

struct entry {
	gint64 job;		/* first: it is the key of the table */
	struct key *key;
	unsigned int users;	/* the table, and each signature that is being made */
};

struct requested {
	pthread_mutex_t lock;
	GHashTable *jobs;	/* job -> struct entry */
	GHashTable *keys;	/* key -> struct entry, for as long as it is in use */
};

struct requested *requested_new(void)
{
	struct requested *requested = calloc(1, sizeof(*requested));

	if (!requested)
		return NULL;
	pthread_mutex_init(&requested->lock, NULL);
	requested->jobs = g_hash_table_new(g_int64_hash, g_int64_equal);
	requested->keys = g_hash_table_new(g_direct_hash, g_direct_equal);
	return requested;
}

/* With the lock held. */
static void unuse(struct requested *requested, struct entry *entry)
{
	if (--entry->users > 0)
		return;
	g_hash_table_remove(requested->keys, entry->key);
	key_free(entry->key);
	free(entry);
}

static struct entry *find(struct requested *requested, uint64_t job)
{
	const gint64 key = (gint64)job;

	return g_hash_table_lookup(requested->jobs, &key);
}

/* Returns the size, or a negative errno. The payload may be secret: wiped by the caller. */
static long read_key(key_serial_t serial, uint8_t *data, size_t room)
{
	long size = keyctl_read(serial, (char *)data, room);

	if (size < 0)
		return -errno;
	return (size_t)size > room ? -EFBIG : size;
}

int requested_load(struct requested *requested, uint64_t job, key_serial_t serial, const uint8_t **spki, size_t *size,
		   char *why, size_t room)
{
	static const size_t most = PROTO_CERTIFICATE_MAX;
	struct entry *entry = calloc(1, sizeof(*entry));
	uint8_t *data = malloc(most);
	long ret = entry && data ? read_key(serial, data, most) : -ENOMEM;

	snprintf(why, room, "cannot be read (%s)", strerror(ret < 0 ? -ret : 0));
	if (ret >= 0)
		ret = key_import(data, ret, &entry->key, why, room);
	if (data)
		explicit_bzero(data, most);
	free(data);
	if (ret < 0) {
		free(entry);
		return ret;
	}
	entry->job = (gint64)job;
	entry->users = 1;
	*spki = key_spki(entry->key, size);
	pthread_mutex_lock(&requested->lock);
	if (find(requested, job)) {
		ret = -EEXIST;
		key_free(entry->key);
		free(entry);
		snprintf(why, room, "was loaded for this job before");
	} else {
		g_hash_table_add(requested->jobs, entry);
		g_hash_table_insert(requested->keys, entry->key, entry);
	}
	pthread_mutex_unlock(&requested->lock);
	return ret;
}

const struct key *requested_take(struct requested *requested, uint64_t job)
{
	pthread_mutex_lock(&requested->lock);
	struct entry *entry = find(requested, job);
	if (entry)
		entry->users++;
	pthread_mutex_unlock(&requested->lock);
	return entry ? entry->key : NULL;
}

void requested_put(struct requested *requested, const struct key *key)
{
	pthread_mutex_lock(&requested->lock);
	unuse(requested, g_hash_table_lookup(requested->keys, key));
	pthread_mutex_unlock(&requested->lock);
}

bool requested_drop(struct requested *requested, uint64_t job)
{
	pthread_mutex_lock(&requested->lock);
	struct entry *entry = find(requested, job);
	bool found = entry != NULL;
	if (entry) {
		g_hash_table_remove(requested->jobs, entry);
		unuse(requested, entry);
	}
	pthread_mutex_unlock(&requested->lock);
	return found;
}
