// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ATTACH, OPEN, CLOSE and PING, in the order in which the supervisor sent them.
 *
 * The main thread waits for them, but any signer's thread may read them, too, when it misses a job. The lock covers
 * both reading a message and doing what it says, so whoever got the lock has seen all that was sent before.
 *
 * OPEN and CLOSE of most jobs come on a channel of their own, the grants, which nobody waits on: to wake a thread for each
 * costs more than to read it. A signer reads them before it judges a call, and so never judges by less than what was sent; the
 * supervisor has the main thread read them (GRANTS) before the channel is full. A job with a key that its request names has
 * all its messages on the control channel, where they keep their order with LOAD.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include <unistd.h>

#include "control.h"
#include "oracle.h"
#include "proto.h"
#include "requested.h"
#include "signer.h"

#define REPLY_RETRY_MS 10	/* where it is memory that was short */

struct control {
	int fd, grants;
	pthread_mutex_t lock;		/* of the control channel */
	pthread_mutex_t grants_lock;	/* of the other: a signature must not wait for a key that is being loaded */
	atomic_uint overflows;		/* OPENs that found the table full */
	struct oracle *oracle;
	struct signer_shared signers;
};

static void attach(struct control *control, const struct proto_attach *message, int *fd)
{
	if (*fd < 0) {
		proto_notice(control->fd, LOG_WARNING, "ATTACH of worker %u came without its channel", message->worker);
		return;
	}
	int ret = signer_start(&control->signers, message->worker, *fd);
	*fd = -1;
	if (ret < 0)
		proto_notice(control->fd, LOG_ERR,
			     "keeper: no thread for worker %u (%s): its handshakes get no signature, and it will be replaced", message->worker,
			     strerror(-ret));
}

static void open_job(struct control *control, const struct proto_open *message)
{
	const struct key *key = message->requested ? requested_take(control->signers.requested, message->job) : NULL;
	int ret = oracle_open(control->oracle, message->job, message->worker, message->keys, key ? key_schemes(key) : NULL);

	if (key)
		requested_put(control->signers.requested, key);

	if (ret == -EEXIST) {
		proto_notice(control->fd, LOG_WARNING, "OPEN of job %llu, which is open already, is ignored",
			     (unsigned long long)message->job);
	} else if (ret < 0) {
		/* Told at 1, 2, 4, 8 ...: it can happen to many jobs in a row. */
		uint32_t count = atomic_fetch_add(&control->overflows, 1) + 1;
		if ((count & (count - 1)) == 0)
			proto_notice(control->fd, LOG_ERR,
				     "keeper: job %llu gets no signature, %d jobs are open; %u refused so far",
				     (unsigned long long)message->job, ORACLE_JOBS_MAX, count);
	}
}

static void close_job(struct control *control, const struct proto_close *message)
{
	bool was_loaded = requested_drop(control->signers.requested, message->job);

	/* After an overflow the supervisor closes what was never opened: it has been told then. */
	if (oracle_close(control->oracle, message->job) < 0 && control->overflows == 0 && !was_loaded)
		proto_notice(control->fd, LOG_WARNING, "CLOSE of job %llu, which is not open, is ignored",
			     (unsigned long long)message->job);
}

/*
 * What the supervisor waits for must not be lost, as a notice may. It never waits for us, so its channel has room again
 * as soon as it runs.
 */
static void reply_to(struct control *control, const union proto_message *reply)
{
	struct pollfd room = { .fd = control->fd, .events = POLLOUT };
	int ret;

	while ((ret = proto_send(control->fd, reply, NULL, 0)) == -EAGAIN || ret == -ENOBUFS || ret == -ENOMEM)
		poll(&room, 1, REPLY_RETRY_MS);
}

/* Answered in any case: the key stays in our possession until then. */
static void load_key(struct control *control, const struct proto_load *message)
{
	union proto_message reply;
	const uint8_t *spki;
	char why[PROTO_TEXT_MAX];
	size_t size = 0;

	proto_init(&reply, PROTO_KEY_LOADED);
	reply.key_loaded.job = message->job;
	reply.key_loaded.status = requested_load(control->signers.requested, message->job, message->serial, &spki, &size, why,
						 sizeof(why));
	if (reply.key_loaded.status == 0) {
		reply.key_loaded.spki_length = size;
		memcpy(reply.key_loaded.spki, spki, size);
	} else {
		proto_notice(control->fd, LOG_ERR, "private key %d, which a mount names, %s", message->serial, why);
	}
	reply_to(control, &reply);
}

static void pong(struct control *control, const struct proto_ping *message)
{
	union proto_message reply;

	proto_init(&reply, PROTO_PONG);
	reply.ping.serial = message->serial;
	reply_to(control, &reply);
}

static void handle(struct control *control, const union proto_message *message, int *fd)
{
	switch (message->header.type) {
	case PROTO_ATTACH:
		attach(control, &message->attach, fd);
		break;
	case PROTO_OPEN:
		open_job(control, &message->open);
		break;
	case PROTO_CLOSE:
		close_job(control, &message->close);
		break;
	case PROTO_LOAD:
		load_key(control, &message->load);
		break;
	case PROTO_GRANTS:
		break;		/* when all that waits here is done */
	case PROTO_PING:
		pong(control, &message->ping);
		break;
	default:
		proto_notice(control->fd, LOG_WARNING, "keeper: a %s message has no meaning here, it is ignored",
			     proto_name(message->header.type));
	}
}

static void grant(struct control *control, const union proto_message *message)
{
	if (message->header.type == PROTO_OPEN && !message->open.requested)
		open_job(control, &message->open);
	else if (message->header.type == PROTO_CLOSE)
		close_job(control, &message->close);
	else
		proto_notice(control->fd, LOG_WARNING, "keeper: a %s message has no meaning as a grant, it is ignored",
			     proto_name(message->header.type));
}

/* The channel's end is the control channel's, too, which reports it. */
static void drain_grants(void *context)
{
	struct control *control = context;
	union proto_message message;
	int ret;

	pthread_mutex_lock(&control->grants_lock);
	do {
		ret = proto_receive(control->grants, &message, MSG_DONTWAIT, NULL, 0);
		if (ret == 0)
			grant(control, &message);
	} while (ret == 0 || ret == -EBADMSG);
	pthread_mutex_unlock(&control->grants_lock);
}

/* Read and do all that is there. Returns 0 when there is no more, or a negative errno when it cannot go on. */
static int drain(struct control *control)
{
	union proto_message message;
	bool grants = false;
	int ret, fd;

	pthread_mutex_lock(&control->lock);
	for (;;) {
		ret = proto_receive(control->fd, &message, MSG_DONTWAIT, &fd, 1);
		if (ret == -EAGAIN) {
			ret = 0;
			break;
		}
		if (ret == -EPIPE)
			_exit(EXIT_SUCCESS);
		if (ret == -EBADMSG) {
			proto_notice(control->fd, LOG_WARNING, "keeper: a malformed control message is ignored");
			continue;
		}
		if (ret < 0)
			break;
		grants = grants || message.header.type == PROTO_GRANTS;
		handle(control, &message, &fd);
		if (fd >= 0)
			close(fd);
	}
	pthread_mutex_unlock(&control->lock);
	if (grants)
		drain_grants(control);
	return ret;
}

static void catch_up(void *context)
{
	/* An error is the main thread's to report: it meets the same one. */
	drain(context);
}

static int serve(struct control *control)
{
	struct pollfd waiting = { .fd = control->fd, .events = POLLIN };
	int ret;

	do {
		ret = poll(&waiting, 1, -1);
		ret = ret < 0 && errno != EINTR ? -errno : drain(control);
	} while (ret == 0);
	if (ret == -EPROTONOSUPPORT)
		proto_notice(control->fd, LOG_ERR,
			     "supervisor and keeper are of different builds: restart the service");
	else
		proto_notice(control->fd, LOG_ERR, "keeper: the control channel failed (%s)", strerror(-ret));
	return ret;
}

static struct oracle *make_oracle(const struct keys *keys)
{
	const uint16_t *schemes[PROTO_KEYS_MAX];

	for (uint32_t i = 0; i < keys_count(keys); i++)
		schemes[i] = key_schemes(keys_get(keys, i));
	return oracle_new(schemes, keys_count(keys), ORACLE_JOBS_MAX);
}

int control_run(int fd, int grants, const struct keys *keys)
{
	/* Never freed: the signers' threads use it to the end of the process. */
	struct control *control = calloc(1, sizeof(*control));

	if (control)
		control->oracle = make_oracle(keys);
	if (control)
		control->signers.requested = requested_new();
	if (!control || !control->oracle || !control->signers.requested) {
		proto_notice(fd, LOG_ERR, "keeper cannot start: no memory");
		free(control);
		return -ENOMEM;
	}
	/* A notice that does not fit is lost: logging never holds up a signature. */
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		proto_notice(fd, LOG_WARNING, "keeper: its control channel stays blocking (%s)", strerror(errno));
	control->fd = fd;
	control->grants = grants;
	pthread_mutex_init(&control->lock, NULL);
	pthread_mutex_init(&control->grants_lock, NULL);
	control->signers.keys = keys;
	control->signers.oracle = control->oracle;
	control->signers.supervisor = fd;
	control->signers.grants = drain_grants;
	control->signers.catch_up = catch_up;
	control->signers.context = control;
	return serve(control);
}
