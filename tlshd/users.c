// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking up tlshd-worker and tlshd-keeper.
 */
#include <config.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

#include "log.h"
#include "users.h"

static void set(struct user *user, uid_t uid, gid_t gid)
{
	snprintf(user->uid, sizeof(user->uid), "%u", uid);
	snprintf(user->gid, sizeof(user->gid), "%u", gid);
}

static int find(const char *name, struct user *user)
{
	struct passwd *entry = getpwnam(name);

	if (!entry) {
		log_line(LOG_ERR, "there is no user %s: make it with `useradd --system --no-create-home "
			 "--shell /usr/sbin/nologin %s`", name, name);
		return -ENOENT;
	}
	if (entry->pw_uid == 0 || entry->pw_gid == 0) {
		log_line(LOG_ERR, "user %s is root or in root's group: give it a user and group number of its own", name);
		return -EPERM;
	}
	set(user, entry->pw_uid, entry->pw_gid);
	return 0;
}

int users_find(struct users *users)
{
	if (geteuid() != 0) {
		set(&users->worker, geteuid(), getegid());
		users->keeper = users->worker;
		return 0;
	}
	int worker = find(WORKER_USER, &users->worker);
	int keeper = find(KEEPER_USER, &users->keeper);
	return worker < 0 ? worker : keeper;
}
