// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Requests from a socket of our own instead of the kernel: what upcall.h and notify.h promise, for the supervisor of the
 * native harness. The work of both is kept alike: an announcement that is only a wake-up, one message to accept a request,
 * one to answer it, and the request's keyring in the process keyring.
 *
 * The socket is root's alone (mode 0600). The installed daemon has nothing of this: tests/e2e/installed.sh looks.
 */
#include <config.h>

#include <errno.h>
#include <keyutils.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib-unix.h>

#include "notify.h"
#include "tests/bench/request.h"
#include "upcall.h"
#include "watch.h"

#define EVENTS_MAX 16
#define ANSWERS_BYTES (4 * 1024 * 1024)	/* room for some thousand answers that the generator has not read yet */

struct connection {
	int fd;				/* -1: the generator is gone */
	unsigned int references;	/* its own, and one for each open request */
};

struct origin {
	struct connection *connection;
	uint64_t id;
};

struct upcall {
	int listener;
	int sockets;		/* epoll: the listener and its connections, by edge */
	int announced;		/* epoll: the one above, by edge, so that whoever waits here is woken once for each arrival */
	GQueue ready;		/* of connection that may have requests */
	GArray *origins;	/* of open requests, by descriptor */
};

static void connection_unref(struct connection *connection)
{
	if (--connection->references > 0)
		return;
	g_free(connection);
}

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	g_strlcpy(address.sun_path, path, sizeof(address.sun_path));
	unlink(path);
	mode_t mask = umask(0177);
	int ret = bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 4) < 0 ? -errno : 0;
	umask(mask);
	if (ret < 0)
		close(fd);
	return ret < 0 ? ret : fd;
}

static int watch(int epoll, int fd, void *pointer)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLET, .data.ptr = pointer };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

int upcall_open(struct upcall **out)
{
	const char *path = getenv(REQUEST_SOCKET_VARIABLE);
	struct upcall *upcall;

	if (!path)
		return -EDESTADDRREQ;
	upcall = g_new0(struct upcall, 1);
	g_queue_init(&upcall->ready);
	upcall->origins = g_array_new(FALSE, TRUE, sizeof(struct origin));
	upcall->listener = listen_at(path);
	upcall->sockets = epoll_create1(EPOLL_CLOEXEC);
	upcall->announced = epoll_create1(EPOLL_CLOEXEC);
	*out = upcall;
	if (upcall->listener < 0)
		return upcall->listener;
	int ret = watch(upcall->sockets, upcall->listener, NULL);
	return ret < 0 ? ret : watch(upcall->announced, upcall->sockets, NULL);
}

void upcall_free(struct upcall *upcall)
{
	if (!upcall)
		return;
	close(upcall->announced);
	close(upcall->sockets);
	if (upcall->listener >= 0)
		close(upcall->listener);
	g_queue_clear(&upcall->ready);
	g_array_free(upcall->origins, TRUE);
	g_free(upcall);
}

/* What notify_join() waits on. */
int upcall_group(const struct upcall *upcall)
{
	return upcall->announced;
}

static void connect_generators(struct upcall *upcall)
{
	int fd, room = ANSWERS_BYTES;

	while ((fd = accept4(upcall->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		struct connection *connection = g_new0(struct connection, 1);
		connection->fd = fd;
		connection->references = 1;
		setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
		/* An event follows at once where something has been sent already. */
		watch(upcall->sockets, fd, connection);
	}
}

/* Returns whether a connection may have requests. */
static bool look(struct upcall *upcall)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(upcall->sockets, events, EVENTS_MAX, 0);

	for (int i = 0; i < count; i++) {
		if (!events[i].data.ptr)
			connect_generators(upcall);
		else if (!g_queue_find(&upcall->ready, events[i].data.ptr))
			g_queue_push_tail(&upcall->ready, events[i].data.ptr);
	}
	return count > 0;
}

static void remember(struct upcall *upcall, int fd, struct connection *connection, uint64_t id)
{
	if ((guint)fd >= upcall->origins->len)
		g_array_set_size(upcall->origins, fd + 1);
	g_array_index(upcall->origins, struct origin, fd) = (struct origin){ connection, id };
	connection->references++;
}

/* Returns 0, -EAGAIN when the connection has nothing more for now, or -EPIPE when it has ended. */
static int receive(struct connection *connection, struct request *wire, int *fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = wire, .iov_len = sizeof(*wire) };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control.room,
				  .msg_controllen = sizeof(control.room) };
	ssize_t received = recvmsg(connection->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);

	if (received < 0 && errno == EAGAIN)
		return -EAGAIN;
	struct cmsghdr *cmsg = received > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	if (received != sizeof(*wire) || !cmsg || cmsg->cmsg_len != CMSG_LEN(sizeof(int)))
		return -EPIPE;
	memcpy(fd, CMSG_DATA(cmsg), sizeof(*fd));
	return 0;
}

static void fill(struct handshake_request *request, const struct request *wire, int fd)
{
	memset(request, 0, sizeof(*request));
	request->fd = fd;
	request->role = wire->role;
	request->auth = wire->auth;
	request->timeout_ms = wire->timeout_ms;
	request->keyring = wire->keyring;
	request->peer_count = wire->peer ? 1 : 0;
	request->peers[0] = wire->peer;
	g_strlcpy(request->peername, wire->peername, sizeof(request->peername));
}

int upcall_accept(struct upcall *upcall, struct handshake_request *request)
{
	struct request wire;
	int fd;

	request->fd = -1;
	for (;;) {
		struct connection *connection = g_queue_peek_head(&upcall->ready);
		if (!connection && !look(upcall))
			return -EAGAIN;
		if (!connection)
			continue;
		int ret = receive(connection, &wire, &fd);
		if (ret == 0) {
			remember(upcall, fd, connection, wire.id);
			break;
		}
		g_queue_pop_head(&upcall->ready);
		if (ret == -EPIPE) {
			close(connection->fd);
			connection->fd = -1;
			connection_unref(connection);
		}
	}
	/* As the kernel does. */
	if (wire.keyring)
		keyctl_link(wire.keyring, KEY_SPEC_PROCESS_KEYRING);
	fill(request, &wire, fd);
	return 0;
}

int upcall_done(struct upcall *upcall, int fd, uint32_t status, uint32_t remote_auth)
{
	struct origin *origin = &g_array_index(upcall->origins, struct origin, fd);
	struct connection *connection = origin->connection;
	struct request_answer answer = { .id = origin->id, .status = status, .remote_auth = remote_auth };

	/* A consumer that is gone has cancelled. */
	ssize_t sent = connection->fd < 0 ? 0 : send(connection->fd, &answer, sizeof(answer), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent < 0 && errno == EAGAIN)
		return -EAGAIN;
	origin->connection = NULL;
	connection_unref(connection);
	return 0;
}

struct notify {
	guint watch;
	void (*on_ready)(void *user);
	void *user;
};

struct notify *notify_inherit(void)
{
	return g_new0(struct notify, 1);
}

uint64_t notify_inode(const struct notify *notify)
{
	(void)notify;
	return 0;
}

static gboolean announced(gint fd, GIOCondition condition, gpointer user_data)
{
	struct notify *notify = user_data;
	struct epoll_event event;

	(void)condition;
	epoll_wait(fd, &event, 1, 0);
	notify->on_ready(notify->user);
	return G_SOURCE_CONTINUE;
}

int notify_join(struct notify *notify, int group, void (*on_ready)(void *user), void *user)
{
	notify->on_ready = on_ready;
	notify->user = user;
	notify->watch = watch_fd(group, G_IO_IN, announced, notify);
	return 0;
}

void notify_store(const struct notify *notify)
{
	(void)notify;
}

void notify_close(struct notify *notify)
{
	g_clear_handle_id(&notify->watch, g_source_remove);
	g_free(notify);
}
