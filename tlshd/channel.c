// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Channels to the children.
 */
#include <config.h>

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib-unix.h>

#include "channel.h"
#include "watch.h"

#define FDS_MAX 2
#define MEMORY_RETRY_MS 10
#define READ_BATCH 64	/* messages taken before other sources have their turn */

struct channel {
	int fd;
	unsigned int nfds;
	guint input, output;
	GQueue waiting;		/* of message, posted but not yet taken */
	channel_message_fn on_message;
	channel_broken_fn on_broken;
	void *user;
	unsigned int references;
};

static void channel_unref(struct channel *channel)
{
	if (--channel->references > 0)
		return;
	g_queue_clear_full(&channel->waiting, g_free);
	g_free(channel);
}

/* No more events; the descriptor closes at once, so that the child sees the end. */
static void shut(struct channel *channel)
{
	g_clear_handle_id(&channel->input, g_source_remove);
	g_clear_handle_id(&channel->output, g_source_remove);
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
}

static void fail(struct channel *channel, int error)
{
	shut(channel);
	channel->on_broken(channel->user, error);
}

/* Take up to @most messages; a callback may end or free the channel meanwhile. Returns whether it is still in use. */
static bool take(struct channel *channel, unsigned int most)
{
	union proto_message message;
	int fds[FDS_MAX] = { -1, -1 };

	channel->references++;
	for (unsigned int i = 0; i < most && channel->fd >= 0; i++) {
		int ret = proto_receive(channel->fd, &message, MSG_DONTWAIT, channel->nfds ? fds : NULL, channel->nfds);
		if (ret == -EAGAIN)
			break;
		if (ret < 0) {
			fail(channel, ret);
			break;
		}
		channel->on_message(channel->user, &message, fds);
	}
	bool in_use = channel->fd >= 0;
	channel_unref(channel);
	return in_use;
}

static gboolean readable(gint fd, GIOCondition condition, gpointer user_data)
{
	(void)fd;
	(void)condition;
	return take(user_data, READ_BATCH) ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

void channel_drain(struct channel *channel)
{
	take(channel, UINT_MAX);
}

static void flush(struct channel *channel);

static gboolean writable(gint fd, GIOCondition condition, gpointer user_data)
{
	struct channel *channel = user_data;

	(void)fd;
	(void)condition;
	channel->output = 0;
	flush(channel);
	return G_SOURCE_REMOVE;
}

static gboolean memory_again(gpointer user_data)
{
	struct channel *channel = user_data;

	channel->output = 0;
	flush(channel);
	return G_SOURCE_REMOVE;
}

/* Send what waits. A full channel is watched; where the kernel has no memory, there is nothing to watch but time. */
static void flush(struct channel *channel)
{
	while (!g_queue_is_empty(&channel->waiting)) {
		int ret = proto_send(channel->fd, g_queue_peek_head(&channel->waiting), NULL, 0);
		if (ret == -EAGAIN)
			channel->output = watch_fd(channel->fd, G_IO_OUT, writable, channel);
		else if (ret == -ENOBUFS || ret == -ENOMEM)
			channel->output = g_timeout_add(MEMORY_RETRY_MS, memory_again, channel);
		if (ret < 0)
			return;		/* any other error: the reading side reports the end */
		g_free(g_queue_pop_head(&channel->waiting));
	}
}

int channel_pair(struct channel **out, int *theirs, unsigned int nfds, channel_message_fn on_message,
		 channel_broken_fn on_broken, void *user)
{
	int pair[2];

	if (nfds > FDS_MAX)
		return -EINVAL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	if (!g_unix_set_fd_nonblocking(pair[0], TRUE, NULL)) {
		close(pair[0]);
		close(pair[1]);
		return -EIO;
	}
	struct channel *channel = g_new0(struct channel, 1);
	channel->fd = pair[0];
	channel->nfds = nfds;
	channel->on_message = on_message;
	channel->on_broken = on_broken;
	channel->user = user;
	channel->references = 1;
	g_queue_init(&channel->waiting);
	channel->input = watch_fd(pair[0], G_IO_IN | G_IO_HUP | G_IO_ERR, readable, channel);
	*theirs = pair[1];
	*out = channel;
	return 0;
}

int channel_try(struct channel *channel, const union proto_message *message, const int *fds, unsigned int nfds)
{
	if (channel->fd < 0)
		return -EPIPE;
	if (!g_queue_is_empty(&channel->waiting))
		return -EAGAIN;
	return proto_send(channel->fd, message, fds, nfds);
}

int channel_post(struct channel *channel, const union proto_message *message)
{
	int ret = channel_try(channel, message, NULL, 0);

	if (ret == 0 || ret == -EPIPE)
		return ret;
	if (g_queue_get_length(&channel->waiting) >= CHANNEL_QUEUE_MAX)
		return -EOVERFLOW;
	g_queue_push_tail(&channel->waiting, g_memdup2(message, message->header.size));
	if (!channel->output)
		flush(channel);
	return 1;
}

void channel_free(struct channel *channel)
{
	if (!channel)
		return;
	shut(channel);
	channel_unref(channel);
}
