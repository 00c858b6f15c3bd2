// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jobs that wait, and how they come to a worker.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "placing.h"

#define RETRY_MS 10		/* until a job that no worker could take is offered again */

struct placing {
	struct generation *generation;	/* in use; NULL: none yet */
	GQueue waiting;			/* of struct job, accepted and without a worker, oldest first */
	guint retry;
	void (*refused)(struct job *job, int error);
};

struct placing *placing_new(void (*refused)(struct job *job, int error))
{
	struct placing *placing = g_new0(struct placing, 1);

	placing->refused = refused;
	g_queue_init(&placing->waiting);
	return placing;
}

void placing_free(struct placing *placing)
{
	g_clear_handle_id(&placing->retry, g_source_remove);
	g_queue_clear(&placing->waiting);
	g_free(placing);
}

void placing_release(struct job *job)
{
	struct keeping *keeping = job->generation ? generation_keeping(job->generation) : NULL;

	if (job->opened && keeping)
		keeping_close(keeping, job->number, job->keys.certificate != NULL);
	job->opened = false;
}

/* Private keys that the worker may have used in this job, as bits. */
static uint32_t keys_for(const struct job *job, const struct snapshot *snapshot)
{
	const struct snapshot_profile *profile = snapshot_profile(snapshot, job->request.role);
	uint32_t keys = 0;

	if (job->request.auth == PROTO_AUTH_PSK || job->keys.certificate ||
	    (job->request.role == PROTO_ROLE_CLIENT && job->request.auth != PROTO_AUTH_X509))
		return 0;
	for (uint32_t i = 0; profile && i < profile->identity_count; i++)
		keys |= UINT32_C(1) << profile->identities[i].key;
	return keys;
}

/* The keeper that knew the job's key has forgotten it: the next one has to read it again. */
static void forget_load(struct job *job)
{
	g_clear_pointer(&job->keys.spki, g_bytes_unref);
	job->keys.loading = 0;
	job->generation = NULL;
	job->opened = false;
}

/* The request's own private key goes from the kernel's keyring to the keeper, and never through us. */
static int load_key(struct job *job, struct generation *generation, struct keeping *keeping)
{
	if (job->keys.loading == generation_number(generation))
		return -EINPROGRESS;
	int ret = keeping_load(keeping, job->number, job->request.private_key);
	if (ret < 0)
		return ret;
	job->keys.loading = generation_number(generation);
	job->generation = generation;
	job->opened = true;
	return -EINPROGRESS;
}

/* A client's pre-shared key goes with its job. A server's is not known yet: its worker asks for it. */
static void describe(const struct job *job, union proto_message *message)
{
	proto_init(message, job->keys.psk ? PROTO_JOB_PSK : PROTO_JOB);
	message->job.job = job->number;
	message->job.role = job->request.role;
	message->job.auth = job->request.auth;
	message->job.deadline_ms = job->timing.job_deadline_ms;
	message->job.hello_deadline_ms = job->timing.hello_deadline_ms;
	memcpy(message->job.peername, job->request.peername, sizeof(message->job.peername));
	if (job->keys.psk)
		requestkeys_offer(&job->keys, &message->job_psk);
}

static int give(struct job *job, struct working *working, union proto_message *message)
{
	int fds[2] = { job->request.fd, -1 };

	if (!job->keys.certificate)
		return working_give(working, message, fds, 1);
	message->job.certificate_length = g_bytes_get_size(job->keys.certificate);
	message->job.spki_length = g_bytes_get_size(job->keys.spki);
	fds[1] = requestkeys_image(&job->keys);
	int ret = fds[1] < 0 ? fds[1] : working_give(working, message, fds, 2);
	if (fds[1] >= 0)
		close(fds[1]);
	return ret;
}

/*
 * Returns 0, -EINPROGRESS while the keeper reads the job's key, another negative errno that passing() knows when no worker
 * takes the job now, or else one that no waiting changes: the key that the request names cannot be lent to the keeper.
 */
static int place(struct placing *placing, struct job *job)
{
	struct generation *generation = placing->generation;
	uint32_t keys = generation ? keys_for(job, generation_snapshot(generation)) : 0;
	struct working *working = generation ? generation_pick(generation, generation_lane(generation, keys)) : NULL;
	union proto_message message;

	if (!working)
		return -EAGAIN;
	struct keeping *keeping = generation_keeping(generation);
	if ((keys || job->keys.certificate) && !keeping)
		return -EAGAIN;		/* a new generation is on its way */
	if (job->keys.certificate && !job->keys.spki)
		return load_key(job, generation, keeping);
	if (keys || job->keys.certificate) {
		int ret = keeping_open(keeping, job->number, working_number(working), keys, job->keys.certificate != NULL);
		if (ret < 0)
			return ret;
	}
	describe(job, &message);
	int ret = give(job, working, &message);
	explicit_bzero(&message, sizeof(message));
	if (ret < 0) {
		if (keys || job->keys.certificate)
			keeping_close(keeping, job->number, job->keys.certificate != NULL);
		forget_load(job);
		return ret;
	}
	/* No other worker ever gets this job, so the key is needed no more. */
	requestkeys_given(&job->keys);
	job->working = working;
	job->generation = generation;
	job->opened = keys != 0 || job->keys.certificate;
	return 0;
}

static bool passing(int error)
{
	switch (-error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
	case EDQUOT:
	case EPIPE:
	case ECONNRESET:
	case EMFILE:
	case ENFILE:
	case ETOOMANYREFS:
		return true;
	default:
		return false;
	}
}

static gboolean try_again(gpointer user_data)
{
	struct placing *placing = user_data;

	placing->retry = 0;
	placing_offer(placing);
	return G_SOURCE_REMOVE;
}

/* What a job waits for: a worker of the one lane or the other, and perhaps the keeper, which may have to read a key first. */
#define KINDS 4
static unsigned int kind_of(const struct job *job, const struct generation *generation)
{
	uint32_t keys = keys_for(job, generation_snapshot(generation));

	if (job->keys.certificate)
		return 3;
	return generation_lane(generation, keys) == LANE_SLOW ? 2 : keys != 0;
}

/*
 * Offer the waiting jobs, the oldest first. Where no worker takes one that needs a private key, because the keeper is gone
 * or the lane of the slow keys is full, those of other kinds still go; behind one that was not taken, others of its kind are
 * not tried. One that can never go leaves the queue for @hopeless, with its errno.
 */
static void offer_all(struct placing *placing, GQueue *hopeless)
{
	bool stuck[KINDS] = { false };
	unsigned int ways = KINDS;

	for (GList *entry = placing->waiting.head, *next; entry && ways > 0; entry = next) {
		struct job *job = entry->data;
		bool *kind = &stuck[kind_of(job, placing->generation)];
		next = entry->next;
		if (*kind)
			continue;
		bool loads = job->keys.certificate && !job->keys.spki;
		int ret = place(placing, job);
		if (ret == -EINPROGRESS)
			continue;
		if (ret < 0 && (passing(ret) || !loads)) {
			*kind = true;
			ways--;
			continue;
		}
		g_queue_delete_link(&placing->waiting, entry);
		if (ret < 0) {
			g_queue_push_tail(hopeless, job);
			g_queue_push_tail(hopeless, GINT_TO_POINTER(ret));
		}
	}
}

void placing_offer(struct placing *placing)
{
	GQueue hopeless = G_QUEUE_INIT;
	struct job *job;

	if (!placing->generation)
		return;
	offer_all(placing, &hopeless);
	/* Workers that start or finish call again; a full channel or too many descriptors in flight do not. */
	if (!g_queue_is_empty(&placing->waiting) && !placing->retry)
		placing->retry = g_timeout_add(RETRY_MS, try_again, placing);
	/* Last: a request that ends makes room for the next one, which comes back to here. */
	while ((job = g_queue_pop_head(&hopeless)))
		placing->refused(job, GPOINTER_TO_INT(g_queue_pop_head(&hopeless)));
}

void placing_use(struct placing *placing, struct generation *generation)
{
	placing->generation = generation;
	for (GList *entry = placing->waiting.head; entry; entry = entry->next) {
		placing_release(entry->data);
		forget_load(entry->data);
	}
	placing_offer(placing);
}

void placing_add(struct placing *placing, struct job *job)
{
	g_queue_push_tail(&placing->waiting, job);
	placing_offer(placing);
}

void placing_remove(struct placing *placing, struct job *job)
{
	g_queue_remove(&placing->waiting, job);
	placing_release(job);
}
