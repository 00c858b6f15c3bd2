// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Data through kTLS.
 *
 * A consumer has to look at the type of each record that it receives: alerts
 * and handshake messages (tickets, key updates) come through the same socket,
 * and without a control message buffer kTLS fails with EIO at the first one.
 * That there is a type at all also shows that the socket has TLS: on a plain
 * socket data comes without one.
 */
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/unaligned.h>
#include <linux/wait.h>
#include <net/tls_prot.h>

#include "payload.h"

/*
 * Neither is a multiple of a record's 16384 bytes, so sends go over the ends
 * of records and receives end within them. Whole words, because the pattern
 * is made of those.
 */
#define SEND_BYTES	40008
#define RECEIVE_BYTES	10008

/* Against a wake-up that does not come. */
#define LOOK_AGAIN_MS	100

/* All that the ends of one connection share while they exchange data. */
struct exchange {
	wait_queue_head_t	wait;
	bool			woken;
	void			*buffer;
};

struct flow {
	struct exchange		*exchange;
	struct socket		*sock;
	wait_queue_entry_t	watch;
	u64			bytes, sent;
	u64			send_seed, receive_seed;
	bool			corrupt;
	bool			closed, ended;
	struct payload_result	*result;
};

static const int record_types[] = {
	TLS_RECORD_TYPE_DATA,
	TLS_RECORD_TYPE_ALERT,
	TLS_RECORD_TYPE_HANDSHAKE,
	0,		/* no TLS record, or one of another type */
};

static_assert(ARRAY_SIZE(record_types) ==
	      ARRAY_SIZE(((struct payload_result *)NULL)->records));

int payload_type(unsigned int index)
{
	return record_types[index];
}

static void count_record(struct payload_result *result, int type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(record_types) - 1; i++)
		if (record_types[i] == type)
			break;
	result->records[i]++;
}

/* Word number n of a stream: the finalizer of splitmix64. */
static u64 pattern_word(u64 seed, u64 n)
{
	u64 x = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return x ^ (x >> 31);
}

static u8 pattern_byte(u64 seed, u64 offset)
{
	return pattern_word(seed, offset / 8) >> (offset % 8 * 8);
}

static void pattern_fill(u64 seed, u64 offset, u8 *to, size_t size)
{
	size_t i = 0;

	for (; i < size && (offset + i) % 8; i++)
		to[i] = pattern_byte(seed, offset + i);
	for (; i + 8 <= size; i += 8)
		put_unaligned_le64(pattern_word(seed, (offset + i) / 8), to + i);
	for (; i < size; i++)
		to[i] = pattern_byte(seed, offset + i);
}

static u64 pattern_compare(u64 seed, u64 offset, const u8 *data, size_t size)
{
	u64 wrong = 0;
	size_t i = 0;

	while (i < size) {
		if ((offset + i) % 8 == 0 && i + 8 <= size &&
		    get_unaligned_le64(data + i) == pattern_word(seed, (offset + i) / 8)) {
			i += 8;
			continue;
		}
		wrong += data[i] != pattern_byte(seed, offset + i);
		i++;
	}
	return wrong;
}

/* Both ends know both ports; the direction is the side that sends. */
static u64 flow_seed(const struct sock *sk, enum consumer_side local,
		     enum consumer_side sender)
{
	u16 own = sk->sk_num, other = ntohs(sk->sk_dport);
	u16 client = local == CONSUMER_CLIENT ? own : other;
	u16 server = local == CONSUMER_CLIENT ? other : own;

	return ((u64)sender << 32 | (u32)client << 16 | server) *
	       0xd1342543de82ef95ULL;
}

/* In the context of whoever makes the socket ready, maybe an interrupt's. */
static int flow_wake(wait_queue_entry_t *watch, unsigned int mode, int flags,
		     void *key)
{
	struct flow *flow = container_of(watch, struct flow, watch);

	WRITE_ONCE(flow->exchange->woken, true);
	wake_up(&flow->exchange->wait);
	return 0;
}

/* Whether something was sent; a record that does not fit goes later. */
static bool flow_send(struct flow *flow)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT | MSG_NOSIGNAL };
	size_t size = min_t(u64, flow->bytes - flow->sent, SEND_BYTES);
	struct kvec vec = { .iov_base = flow->exchange->buffer, .iov_len = size };
	int ret;

	if (!size)
		return false;
	pattern_fill(flow->send_seed, flow->sent, vec.iov_base, size);
	if (flow->corrupt && !flow->sent)
		*(u8 *)vec.iov_base ^= 1;
	ret = kernel_sendmsg(flow->sock, &msg, &vec, 1, size);
	if (ret > 0)
		flow->sent += ret;
	else if (ret != -EAGAIN)
		flow->result->error = ret ? -ret : EIO;
	return ret > 0;
}

/*
 * All is sent: say so. The alert is sent without waiting and is lost where there is
 * no room for it, hence the look at the room first.
 */
static bool flow_close(struct flow *flow)
{
	if (flow->closed || flow->sent < flow->bytes ||
	    !sk_stream_is_writeable(flow->sock->sk))
		return false;
	tls_handshake_close(flow->sock);
	flow->closed = true;
	return true;
}

static void flow_alert(struct flow *flow, struct msghdr *msg, int size)
{
	u8 level, description;

	if (size < 2) {
		flow->result->error = EPROTO;
		return;
	}
	tls_alert_recv(flow->sock->sk, msg, &level, &description);
	if (description == TLS_ALERT_DESC_CLOSE_NOTIFY) {
		flow->result->close_notify = true;
		flow->ended = true;
	} else {
		flow->result->alert = description;
		flow->result->error = ECONNABORTED;
	}
}

static void flow_data(struct flow *flow, int size)
{
	struct payload_result *result = flow->result;

	if (result->received + size > flow->bytes) {
		/* More than was sent: this is no data of ours. */
		result->error = EMSGSIZE;
		return;
	}
	result->mismatches += pattern_compare(flow->receive_seed,
					      result->received,
					      flow->exchange->buffer, size);
	result->received += size;
}

/* One read: it returns data of one or several records, or one record of another type. */
static bool flow_receive(struct flow *flow)
{
	union {
		struct cmsghdr	head;
		u8		space[CMSG_SPACE(sizeof(u8))];
	} control;
	struct msghdr msg = {
		.msg_control	= &control,
		.msg_controllen	= sizeof(control),
	};
	struct kvec vec = {
		.iov_base	= flow->exchange->buffer,
		.iov_len	= RECEIVE_BYTES,
	};
	int ret, type = 0;

	if (flow->ended)
		return false;
	iov_iter_kvec(&msg.msg_iter, ITER_DEST, &vec, 1, vec.iov_len);
	ret = sock_recvmsg(flow->sock, &msg, MSG_DONTWAIT);
	if (ret == -EAGAIN)
		return false;
	if (ret < 0) {
		flow->result->error = -ret;
		return false;
	}
	/* The kernel fills the buffer and moves its own pointer. */
	if (msg.msg_controllen != sizeof(control))
		type = tls_get_record_type(flow->sock->sk, &control.head);
	if (ret == 0 && type == 0) {
		flow->ended = true;
		return true;
	}
	count_record(flow->result, type);
	switch (type) {
	case TLS_RECORD_TYPE_DATA:
		flow_data(flow, ret);
		break;
	case TLS_RECORD_TYPE_ALERT:
		flow_alert(flow, &msg, ret);
		break;
	case TLS_RECORD_TYPE_HANDSHAKE:
		/* A ticket. A key update would be followed by data that fails. */
		break;
	default:
		flow->result->error = EPROTO;
	}
	return true;
}

/* Whether something happened. */
static bool flow_step(struct flow *flow)
{
	bool progress = false;

	progress |= flow_send(flow);
	progress |= flow_receive(flow);
	progress |= flow_close(flow);
	return progress;
}

static bool flow_done(const struct flow *flow)
{
	return flow->result->error || (flow->ended && flow->closed);
}

static void flow_start(struct flow *flow, struct exchange *exchange,
		       struct socket *sock, enum consumer_side side, u64 bytes,
		       struct payload_result *result)
{
	enum consumer_side peer = side == CONSUMER_CLIENT ? CONSUMER_SERVER :
							    CONSUMER_CLIENT;

	flow->exchange = exchange;
	flow->sock = sock;
	flow->bytes = bytes;
	flow->send_seed = flow_seed(sock->sk, side, side);
	flow->receive_seed = flow_seed(sock->sk, side, peer);
	flow->result = result;
	init_waitqueue_func_entry(&flow->watch, flow_wake);
	add_wait_queue(sk_sleep(sock->sk), &flow->watch);
}

/* An end without an error of its own that did not get all has one now. */
static void flow_end(struct flow *flow, int error)
{
	remove_wait_queue(sk_sleep(flow->sock->sk), &flow->watch);
	if (flow->result->error)
		return;
	if (!flow_done(flow))
		flow->result->error = error;
	else if (flow->result->received < flow->bytes)
		flow->result->error = ENODATA;
}

void payload_exchange(struct socket *sock[CONSUMER_SIDES], u64 bytes,
		      bool corrupt, unsigned int timeout_ms, const bool *stop,
		      struct payload_result result[CONSUMER_SIDES])
{
	unsigned long until = jiffies + msecs_to_jiffies(timeout_ms);
	struct flow flows[CONSUMER_SIDES] = { };
	struct exchange exchange = { };
	bool done = false, progress;
	int side;

	memset(result, 0, CONSUMER_SIDES * sizeof(*result));
	init_waitqueue_head(&exchange.wait);
	exchange.buffer = kvmalloc(max(SEND_BYTES, RECEIVE_BYTES), GFP_KERNEL);
	for (side = 0; side < CONSUMER_SIDES; side++) {
		if (!exchange.buffer)
			result[side].error = ENOMEM;
		else if (sock[side])
			flow_start(&flows[side], &exchange, sock[side], side,
				   bytes, &result[side]);
	}
	flows[CONSUMER_CLIENT].corrupt = corrupt;
	while (exchange.buffer && !done && !READ_ONCE(*stop) &&
	       time_before(jiffies, until)) {
		WRITE_ONCE(exchange.woken, false);
		done = true;
		progress = false;
		for (side = 0; side < CONSUMER_SIDES; side++) {
			if (!flows[side].sock || flow_done(&flows[side]))
				continue;
			progress |= flow_step(&flows[side]);
			done &= flow_done(&flows[side]);
			/* One that failed ends the other, too. */
			if (result[side].error)
				kernel_sock_shutdown(sock[side], SHUT_RDWR);
		}
		if (!done && !progress)
			wait_event_idle_timeout(exchange.wait,
						READ_ONCE(exchange.woken),
						msecs_to_jiffies(LOOK_AGAIN_MS));
		cond_resched();
	}
	for (side = 0; side < CONSUMER_SIDES; side++)
		if (flows[side].sock)
			flow_end(&flows[side],
				 READ_ONCE(*stop) ? ECANCELED : ETIMEDOUT);
	kvfree(exchange.buffer);
}
