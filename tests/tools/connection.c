// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * One connection: connect, probe, then what the mode says, until the other side ends it or the mode does.
 */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "peer.h"
#include "proto.h"
#include "rpctls.h"

#define HEARD_MAX 65536	/* bytes kept; what is more is counted only */
#define AGAIN_MS 50	/* until a refused connection begins again */

enum state {
	CONNECTING,
	PROBING,	/* client: waits for the answer; server: for the probe */
	TALKING,
	SECURE,
	WAITING,	/* refused; begins again at its time */
};

struct connection {
	const struct mode *mode;
	unsigned int number, tries;
	int fd;
	enum state state;
	int64_t began_ms;	/* this try */
	int64_t agreed_ms;	/* 0: not yet */
	int64_t due_ms;		/* the next drip, or the next try */
	size_t said;		/* of mode->say */
	bool spoken_to;		/* bytes came after the agreement */
	size_t heard, heard_kept;
	struct secure *secure;
	bool secure_writes;	/* what it waits for */
	uint8_t in[HEARD_MAX];
};

static struct connection *new_connection(const struct mode *mode, unsigned int number)
{
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		abort();
	connection->mode = mode;
	connection->number = number;
	connection->fd = -1;
	connection->due_ms = INT64_MAX;
	return connection;
}

static void hang_up(struct connection *connection, bool reset)
{
	static const struct linger at_once = { .l_onoff = 1 };

	secure_free(connection->secure);
	connection->secure = NULL;
	if (connection->fd < 0)
		return;
	if (reset)
		setsockopt(connection->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	close(connection->fd);
	connection->fd = -1;
}

static void begin(struct connection *connection)
{
	const struct mode *mode = connection->mode;

	connection->tries++;
	connection->began_ms = proto_now_ms();
	connection->agreed_ms = 0;
	connection->due_ms = INT64_MAX;
	connection->said = connection->heard = connection->heard_kept = 0;
	connection->spoken_to = false;
	connection->state = CONNECTING;
	connection->fd = socket(mode->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (connection->fd < 0)
		abort();
	connect(connection->fd, (const struct sockaddr *)&mode->address, mode->address_size);
}

struct connection *connection_connect(const struct mode *mode, unsigned int number)
{
	struct connection *connection = new_connection(mode, number);

	begin(connection);
	return connection;
}

struct connection *connection_accepted(const struct mode *mode, unsigned int number, int fd)
{
	struct connection *connection = new_connection(mode, number);

	connection->tries = 1;
	connection->fd = fd;
	connection->began_ms = proto_now_ms();
	connection->state = CONNECTING;
	return connection;
}

static bool still_says(const struct connection *connection)
{
	return connection->state == TALKING && connection->mode->speaks && !connection->mode->drip_ms &&
	       connection->said < connection->mode->say.size;
}

int64_t connection_watch(const struct connection *connection, struct pollfd *watch)
{
	bool writes = still_says(connection) && (!connection->mode->server || connection->spoken_to);

	watch->fd = connection->state == WAITING ? -1 : connection->fd;
	watch->events = POLLIN;
	if (connection->state == CONNECTING || writes)
		watch->events = POLLIN | POLLOUT;
	else if (connection->state == SECURE)
		watch->events = connection->secure_writes ? POLLOUT : POLLIN;
	return connection->due_ms;
}

bool connection_on_its_way(const struct connection *connection)
{
	return connection->state == CONNECTING || connection->state == PROBING;
}

bool connection_waits(const struct connection *connection)
{
	return connection->state == WAITING;
}

void connection_again(struct connection *connection)
{
	if (proto_now_ms() >= connection->due_ms)
		begin(connection);
}

/*
 * The line: which connection, at which try, how long after its beginning the probe was answered, and how long after
 * that it ended; then how it ended, the alert (-1: none), and the bytes after the agreement.
 */
static bool over(struct connection *connection, const char *how)
{
	int64_t now_ms = proto_now_ms();
	int alert = connection->secure ? secure_alert(connection->secure) :
					 bytes_find_alert(connection->in, connection->heard_kept);
	bool refused = !connection->spoken_to && alert < 0 && (strcmp(how, "FIN") == 0 || strcmp(how, "RST") == 0);
	bool again = !connection->mode->server && (connection->mode->keep || (connection->mode->retry && refused));

	if (again) {
		hang_up(connection, false);
		connection->state = WAITING;
		connection->due_ms = now_ms + AGAIN_MS;
		return true;
	}
	printf("peer %u try %u agreed %" PRId64 " held %" PRId64 " end %s alert %d said %zu heard %zu%s%s\n",
	       connection->number, connection->tries,
	       connection->agreed_ms ? connection->agreed_ms - connection->began_ms : -1,
	       now_ms - (connection->agreed_ms ? connection->agreed_ms : connection->began_ms), how, alert, connection->said,
	       connection->heard, connection->secure ? " : " : "",
	       connection->secure ? secure_error(connection->secure) : "");
	hang_up(connection, false);
	free(connection);
	return false;
}

void connection_abandon(struct connection *connection)
{
	struct mode no_more = *connection->mode;

	no_more.keep = no_more.retry = false;
	connection->mode = &no_more;
	over(connection, connection->state == WAITING ? "refused" : "open");
}

/* Returns whether the mode leaves here. */
static bool leaves(struct connection *connection, enum step step)
{
	if (connection->mode->leave_at != step)
		return false;
	hang_up(connection, connection->mode->reset);
	return true;
}

static bool left(struct connection *connection)
{
	return over(connection, connection->mode->reset ? "reset" : "closed");
}

static bool write_all(struct connection *connection, const uint8_t *data, size_t size)
{
	return send(connection->fd, data, size, MSG_NOSIGNAL) == (ssize_t)size;
}

static bool agreed(struct connection *connection)
{
	connection->agreed_ms = proto_now_ms();
	if (leaves(connection, STEP_AGREED))
		return left(connection);
	connection->state = TALKING;
	connection->heard = connection->heard_kept = 0;
	if (connection->mode->tls) {
		connection->secure = secure_new(connection->fd);
		connection->secure_writes = true;
		connection->state = SECURE;
	} else if (connection->mode->speaks && connection->mode->drip_ms && !connection->mode->server) {
		connection->due_ms = connection->agreed_ms;
	}
	return true;
}

static bool connected(struct connection *connection)
{
	uint8_t probe[RPCTLS_MAX];
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0 || error)
		return over(connection, error == ECONNREFUSED ? "unreachable" : "RST");
	if (leaves(connection, STEP_CONNECTED))
		return left(connection);
	connection->state = PROBING;
	if (connection->mode->server)
		return true;
	if (!write_all(connection, probe, rpctls_call(probe, connection->number + 1, true)))
		return over(connection, "RST");
	return leaves(connection, STEP_PROBED) ? left(connection) : true;
}

/* Returns 1 for bytes, 0 for none now, -1 when the connection is over and told so. */
static int receive(struct connection *connection)
{
	uint8_t scrap[4096];
	size_t room = sizeof(connection->in) - connection->heard_kept;
	uint8_t *at = room ? connection->in + connection->heard_kept : scrap;

	ssize_t got = recv(connection->fd, at, room ? room : sizeof(scrap), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (got <= 0)
		return over(connection, got == 0 ? "FIN" : "RST") ? 0 : -1;
	connection->heard += got;
	if (room)
		connection->heard_kept += got;
	return 1;
}

static bool probing(struct connection *connection)
{
	uint8_t answer[RPCTLS_MAX];
	size_t used;

	if (!connection->mode->server) {
		int ret = rpctls_reply(connection->in, connection->heard_kept, &used);
		return ret == 0 ? true : ret == 2 ? agreed(connection) : over(connection, "no-tls");
	}
	int size = rpctls_agree(answer, connection->in, connection->heard_kept);
	if (size == 0)
		return true;
	if (leaves(connection, STEP_PROBED))
		return left(connection);
	if (size < 0 || !write_all(connection, answer, size))
		return over(connection, "no-rpc");
	return agreed(connection);
}

static bool say(struct connection *connection)
{
	const struct mode *mode = connection->mode;
	size_t size = mode->leave_at == STEP_HALF ? mode->say.size / 2 : mode->say.size;

	ssize_t sent = send(connection->fd, mode->say.data + connection->said, size - connection->said,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return true;	/* the reading side tells why */
	connection->said += sent;
	if (connection->said < size)
		return true;
	if (leaves(connection, STEP_HALF) || leaves(connection, STEP_SAID))
		return left(connection);
	return true;
}

/* A hello is dripped by bytes, unless something else is to follow it over and over: then it goes out whole. */
static void drip(struct connection *connection, int64_t now_ms)
{
	const struct mode *mode = connection->mode;
	size_t portion = mode->again.size ? mode->say.size : 1;

	connection->due_ms = now_ms + mode->drip_ms;
	if (connection->said < mode->say.size) {
		write_all(connection, mode->say.data + connection->said, portion);
		connection->said += portion;
	} else if (mode->again.size) {
		write_all(connection, mode->again.data, mode->again.size);
	}
}

static bool talking(struct connection *connection)
{
	const struct mode *mode = connection->mode;

	if (connection->heard > 0 && !connection->spoken_to) {
		connection->spoken_to = true;
		if (leaves(connection, STEP_ANSWERED))
			return left(connection);
		if (mode->server && mode->speaks && mode->drip_ms)
			connection->due_ms = proto_now_ms();
	}
	if (still_says(connection) && (!mode->server || connection->spoken_to))
		return say(connection);
	return true;
}

static bool secure(struct connection *connection)
{
	enum secure_state state = secure_step(connection->secure);

	if (state == SECURE_SERVED)
		return over(connection, "served");
	if (state == SECURE_FAILED)
		return over(connection, "refused");
	connection->secure_writes = state == SECURE_WRITES;
	return true;
}

bool connection_step(struct connection *connection, short events)
{
	int64_t now_ms = proto_now_ms();

	if (connection->state == WAITING)
		return true;
	if (connection->state == SECURE)
		return secure(connection);
	if (connection->state == CONNECTING && (events || connection->mode->server) && !connected(connection))
		return false;
	if (connection->fd < 0 || connection->state == CONNECTING)
		return true;
	if (events & (POLLIN | POLLHUP | POLLERR)) {
		int ret = receive(connection);
		if (ret < 0)
			return false;
		if (connection->state == WAITING)
			return true;
		if (ret > 0 && connection->state == PROBING)
			return probing(connection);
	}
	if (connection->state == TALKING && now_ms >= connection->due_ms)
		drip(connection, now_ms);
	return connection->state == TALKING ? talking(connection) : true;
}
