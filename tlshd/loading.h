/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The supervisor's side of the loader: one short-lived process that reads configuration, certificates and trust store,
 * so that the supervisor never waits for a file.
 */
#ifndef TLSHD_LOADING_H
#define TLSHD_LOADING_H

#include "users.h"

struct loading;

/*
 * Called once. On success the path of what was read and two sealed memfds, now the callee's; else NULL, -1 and -1, with
 * the reasons in the log. The loading is over and freed.
 */
typedef void (*loading_fn)(void *user, const char *config, int snapshot_fd, int keys_fd);

/**
 * loading_start - read the configuration
 * @config: path of the configuration file, which outlives the call of @on_loaded; NULL: it is looked for in its places
 * @ktls: ciphers of the kernel, as from ktlsprobe_run()
 *
 * Returns 0 or a negative errno, after which @on_loaded is not called.
 */
int loading_start(struct loading **out, const struct users *users, const char *config, const char *ktls,
		  loading_fn on_loaded, void *user);
#define LOADING_TIMEOUT_MS 30000

#endif
