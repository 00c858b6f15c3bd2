// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Running the loader.
 */
#include <config.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "channel.h"
#include "loading.h"
#include "log.h"
#include "process.h"

#define LOADER_PATH CHILDDIR "/loader"

struct loading {
	struct channel *channel;
	struct process *process;
	guint timeout;
	const char *config;		/* as it was named, if it was */
	loading_fn on_loaded;
	void *user;
};

static void finish(struct loading *loading, const char *config, int snapshot_fd, int keys_fd)
{
	loading_fn on_loaded = loading->on_loaded;
	void *user = loading->user;

	g_clear_handle_id(&loading->timeout, g_source_remove);
	channel_free(loading->channel);
	if (loading->process)
		process_abandon(loading->process, snapshot_fd >= 0 ? 1000 : 0);
	g_free(loading);
	on_loaded(user, config, snapshot_fd, keys_fd);
}

static void received(void *user, const union proto_message *message, int *fds)
{
	struct loading *loading = user;

	if (message->header.type == PROTO_NOTICE && fds[0] < 0) {
		log_line(message->notice.priority, "%s", message->notice.text);
		return;
	}
	if (message->header.type == PROTO_LOADED && fds[0] >= 0 && fds[1] >= 0) {
		finish(loading, loading->config ? loading->config :
		       message->loaded.legacy ? PROTO_CONFIG_LEGACY : PROTO_CONFIG_USUAL, fds[0], fds[1]);
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	log_line(LOG_ERR, "the loader sent %s, which makes no sense: is the installation of one piece?",
		 proto_name(message->header.type));
	finish(loading, NULL, -1, -1);
}

static void broken(void *user, int error)
{
	struct loading *loading = user;

	if (error != -EPIPE)
		log_line(LOG_ERR, "the loader's answer cannot be read (%s): is the installation of one piece?",
			 strerror(-error));
	else
		log_line(LOG_ERR, "the configuration was not loaded");
	finish(loading, NULL, -1, -1);
}

static void ended(void *user, const char *how)
{
	struct loading *loading = user;

	/* What it sent before is still in the channel, and so is the end of it, which broken() reports. */
	loading->process = NULL;
	if (strcmp(how, "exit status 0") != 0 && strcmp(how, "exit status 1") != 0)
		log_line(LOG_ERR, "the loader (%s) failed: %s", LOADER_PATH, how);
}

static gboolean too_late(gpointer user_data)
{
	struct loading *loading = user_data;

	loading->timeout = 0;
	log_line(LOG_ERR, "the configuration could not be read within %d s: a file or the system's trust store hangs",
		 LOADING_TIMEOUT_MS / 1000);
	finish(loading, NULL, -1, -1);
	return G_SOURCE_REMOVE;
}

int loading_start(struct loading **out, const struct users *users, const char *config, const char *ktls,
		  loading_fn on_loaded, void *user)
{
	char *argv[] = { "loader", (char *)users->keeper.uid, (char *)users->keeper.gid,
			 (char *)(config ? config : ""), (char *)ktls, NULL };
	struct loading *loading = g_new0(struct loading, 1);
	int theirs = -1;

	loading->config = config;
	loading->on_loaded = on_loaded;
	loading->user = user;
	int ret = channel_pair(&loading->channel, &theirs, 2, received, broken, loading);
	if (ret == 0)
		ret = process_spawn(&loading->process, LOADER_PATH, argv, (int[]){ theirs, -1, -1, -1 }, ended, loading);
	if (theirs >= 0)
		close(theirs);
	if (ret < 0) {
		log_line(LOG_ERR, "cannot start the loader (" LOADER_PATH "): %s; is the installation of one piece, and memory left?",
			 strerror(-ret));
		channel_free(loading->channel);
		g_free(loading);
		return ret;
	}
	loading->timeout = g_timeout_add(LOADING_TIMEOUT_MS, too_late, loading);
	*out = loading;
	return 0;
}
