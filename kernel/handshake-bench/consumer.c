// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One end of a connection and its handshake.
 *
 * The rules of net/handshake that this file follows, none of which a header
 * says aloud:
 *
 * - The socket needs a struct file, because the agent gets a descriptor. From
 *   ACCEPT on the agent has a reference of its own on that file: dropping ours
 *   does not close the connection. Who wants it closed shuts it down.
 *
 * - A hello function that returns 0 promises exactly one call of the done
 *   function, or a tls_handshake_cancel() that returns true, never both. One
 *   that returns an error promises that there will be no call.
 *
 * - The done function is called in the agent's system call, maybe before the
 *   hello function has returned. It must neither wait nor take locks that are
 *   held around the hello function. Here it notes the answer and queues a work.
 *
 * - tls_handshake_cancel() must be called once only. Older kernels answer true
 *   a second time, and drop a reference that is not theirs.
 *
 * - The status is 0 or a negative errno, but positive EIO when the kernel
 *   itself fails the request: anything but 0 is a failure.
 */
#include <linux/kernel.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "consumer.h"

#define RETRY_DOUBLINGS_MAX	4U

/* It is over, and this is how. The caller has made sure that nobody else ends it. */
static void consumer_conclude(struct consumer *c, enum consumer_end how,
			      int status)
{
	c->how = how;
	c->status = abs(status);
	c->finished = ktime_get();
	queue_work(c->wq, &c->end);
	/* From here on the consumer may be gone. */
}

/*
 * The agent has answered. This runs in its context; see the top of this file.
 * No lock is needed: whoever cancels writes to the consumer only after the
 * kernel has said that this function will not be called.
 */
static void consumer_done(void *data, int status, key_serial_t peerid)
{
	struct consumer *c = data;

	c->peerid = peerid;
	consumer_conclude(c, CONSUMER_ANSWERED, status);
}

static int consumer_hello(struct consumer *c)
{
	const struct consumer_config *config = c->config;
	struct tls_handshake_args args = {
		.ta_sock	= c->sock,
		.ta_done	= consumer_done,
		.ta_data	= c,
		.ta_peername	= config->peername,
		.ta_timeout_ms	= config->timeout_ms,
		.ta_keyring	= config->keyring,
		.ta_my_cert	= config->cert[c->side],
		.ta_my_privkey	= config->privkey[c->side],
	};

	if (c->side == CONSUMER_SERVER) {
		/* A server does not know yet who will come. */
		args.ta_peername = NULL;
		if (config->auth == CONSUMER_PSK)
			return tls_server_hello_psk(&args, GFP_KERNEL);
		/* A server always has a certificate: there is no "anon". */
		return tls_server_hello_x509(&args, GFP_KERNEL);
	}
	switch (config->auth) {
	case CONSUMER_PSK:
		args.ta_num_peerids = config->num_keys;
		memcpy(args.ta_my_peerids, config->keys,
		       sizeof(args.ta_my_peerids));
		return tls_client_hello_psk(&args, GFP_KERNEL);
	case CONSUMER_X509:
		return tls_client_hello_x509(&args, GFP_KERNEL);
	default:
		return tls_client_hello_anon(&args, GFP_KERNEL);
	}
}

/*
 * Longer each time, up to a bound. Hundreds that try again every few
 * milliseconds would take the processor from the agent that they wait for.
 */
static unsigned int consumer_retry_ms(const struct consumer *c)
{
	return c->config->retry_ms << min(c->refusals, RETRY_DOUBLINGS_MAX);
}

/*
 * Submit, or find out that it is not to be. All that the done function and the
 * end may need is set before, because they may run before the hello function
 * returns; the lock keeps the end itself back until the timer is set.
 */
static void consumer_submit(struct consumer *c)
{
	int ret;

	lockdep_assert_held(&c->lock);
	if (c->cancelled) {
		consumer_conclude(c, CONSUMER_CANCELLED, -ECANCELED);
		return;
	}
	c->submitted = ktime_get();
	ret = consumer_hello(c);
	if (ret == 0) {
		c->state = CONSUMER_SUBMITTED;
		queue_delayed_work(c->wq, &c->patience,
				   msecs_to_jiffies(c->config->cancel_ms));
	} else if (ret == -EAGAIN && c->config->retry_ms) {
		/* Too many requests that no agent has taken yet. */
		c->state = CONSUMER_WAITING;
		queue_delayed_work(c->wq, &c->again,
				   msecs_to_jiffies(consumer_retry_ms(c)));
		c->refusals++;
	} else {
		consumer_conclude(c, CONSUMER_REFUSED, ret);
	}
}

static void consumer_again(struct work_struct *work)
{
	struct consumer *c = container_of(to_delayed_work(work),
					  struct consumer, again);

	mutex_lock(&c->lock);
	consumer_submit(c);
	mutex_unlock(&c->lock);
}

/*
 * Take the request back. When the kernel says no, the agent has answered in
 * this very moment: the answer counts, and its end is on the way.
 */
static void consumer_withdraw(struct consumer *c, enum consumer_end how,
			      int status)
{
	lockdep_assert_held(&c->lock);
	c->cancelled = true;
	if (tls_handshake_cancel(c->sock->sk))
		consumer_conclude(c, how, status);
}

static void consumer_impatient(struct work_struct *work)
{
	struct consumer *c = container_of(to_delayed_work(work),
					  struct consumer, patience);

	mutex_lock(&c->lock);
	if (c->state == CONSUMER_SUBMITTED && !c->cancelled)
		consumer_withdraw(c, CONSUMER_TIMED_OUT, -ETIMEDOUT);
	mutex_unlock(&c->lock);
}

void consumer_cancel(struct consumer *c)
{
	mutex_lock(&c->lock);
	if (!c->cancelled && c->state == CONSUMER_SUBMITTED)
		consumer_withdraw(c, CONSUMER_CANCELLED, -ECANCELED);
	else if (!c->cancelled && c->state == CONSUMER_WAITING &&
		 cancel_delayed_work(&c->again))
		consumer_conclude(c, CONSUMER_CANCELLED, -ECANCELED);
	/* Idle, or about to submit again: that will see this. */
	c->cancelled = true;
	mutex_unlock(&c->lock);
}

/*
 * The one end of all ways. Under the lock the state becomes one that neither
 * a timer nor consumer_cancel() acts upon; after that the timers are waited
 * for, and then nothing refers to this consumer but its owner.
 */
static void consumer_over(struct work_struct *work)
{
	struct consumer *c = container_of(work, struct consumer, end);

	mutex_lock(&c->lock);
	c->state = CONSUMER_OVER;
	mutex_unlock(&c->lock);
	cancel_delayed_work_sync(&c->again);
	cancel_delayed_work_sync(&c->patience);
	c->ended(c);
}

void consumer_init(struct consumer *c, const struct consumer_config *config,
		   struct workqueue_struct *wq, enum consumer_side side,
		   void (*ended)(struct consumer *c))
{
	memset(c, 0, sizeof(*c));
	c->config = config;
	c->wq = wq;
	c->side = side;
	c->ended = ended;
	mutex_init(&c->lock);
	INIT_DELAYED_WORK(&c->again, consumer_again);
	INIT_DELAYED_WORK(&c->patience, consumer_impatient);
	INIT_WORK(&c->end, consumer_over);
}

void consumer_start(struct consumer *c, struct socket *sock)
{
	mutex_lock(&c->lock);
	c->sock = sock;
	c->started = ktime_get();
	consumer_submit(c);
	mutex_unlock(&c->lock);
}
