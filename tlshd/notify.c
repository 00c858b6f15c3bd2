// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The notify socket. What arrives on it is only a wake-up: the queue itself is asked with ACCEPT.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib-unix.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "log.h"
#include "notify.h"
#include "watch.h"

#define NOTIFY_NAME "notify"
#define RECEIVE_BUFFER (1024 * 1024)

struct notify {
	int fd;
	guint watch;
	void (*on_ready)(void *user);
	void *user;
};

static bool is_genetlink(int fd)
{
	int domain = 0, protocol = 0;
	socklen_t size = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_NETLINK &&
	       getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == NETLINK_GENERIC;
}

#ifdef HAVE_LIBSYSTEMD
static int passed_socket(void)
{
	char **names = NULL;
	int found = -1;
	int count = sd_listen_fds_with_names(1, &names);

	for (int i = 0; i < count; i++) {
		int fd = SD_LISTEN_FDS_START + i;
		if (strcmp(names[i], NOTIFY_NAME) == 0 && found < 0 && is_genetlink(fd)) {
			found = fd;
		} else {
			log_line(LOG_WARNING, "descriptor %d, passed to us as \"%s\", is not a notify socket: closed", fd,
				 names[i]);
			close(fd);
		}
		free(names[i]);
	}
	free(names);
	return found;
}
#else
static int passed_socket(void)
{
	if (getenv("LISTEN_FDS"))
		log_line(LOG_WARNING, "built without libsystemd: a passed notify socket is not used");
	return -1;
}
#endif

struct notify *notify_inherit(void)
{
	struct notify *notify = g_new0(struct notify, 1);

	notify->fd = passed_socket();
	return notify;
}

uint64_t notify_inode(const struct notify *notify)
{
	struct stat status;

	return notify->fd >= 0 && fstat(notify->fd, &status) == 0 ? status.st_ino : 0;
}

/* Empty the socket. ENOBUFS means that announcements were lost; the queue is asked all the same. */
static gboolean readable(gint fd, GIOCondition condition, gpointer user_data)
{
	struct notify *notify = user_data;
	char discarded[4096];

	(void)condition;
	for (;;) {
		if (recv(fd, discarded, sizeof(discarded), MSG_DONTWAIT | MSG_TRUNC) >= 0 || errno == EINTR)
			continue;
		if (errno != ENOBUFS)
			break;
		log_line(LOG_WARNING, "the kernel had no room to announce a request: its consumer was refused");
	}
	notify->on_ready(notify->user);
	return G_SOURCE_CONTINUE;
}

static int join(int fd, int group)
{
	int size = RECEIVE_BUFFER;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		return -errno;
	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

int notify_join(struct notify *notify, int group, void (*on_ready)(void *user), void *user)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };

	if (notify->fd < 0) {
		notify->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_GENERIC);
		if (notify->fd < 0)
			return -errno;
		if (bind(notify->fd, (struct sockaddr *)&address, sizeof(address)) < 0)
			return -errno;
	}
	int ret = join(notify->fd, group);
	if (ret < 0)
		return ret;
	notify->on_ready = on_ready;
	notify->user = user;
	notify->watch = watch_fd(notify->fd, G_IO_IN | G_IO_ERR, readable, notify);
	return 0;
}

void notify_store(const struct notify *notify)
{
#ifdef HAVE_LIBSYSTEMD
	int fd = notify->fd;
	int ret = sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" NOTIFY_NAME "\nFDPOLL=0", &fd, 1);
	if (ret < 0)
		log_line(LOG_WARNING, "systemd did not take the notify socket into its store (%s): consumers are refused "
			 "while tlshd restarts", strerror(-ret));
#else
	(void)notify;
#endif
}

void notify_close(struct notify *notify)
{
	g_clear_handle_id(&notify->watch, g_source_remove);
	if (notify->fd >= 0)
		close(notify->fd);
	g_free(notify);
}
