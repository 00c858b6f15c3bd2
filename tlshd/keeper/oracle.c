// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The policy of signing.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "certverify.h"
#include "oracle.h"

struct job {
	gint64 number;		/* first: it is the key of the table */
	uint32_t worker;
	uint64_t keys;		/* bit n: key n has not been asked for yet; PROTO_KEY_REQUESTED is one more */
	uint16_t requested[ORACLE_SCHEMES_MAX + 1]; /* of that one */
};

struct oracle {
	pthread_mutex_t lock;	/* of the table and the jobs in it */
	GHashTable *jobs;
	uint32_t jobs_max;
	uint32_t count;
	const uint16_t *schemes[PROTO_KEYS_MAX];
};

struct oracle *oracle_new(const uint16_t *const *schemes, uint32_t count, uint32_t jobs_max)
{
	if (count > PROTO_KEYS_MAX)
		return NULL;
	struct oracle *oracle = calloc(1, sizeof(*oracle));
	if (!oracle)
		return NULL;
	pthread_mutex_init(&oracle->lock, NULL);
	oracle->jobs = g_hash_table_new_full(g_int64_hash, g_int64_equal, free, NULL);
	oracle->jobs_max = jobs_max;
	oracle->count = count;
	for (uint32_t i = 0; i < count; i++)
		oracle->schemes[i] = schemes[i];
	return oracle;
}

void oracle_free(struct oracle *oracle)
{
	if (!oracle)
		return;
	g_hash_table_destroy(oracle->jobs);
	pthread_mutex_destroy(&oracle->lock);
	free(oracle);
}

static struct job *find(struct oracle *oracle, uint64_t number)
{
	const gint64 key = (gint64)number;

	return g_hash_table_lookup(oracle->jobs, &key);
}

int oracle_open(struct oracle *oracle, uint64_t job, uint32_t worker, uint32_t keys, const uint16_t *requested)
{
	int ret = 0;

	struct job *entry = calloc(1, sizeof(*entry));
	if (!entry)
		return -ENOSPC;
	entry->number = (gint64)job;
	entry->worker = worker;
	entry->keys = keys;
	for (int i = 0; requested && requested[i] && i < ORACLE_SCHEMES_MAX; i++)
		entry->requested[i] = requested[i];
	if (requested)
		entry->keys |= UINT64_C(1) << PROTO_KEY_REQUESTED;
	pthread_mutex_lock(&oracle->lock);
	if (find(oracle, job)) {
		ret = -EEXIST;
	} else if (g_hash_table_size(oracle->jobs) >= oracle->jobs_max) {
		ret = -ENOSPC;
	} else {
		g_hash_table_add(oracle->jobs, entry);
		entry = NULL;
	}
	pthread_mutex_unlock(&oracle->lock);
	free(entry);
	return ret;
}

int oracle_close(struct oracle *oracle, uint64_t job)
{
	const gint64 key = (gint64)job;

	pthread_mutex_lock(&oracle->lock);
	bool found = g_hash_table_remove(oracle->jobs, &key);
	pthread_mutex_unlock(&oracle->lock);
	return found ? 0 : -ENOENT;
}

/* Find the job and take the key out of it: of two calls at one time only one gets it. */
static int spend(struct oracle *oracle, uint32_t worker, uint64_t number, uint32_t key, uint16_t *schemes,
		 const char **why)
{
	const uint64_t bit = UINT64_C(1) << key;
	int ret = -EPERM;

	pthread_mutex_lock(&oracle->lock);
	struct job *job = find(oracle, number);
	if (!job) {
		*why = "the job is not open";
		ret = -ENOENT;
	} else if (job->worker != worker) {
		*why = "the job is another worker's";
	} else if (!(job->keys & bit)) {
		*why = "the key is not the job's, or was asked for before";
	} else {
		job->keys &= ~bit;
		memcpy(schemes, job->requested, sizeof(job->requested));
		ret = 0;
	}
	pthread_mutex_unlock(&oracle->lock);
	return ret;
}

static bool fits(const uint16_t *schemes, uint16_t code)
{
	for (; *schemes; schemes++)
		if (*schemes == code)
			return true;
	return false;
}

int oracle_authorise(struct oracle *oracle, uint32_t worker, const struct proto_sign *call,
		     const struct scheme **scheme, const char **why)
{
	uint16_t requested[ORACLE_SCHEMES_MAX + 1];

	*scheme = NULL;
	if (call->key > PROTO_KEY_REQUESTED || call->length > PROTO_SIGN_INPUT_MAX) {
		*why = "there is no such key or length";
		return -EBADMSG;
	}
	int ret = spend(oracle, worker, call->job, call->key, requested, why);
	if (ret < 0)
		return ret;
	const struct scheme *asked = scheme_by_code(call->scheme);
	const uint16_t *schemes = call->key == PROTO_KEY_REQUESTED ? requested :
				  call->key < oracle->count ? oracle->schemes[call->key] : NULL;
	if (!schemes || !asked || !fits(schemes, call->scheme)) {
		*why = "the signature scheme does not fit the key";
		return -EBADMSG;
	}
	if (certverify_check(asked, call->input, call->length) < 0) {
		*why = "the input is not that of a CertificateVerify";
		return -EBADMSG;
	}
	*scheme = asked;
	return 0;
}
