// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loader: a short-lived process that reads configuration, certificates and trust store, and hands the supervisor one
 * sealed image of all of it.
 *
 * It exists so that the supervisor never waits for a file (the file may lie on the very storage that waits for the
 * supervisor), and never parses PEM or ASN.1 or runs the code of a token module. It is root only while it takes raw
 * bytes from files.
 *
 *	loader UID GID CONFIG KERNEL_CIPHERS
 *
 * CONFIG is empty where the usual places count.
 */
#include <config.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "child.h"
#include "loader/configplace.h"
#include "loader/image.h"
#include "loader/load.h"
#include "loader/problems.h"
#include "proto.h"

/* Those who still have the old file shall hear of it each time. */
static const char *usual_config(void)
{
	char *notice;
	const char *config = configplace_choose(PROTO_CONFIG_LEGACY, PROTO_CONFIG_USUAL, &notice);

	if (notice)
		proto_notice(PROTO_FD_SUPERVISOR, LOG_NOTICE, "%s", notice);
	g_free(notice);
	return config;
}

static int hand_over(const struct load *load, const char *config)
{
	GByteArray *snapshot = load_snapshot(load), *keylist = load_keylist(load);
	union proto_message message;
	int fds[2] = { image_seal(snapshot, "tlshd-snapshot"), image_seal(keylist, "tlshd-keys") };
	int ret = fds[0] < 0 ? fds[0] : fds[1] < 0 ? fds[1] : 0;

	if (ret == 0) {
		proto_init(&message, PROTO_LOADED);
		message.loaded.keys = load_keys(load);
		message.loaded.legacy = strcmp(config, PROTO_CONFIG_LEGACY) == 0;
		ret = proto_send(PROTO_FD_SUPERVISOR, &message, fds, 2);
	}
	for (unsigned int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
	}
	g_byte_array_unref(snapshot);
	g_byte_array_unref(keylist);
	return ret;
}

static void fail(const char *what, int error)
{
	proto_notice(PROTO_FD_SUPERVISOR, LOG_ERR, "loader: %s: %s", what, strerror(error));
}

int main(int argc, char **argv)
{
	const char *step;
	int ret = -1;

	if (argc != 5)
		return EXIT_FAILURE;
	close_range(PROTO_FD_SUPERVISOR + 1, UINT_MAX, 0);
	unsetenv("SSLKEYLOGFILE");

	const char *config = argv[3][0] ? argv[3] : usual_config();
	struct problems *problems = problems_new(PROTO_FD_SUPERVISOR);
	struct load *load = load_read(config, problems);

	int dropped = child_give_up_root(argv[1], argv[2], 0, &step);
	if (dropped < 0) {
		fail(step, -dropped);
		goto out;
	}
	if (!load)
		goto out;
	load_understand(load, argv[4], time(NULL));
	if (problems_failed(problems))
		goto out;
	ret = hand_over(load, config);
	if (ret < 0)
		fail("handing over the snapshot", -ret);
out:
	load_free(load);
	problems_free(problems);
	return ret == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
