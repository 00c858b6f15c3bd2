// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The claim to be the only agent.
 */
#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <glib.h>

#include "agent.h"
#include "log.h"

#define CLAIM_NAME "tlshd.agent"	/* abstract: without a file */

static socklen_t claim_address(struct sockaddr_un *address)
{
	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path + 1, CLAIM_NAME, strlen(CLAIM_NAME));
	return offsetof(struct sockaddr_un, sun_path) + 1 + strlen(CLAIM_NAME);
}

static void describe_process(pid_t pid, char *other, size_t size)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
	g_autofree char *name = NULL;

	if (pid > 0 && g_file_get_contents(path, &name, NULL, NULL))
		snprintf(other, size, "process %d (%s)", (int)pid, g_strchomp(name));
	else
		snprintf(other, size, "a process that cannot be seen from here");
}

/* sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode; Groups holds the first 32 groups as bits. */
uint64_t agent_next_member(const char **text, int group, uint64_t our_inode)
{
	while (group >= 1 && group <= 32 && **text) {
		unsigned int protocol, groups;
		uint64_t inode;
		size_t length = strcspn(*text, "\n");
		g_autofree char *line = g_strndup(*text, length);
		*text += length + ((*text)[length] == '\n');
		if (sscanf(line, "%*s %u %*u %x %*d %*d %*s %*s %*s %" SCNu64, &protocol, &groups, &inode) != 3)
			continue;
		if (protocol == NETLINK_GENERIC && (groups & (1U << (group - 1))) && inode != our_inode)
			return inode;
	}
	return 0;
}

static bool holds_socket(const char *pid, const char *link_text)
{
	g_autofree char *path = g_strdup_printf("/proc/%s/fd", pid);
	DIR *dir = opendir(path);
	bool found = false;
	char target[64];

	if (!dir)
		return false;
	for (struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
		ssize_t length = readlinkat(dirfd(dir), entry->d_name, target, sizeof(target) - 1);
		if (length > 0) {
			target[length] = '\0';
			found = strcmp(target, link_text) == 0;
		}
	}
	closedir(dir);
	return found;
}

static pid_t socket_holder(uint64_t inode)
{
	g_autofree char *link_text = g_strdup_printf("socket:[%" PRIu64 "]", inode);
	DIR *dir = opendir("/proc");
	pid_t found = 0;

	if (!dir)
		return 0;
	for (struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
		if (g_ascii_isdigit(entry->d_name[0]) && holds_socket(entry->d_name, link_text))
			found = g_ascii_strtoll(entry->d_name, NULL, 10);
	}
	closedir(dir);
	return found;
}

/* Num RefCount Protocol Flags Type St Inode Path; an abstract name begins with @. */
static pid_t claim_holder(void)
{
	g_autofree char *table = NULL;

	if (!g_file_get_contents("/proc/net/unix", &table, NULL, NULL))
		return 0;
	g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
	for (char **line = lines; *line; line++) {
		uint64_t inode;
		if (g_str_has_suffix(*line, " @" CLAIM_NAME) &&
		    sscanf(*line, "%*s %*s %*s %*s %*s %*s %" SCNu64, &inode) == 1)
			return socket_holder(inode);
	}
	return 0;
}

/*
 * Both the name and the group are open to every user: what is held without being root serves nobody, and must not keep
 * us from serving. A holder that cannot be seen is taken seriously.
 */
static bool is_agent(pid_t pid, const char *what)
{
	g_autofree char *path = g_strdup_printf("/proc/%d", (int)pid);
	struct stat status;

	if (pid == 0 || stat(path, &status) < 0 || status.st_uid == 0)
		return true;
	log_line(LOG_WARNING, "process %d of user %u holds %s: it cannot be an agent, and is passed over", (int)pid,
		 status.st_uid, what);
	return false;
}

/* Returns -EEXIST where the group has another member that can serve. */
static int look_for_members(int group, uint64_t our_inode, char *other, size_t size)
{
	g_autofree char *table = NULL;

	if (!g_file_get_contents("/proc/net/netlink", &table, NULL, NULL))
		return 0;	/* without /proc the name alone has to do */
	const char *rest = table;
	for (;;) {
		uint64_t inode = agent_next_member(&rest, group, our_inode);
		if (inode == 0)
			return 0;
		pid_t pid = socket_holder(inode);
		if (!is_agent(pid, "a socket in the multicast group of the handshake family"))
			continue;
		describe_process(pid, other, size);
		return -EEXIST;
	}
}

int agent_claim(int group, uint64_t our_inode, char *other, size_t size)
{
	struct sockaddr_un address;
	socklen_t length = claim_address(&address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int ret = 0;

	if (fd < 0)
		return -errno;
	/* The descriptor stays open as long as the process lives. */
	if (bind(fd, (struct sockaddr *)&address, length) < 0) {
		ret = -errno;
		pid_t pid = ret == -EADDRINUSE ? claim_holder() : 0;
		if (ret == -EADDRINUSE && is_agent(pid, "the abstract socket " CLAIM_NAME)) {
			describe_process(pid, other, size);
			ret = -EEXIST;
		} else if (ret == -EADDRINUSE) {
			ret = 0;
		}
	}
	if (ret == 0)
		ret = look_for_members(group, our_inode, other, size);
	if (ret < 0)
		close(fd);
	return ret;
}
