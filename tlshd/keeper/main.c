// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The keeper: the only process that holds private keys. It signs what its oracle allows, and does nothing else.
 *
 * The supervisor starts it as root as `keeper UID GID KEYRING`, where KEYRING is the keyring through which it is given
 * those keys of the kernel that requests name. Files are opened as root, so that keys can be root's alone, but
 * not a byte of them is parsed before root is given up.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "child.h"
#include "control.h"
#include "keys.h"
#include "proto.h"
#include "sandbox.h"
#include "snapshot.h"

/* Only what the contract names stays open: a descriptor of the supervisor's could be any power. */
static int close_others(void)
{
	if (close_range(PROTO_FD_SUPERVISOR + 1, PROTO_FD_SNAPSHOT - 1, 0) < 0 ||
	    close_range(PROTO_FD_GRANTS + 1, ~0U, 0) < 0)
		return -errno;
	return 0;
}

static int fail(const char *step, int error)
{
	proto_notice(PROTO_FD_SUPERVISOR, LOG_ERR, "keeper cannot start: %s: %s", step, strerror(-error));
	return error;
}

static int open_keys(struct keys **keys)
{
	struct keylist *list;

	int ret = keylist_open(PROTO_FD_SNAPSHOT, &list);
	if (ret < 0)
		return fail("reading the key list", ret);
	ret = keys_open(list, PROTO_FD_SUPERVISOR, keys);
	keylist_free(list);
	close(PROTO_FD_SNAPSHOT);
	return ret;
}

/*
 * Modules look for their configuration in the user's home, which is not root's any more: without HOME that of the
 * keeper's own user is found. And what they execute gets no channel of ours.
 */
static void prepare_for_modules(void)
{
	unsetenv("HOME");
	unsetenv("XDG_CONFIG_HOME");
	fcntl(PROTO_FD_SUPERVISOR, F_SETFD, FD_CLOEXEC);
	fcntl(PROTO_FD_GRANTS, F_SETFD, FD_CLOEXEC);
}

static int run(const char *uid, const char *gid, key_serial_t keyring)
{
	struct keys *keys = NULL;
	const char *step = "";

	int ret = close_others();
	if (ret < 0)
		return fail("closing descriptors", ret);
	/* TLS libraries write session keys where this says; no environment decides that. */
	unsetenv("SSLKEYLOGFILE");
	ret = open_keys(&keys);
	if (ret < 0)
		goto out;
	ret = child_give_up_root(uid, gid, keyring, &step);
	if (ret < 0) {
		fail(step, ret);
		goto out;
	}
	/* Before there is a secret that could be swapped out. */
	child_lock_memory(PROTO_FD_SUPERVISOR);
	if (keys_in_tokens(keys))
		prepare_for_modules();
	ret = keys_load(keys, PROTO_FD_SUPERVISOR);
	if (ret < 0)
		goto out;
	ret = sandbox_enter(PROTO_FD_SUPERVISOR, keys_in_tokens(keys) ? SANDBOX_TOKENS : SANDBOX_FILES, &step);
	if (ret < 0) {
		fail(step, ret);
		goto out;
	}
	ret = keys_announce(keys, PROTO_FD_SUPERVISOR);
	if (ret < 0)
		goto out;
	control_run(PROTO_FD_SUPERVISOR, PROTO_FD_GRANTS, keys);
	/* Threads may be signing: nothing may be freed under their hands, neither here nor by exit(). */
	_exit(EXIT_FAILURE);
out:
	keys_free(keys);
	return ret;
}

int main(int argc, char **argv)
{
	if (argc != 3 && argc != 4) {
		fprintf(stderr, "%s is a part of tlshd, which starts it: there is nothing to do here by hand\n",
			argv[0]);
		return EXIT_FAILURE;
	}
	return run(argv[1], argv[2], argc == 4 ? atoi(argv[3]) : 0) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
