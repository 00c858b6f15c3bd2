// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Checking the configuration.
 */
#include <config.h>

#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib.h>

#include "check.h"
#include "keeping.h"
#include "loading.h"
#include "log.h"

/* All that kTLS can take: what this machine's kernel has is not a question of configuration. */
#define EVERY_CIPHER "AES-256-GCM,CHACHA20-POLY1305,AES-128-GCM,AES-128-CCM"

struct check {
	const char *config;		/* what was read */
	GMainLoop *loop;
	const struct users *users;
	struct deadlines *deadlines;
	struct loading *loading;
	struct snapshot *snapshot;
	struct keeping *keeping;
	bool good;
};

static void end(struct check *check, bool good)
{
	check->good = good;
	g_main_loop_quit(check->loop);
}

static void keys_ready(void *user)
{
	end(user, true);
}

static void keys_lost(void *user)
{
	end(user, false);
}

/* Nothing is loaded here for a request. */
static const struct keeping_events events = { .ready = keys_ready, .lost = keys_lost };

static void loaded(void *user, const char *config, int snapshot_fd, int keys_fd)
{
	struct check *check = user;
	bool keys = false;

	check->config = config;
	if (snapshot_fd < 0 || snapshot_open(snapshot_fd, &check->snapshot) < 0) {
		end(check, false);
		goto out;
	}
	for (int i = 0; i < SNAPSHOT_PROFILES; i++)
		keys = keys || check->snapshot->profiles[i].identity_count > 0;
	if (!keys)
		end(check, true);
	else if (keeping_start(&check->keeping, check->deadlines, check->users, keys_fd, check->snapshot, &events,
			       check) < 0)
		end(check, false);
out:
	if (snapshot_fd >= 0)
		close(snapshot_fd);
	if (keys_fd >= 0)
		close(keys_fd);
}

int check_config(const struct users *users, const char *config)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct check check = { .users = users };

	/* As the service does for its keeper, which would warn otherwise; nothing is lost if it is not allowed here. */
	setrlimit(RLIMIT_MEMLOCK, &unlimited);
	check.loop = g_main_loop_new(NULL, FALSE);
	check.deadlines = deadlines_new();
	if (loading_start(&check.loading, users, config, EVERY_CIPHER, loaded, &check) == 0)
		g_main_loop_run(check.loop);
	keeping_free(check.keeping);
	snapshot_free(check.snapshot);
	deadlines_free(check.deadlines);
	g_main_loop_unref(check.loop);
	log_line(check.good ? LOG_INFO : LOG_ERR, "%s: %s", check.config ? check.config : config ? config : "tlshd",
		 check.good ? "the configuration can be served" : "the configuration cannot be served");
	return check.good ? 0 : 1;
}
