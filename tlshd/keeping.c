// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running a keeper.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "channel.h"
#include "keeping.h"
#include "keyurl.h"
#include "log.h"
#include "process.h"

#define KEEPER_PATH CHILDDIR "/keeper"
#define START_TIMEOUT_MS 30000	/* a machine that boots is busy, and a token may be slow */
#define END_GRACE_MS 2000
#define GRANTS_UNREAD 64	/* the channel of grants takes some hundreds */
#define FULL_AGAIN_MS 10
#define SLOW_LIMIT_TRIALS 10
#define SLOW_LIMIT_LEAST_MS 2000

struct keeping {
	struct channel *channel;
	struct channel *grants;		/* OPEN and CLOSE, which the keeper reads when a worker wants to sign */
	int64_t full_told_ms;
	unsigned int granted;		/* messages there since the keeper was last told to read them */
	struct process *process;
	struct deadline *deadline;	/* for the start, then for a ping */
	const struct snapshot *snapshot;
	struct keylist *keys;
	key_serial_t keyring;		/* that the keeper possesses, too */
	GHashTable *lent;		/* job -> keyring in it with one key, until the keeper has read it */
	GBytes *spki[PROTO_KEYS_MAX];
	uint32_t slow;			/* bit n: key n */
	uint32_t slowest_us;
	bool slow_computes;		/* one of them is in no token */
	const struct keeping_events *events;
	void *user;
	uint32_t ping;
	uint32_t silent_to;		/* worker whose call had no answer, with no answered call since; 0: none */
	bool pinging;
	bool ready;
	bool pin_trouble;
};

static void lose(struct keeping *keeping, const char *reason)
{
	if (!keeping->process)
		return;
	log_line(LOG_ERR, "the keeper (process %d) %s", (int)process_pid(keeping->process), reason);
	process_kill(keeping->process);
}

static bool belongs(struct keeping *keeping, const struct snapshot_identity *identity)
{
	if (identity->key >= keeping->keys->count || !keeping->spki[identity->key])
		return false;
	gsize size;
	const void *spki = g_bytes_get_data(keeping->spki[identity->key], &size);
	if (size == identity->spki.size && memcmp(spki, identity->spki.data, size) == 0)
		return true;
	const struct keylist_entry *key = &keeping->keys->entries[identity->key];
	char *name = keyurl_name(key->source);
	log_line(LOG_ERR, "%s: private key %s does not belong to certificate %s: their public keys differ; give the "
		 "key that the certificate was requested with", key->origin, name, identity->label);
	free(name);
	return false;
}

static bool all_belong(struct keeping *keeping)
{
	bool fit = true;

	for (int i = 0; i < SNAPSHOT_PROFILES; i++) {
		const struct snapshot_profile *profile = &keeping->snapshot->profiles[i];
		for (uint32_t n = 0; n < profile->identity_count; n++)
			fit = belongs(keeping, &profile->identities[n]) && fit;
	}
	return fit;
}

static void became_ready(struct keeping *keeping)
{
	deadline_clear(keeping->deadline);
	if (!all_belong(keeping)) {
		process_kill(keeping->process);
		return;
	}
	keeping->ready = true;
	keeping->events->ready(keeping->user);
}

static void note_time(struct keeping *keeping, const struct proto_key *key)
{
	const struct keylist_entry *entry = &keeping->keys->entries[key->key];

	keeping->slowest_us = MAX(keeping->slowest_us, key->trial_us);
	if (key->trial_us <= PROTO_SLOW_US)
		return;
	keeping->slow |= UINT32_C(1) << key->key;
	keeping->slow_computes = keeping->slow_computes || !keyurl_is(entry->source);
	char *name = keyurl_name(entry->source);
	log_line(LOG_INFO, "private key %s (%s) takes %u ms for a signature: its handshakes get workers of their own, so that "
		 "they delay no others", name, entry->origin, key->trial_us / 1000);
	free(name);
}

bool keeping_pin_trouble(const struct keeping *keeping)
{
	return keeping->pin_trouble;
}

uint32_t keeping_slow(const struct keeping *keeping)
{
	return keeping->slow;
}

bool keeping_slow_computes(const struct keeping *keeping)
{
	return keeping->slow_computes;
}

uint32_t keeping_slow_limit_ms(const struct keeping *keeping)
{
	return MAX((uint64_t)keeping->slowest_us * SLOW_LIMIT_TRIALS / 1000, SLOW_LIMIT_LEAST_MS);
}

static void take_back(struct keeping *keeping, uint64_t job)
{
	key_serial_t *lent = g_hash_table_lookup(keeping->lent, &job);

	if (!lent)
		return;
	keyctl_unlink(*lent, keeping->keyring);
	g_hash_table_remove(keeping->lent, &job);
}

/* A job that has ended meanwhile is nobody's answer. */
static void loaded(struct keeping *keeping, const struct proto_key_loaded *answer)
{
	if (!g_hash_table_contains(keeping->lent, &answer->job))
		return;
	take_back(keeping, answer->job);
	keeping->events->loaded(keeping->user, answer);
}

static void received(void *user, const union proto_message *message, int *fds)
{
	struct keeping *keeping = user;

	(void)fds;
	switch (message->header.type) {
	case PROTO_NOTICE:
		log_line(message->notice.priority, "%s", message->notice.text);
		return;
	case PROTO_KEY:
		if (keeping->ready || message->key.key >= keeping->keys->count || keeping->spki[message->key.key])
			break;
		keeping->spki[message->key.key] = g_bytes_new(message->key.spki, message->key.spki_length);
		note_time(keeping, &message->key);
		return;
	case PROTO_KEEPER_READY:
		if (keeping->ready || message->keeper_ready.keys != keeping->keys->count)
			break;
		became_ready(keeping);
		return;
	case PROTO_KEY_LOADED:
		loaded(keeping, &message->key_loaded);
		return;
	case PROTO_PIN_TROUBLE:
		if (keeping->ready)
			break;
		keeping->pin_trouble = true;
		return;
	case PROTO_PONG:
		if (message->ping.serial == keeping->ping && keeping->pinging) {
			keeping->pinging = false;
			deadline_clear(keeping->deadline);
		}
		return;
	}
	lose(keeping, "broke the message contract and is ended");
}

/* It only listens there. */
static void spoken(void *user, const union proto_message *message, int *fds)
{
	(void)message;
	(void)fds;
	lose(user, "broke the message contract and is ended");
}

static void broken(void *user, int error)
{
	struct keeping *keeping = user;

	/* The end of the process follows, and is what is reported. */
	if (!keeping->process)
		return;
	if (error == -EPIPE)
		process_kill(keeping->process);
	else
		lose(keeping, "broke the message contract and is ended");
}

static void ended(void *user, const char *how)
{
	struct keeping *keeping = user;

	keeping->process = NULL;
	channel_drain(keeping->channel);
	if (keeping->ready)
		log_line(LOG_ERR, "the keeper ended: %s", how);
	else
		log_line(LOG_ERR, "the private keys were not loaded (keeper: %s): its lines above say why", how);
	keeping->events->lost(keeping->user);
}

static void too_late(void *user)
{
	struct keeping *keeping = user;

	lose(keeping, keeping->ready ? "does not answer and is ended" : "did not load its keys in time and is ended");
}

/*
 * Possession of it is all that the keeper has from us; what hangs in it is there for a moment. Where keyrings cannot be had
 * (tlshd --check-config in a container), there are no requests that bring keys, either.
 */
static void make_keyring(struct keeping *keeping)
{
	static unsigned int number;
	char name[32];

	snprintf(name, sizeof(name), "keeper-%u", ++number);
	keeping->keyring = add_key("keyring", name, NULL, 0, KEY_SPEC_SESSION_KEYRING);
	if (keeping->keyring > 0 && keyctl_setperm(keeping->keyring, KEY_POS_ALL | KEY_USR_ALL) == 0)
		return;
	log_line(LOG_WARNING, "the keeper has no keyring (%s): mounts cannot bring their own private keys", strerror(errno));
	if (keeping->keyring > 0)
		keyctl_unlink(keeping->keyring, KEY_SPEC_SESSION_KEYRING);
	keeping->keyring = 0;
}

int keeping_start(struct keeping **out, struct deadlines *deadlines, const struct users *users, int keys_fd,
		  const struct snapshot *snapshot, const struct keeping_events *events, void *user)
{
	char serial[16];
	char *argv[] = { "keeper", (char *)users->keeper.uid, (char *)users->keeper.gid, serial, NULL };
	struct keeping *keeping = g_new0(struct keeping, 1);
	int theirs = -1, grants = -1;

	keeping->snapshot = snapshot;
	keeping->events = events;
	keeping->user = user;
	keeping->deadline = deadline_new(deadlines, too_late, keeping);
	keeping->lent = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	make_keyring(keeping);
	int ret = keylist_open(keys_fd, &keeping->keys);
	snprintf(serial, sizeof(serial), "%d", keeping->keyring);
	if (ret == 0)
		ret = channel_pair(&keeping->channel, &theirs, 0, received, broken, keeping);
	if (ret == 0)
		ret = channel_pair(&keeping->grants, &grants, 0, spoken, broken, keeping);
	if (ret == 0)
		ret = process_spawn(&keeping->process, KEEPER_PATH, argv, (int[]){ theirs, -1, keys_fd, grants }, ended, keeping);
	if (theirs >= 0)
		close(theirs);
	if (grants >= 0)
		close(grants);
	if (ret < 0) {
		log_line(LOG_ERR, "cannot start the keeper (" KEEPER_PATH "): %s; is the installation of one piece, and memory left?",
			 strerror(-ret));
		keeping_free(keeping);
		return ret;
	}
	deadline_set(keeping->deadline, proto_now_ms() + START_TIMEOUT_MS);
	*out = keeping;
	return 0;
}

void keeping_free(struct keeping *keeping)
{
	if (!keeping)
		return;
	channel_free(keeping->channel);
	channel_free(keeping->grants);
	if (keeping->process)
		process_abandon(keeping->process, END_GRACE_MS);
	deadline_free(keeping->deadline);
	if (keeping->keyring)
		keyctl_unlink(keeping->keyring, KEY_SPEC_SESSION_KEYRING);
	g_hash_table_destroy(keeping->lent);
	for (int i = 0; i < PROTO_KEYS_MAX; i++)
		g_clear_pointer(&keeping->spki[i], g_bytes_unref);
	keylist_free(keeping->keys);
	g_free(keeping);
}

int keeping_attach(struct keeping *keeping, uint32_t worker, int fd)
{
	union proto_message message;

	proto_init(&message, PROTO_ATTACH);
	message.attach.worker = worker;
	return channel_try(keeping->channel, &message, &fd, 1);
}

static void tell(struct keeping *keeping, const union proto_message *message)
{
	if (channel_post(keeping->channel, message) == -EOVERFLOW)
		lose(keeping, "does not read its channel and is ended");
}

/* Told by their number, and where the channel is full at once, but not for each that does not fit. */
static void granted(struct keeping *keeping, bool full)
{
	union proto_message message;
	int64_t now_ms = full ? proto_now_ms() : 0;

	if (++keeping->granted < GRANTS_UNREAD && !(full && now_ms >= keeping->full_told_ms + FULL_AGAIN_MS))
		return;
	if (full)
		keeping->full_told_ms = now_ms;
	keeping->granted = 0;
	proto_init(&message, PROTO_GRANTS);
	tell(keeping, &message);
}

int keeping_open(struct keeping *keeping, uint64_t job, uint32_t worker, uint32_t keys, bool requested)
{
	union proto_message message;

	proto_init(&message, PROTO_OPEN);
	message.open.job = job;
	message.open.worker = worker;
	message.open.keys = keys;
	message.open.requested = requested;
	if (requested)
		return channel_try(keeping->channel, &message, NULL, 0);
	int ret = channel_try(keeping->grants, &message, NULL, 0);
	if (ret == 0 || ret == -EAGAIN)
		granted(keeping, ret == -EAGAIN);
	return ret;
}

/* In a keyring of its own: two keys of one description in the same keyring would replace each other. */
static int lend(struct keeping *keeping, uint64_t job, key_serial_t serial)
{
	char name[32];

	snprintf(name, sizeof(name), "job-%" PRIu64, job);
	key_serial_t keyring = add_key("keyring", name, NULL, 0, keeping->keyring);
	if (keyring < 0)
		return -errno;
	g_hash_table_insert(keeping->lent, g_memdup2(&job, sizeof(job)), g_memdup2(&keyring, sizeof(keyring)));
	return keyctl_link(serial, keyring) < 0 ? -errno : 0;
}

int keeping_load(struct keeping *keeping, uint64_t job, key_serial_t serial)
{
	union proto_message message;

	proto_init(&message, PROTO_LOAD);
	message.load.job = job;
	message.load.serial = serial;
	int ret = keeping->keyring ? lend(keeping, job, serial) : -EOPNOTSUPP;
	if (ret == 0)
		ret = channel_try(keeping->channel, &message, NULL, 0);
	if (ret < 0)
		take_back(keeping, job);
	return ret;
}

/* On the channel on which the job was opened. */
void keeping_close(struct keeping *keeping, uint64_t job, bool requested)
{
	union proto_message message;

	proto_init(&message, PROTO_CLOSE);
	message.close.job = job;
	if (requested) {
		take_back(keeping, job);
		tell(keeping, &message);
		return;
	}
	int ret = channel_post(keeping->grants, &message);
	if (ret == -EOVERFLOW)
		lose(keeping, "does not read its channel and is ended");
	else
		granted(keeping, ret == 1);
}

static void ping(struct keeping *keeping)
{
	union proto_message message;

	if (keeping->pinging)
		return;
	keeping->pinging = true;
	proto_init(&message, PROTO_PING);
	message.ping.serial = ++keeping->ping;
	channel_post(keeping->channel, &message);
	deadline_set(keeping->deadline, proto_now_ms() + KEEPING_PING_MS);
}

bool keeping_report(struct keeping *keeping, uint32_t worker, const struct proto_result *result)
{
	if (!keeping->process)
		return false;
	if (result->signatures > 0)
		keeping->silent_to = 0;
	/* Its channel is closed, and the keeper is not: it broke the contract there, or the keeper had no thread for it. */
	if (result->reason == REASON_SIGN_LOST)
		return !process_has_ended(keeping->process);
	if (result->sign_timeouts == 0)
		return false;
	if (keeping->silent_to == worker)
		return true;
	if (keeping->silent_to != 0) {
		lose(keeping, "left two workers in a row without an answer and is ended");
		return false;
	}
	keeping->silent_to = worker;
	ping(keeping);
	return false;
}
