/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A consumer of net/handshake: one end of one connection, from the moment
 * that it has a connected socket until its handshake is over, however that
 * comes. This is the part to read for who writes a consumer.
 */
#ifndef CONSUMER_H
#define CONSUMER_H

#include <linux/key.h>
#include <linux/ktime.h>
#include <linux/mutex.h>
#include <linux/net.h>
#include <linux/workqueue.h>
#include <net/sock.h>
/* Includes nothing itself: it needs linux/key.h and net/sock.h before it. */
#include <net/handshake.h>

/* As many keys as struct tls_handshake_args has room for. */
#define CONSUMER_KEYS_MAX	5

enum consumer_side {
	CONSUMER_CLIENT,
	CONSUMER_SERVER,
	CONSUMER_SIDES,
};

enum consumer_auth {
	CONSUMER_ANON,		/* the client shows no certificate */
	CONSUMER_X509,
	CONSUMER_PSK,
};

/*
 * What many consumers may share. The kernel keeps the pointer to the peer's
 * name and reads it when the agent takes the request, so all of this has to
 * live until the request is over.
 */
struct consumer_config {
	enum consumer_auth	auth;
	char			*peername;	/* NULL: none */
	unsigned int		timeout_ms;	/* for the agent; 0: not said */
	unsigned int		cancel_ms;	/* our own patience */
	unsigned int		retry_ms;	/* first, after -EAGAIN; 0: give up */
	key_serial_t		keyring;
	key_serial_t		cert[CONSUMER_SIDES];
	key_serial_t		privkey[CONSUMER_SIDES];
	key_serial_t		keys[CONSUMER_KEYS_MAX];
	unsigned int		num_keys;
};

/* How it ended; only CONSUMER_ANSWERED says anything of the peer. */
enum consumer_end {
	CONSUMER_ANSWERED,	/* by the agent: see status */
	CONSUMER_REFUSED,	/* the request was not taken: see status */
	CONSUMER_TIMED_OUT,	/* we lost patience, and cancelled */
	CONSUMER_CANCELLED,	/* by consumer_cancel() */
};

enum consumer_state {
	CONSUMER_IDLE,
	CONSUMER_WAITING,	/* to submit again */
	CONSUMER_SUBMITTED,	/* the kernel owes us a call of done */
	CONSUMER_OVER,
};

struct consumer {
	/* Set by consumer_init() */
	const struct consumer_config *config;
	struct workqueue_struct	*wq;
	enum consumer_side	side;
	void			(*ended)(struct consumer *c);

	struct mutex		lock;	/* of what follows, up to the works */
	struct socket		*sock;
	enum consumer_state	state;
	bool			cancelled;
	struct delayed_work	again;
	struct delayed_work	patience;
	struct work_struct	end;

	/* For ended() and afterwards */
	enum consumer_end	how;
	int			status;		/* 0, or a positive errno */
	key_serial_t		peerid;
	unsigned int		refusals;	/* with -EAGAIN */
	ktime_t			started, submitted, finished;
};

/**
 * consumer_init - before anything else; a consumer serves once
 * @c: what to initialise
 * @config: has to live as long as the consumer
 * @wq: where its timers and its end run; their functions do not wait long
 * @side: client or server
 * @ended: called exactly once after consumer_start(), from @wq. It may sleep,
 *	and it may free @c.
 */
void consumer_init(struct consumer *c, const struct consumer_config *config,
		   struct workqueue_struct *wq, enum consumer_side side,
		   void (*ended)(struct consumer *c));

/**
 * consumer_start - ask for a handshake
 * @c: initialised, not yet started
 * @sock: connected, with a file (sock_alloc_file()); it has to stay until
 *	ended() is called, and is not to be read or written meanwhile
 *
 * ended() is called also when the request is not taken, and may be called
 * before this function returns; @c has to stay until it has returned.
 */
void consumer_start(struct consumer *c, struct socket *sock);

/**
 * consumer_cancel - end it soon
 * @c: initialised, and not freed meanwhile: the caller sees to that
 *
 * After this ended() comes at once, unless it has come already. May be called
 * at any time, more than once, before consumer_start() too.
 */
void consumer_cancel(struct consumer *c);

/* consumer_succeeded - valid in ended() and afterwards */
static inline bool consumer_succeeded(const struct consumer *c)
{
	return c->how == CONSUMER_ANSWERED && c->status == 0;
}

#endif
