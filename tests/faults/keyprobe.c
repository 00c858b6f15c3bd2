// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stands in the place of one of tlshd's children, tries to get at a key of the supervisor's twice, before and after it
 * gave up root the way every child does, and then becomes the real program.
 *
 * Installed as PLACE, it expects the real program as PLACE.real, the key's serial number in /run/test/probe/serial, and
 * appends what happened to /run/test/probe/NAME.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <keyutils.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

#define FOLDER "/run/test/probe/"
#define DESCRIPTION "supervisor-secret"	/* what the test called the key */

static void say(int fd, const char *when, const char *what, long ret)
{
	dprintf(fd, "%s %s: %s\n", when, what, ret >= 0 ? "yes" : strerrorname_np(errno));
}

static void try_key(int fd, const char *when, key_serial_t key)
{
	char text[256];

	say(fd, when, "read", keyctl_read(key, text, sizeof(text)));
	say(fd, when, "describe", keyctl_describe(key, text, sizeof(text)));
	say(fd, when, "search session", keyctl_search(KEY_SPEC_SESSION_KEYRING, "user", DESCRIPTION, 0));
	say(fd, when, "request", request_key("user", DESCRIPTION, NULL, 0));
	say(fd, when, "link", keyctl_link(key, KEY_SPEC_SESSION_KEYRING));
}

/* In a process of its own: the real program has to start with what it was given. */
static int probe(int fd, key_serial_t key, char **argv)
{
	const char *step = "";

	int ret = child_give_up_root(argv[1], argv[2], 0, &step);
	if (ret < 0) {
		dprintf(fd, "after: %s: %s\n", step, strerror(-ret));
		return 1;
	}
	try_key(fd, "after", key);
	dprintf(fd, "after session keyring holds: %ld bytes\n", keyctl_read(KEY_SPEC_SESSION_KEYRING, NULL, 0));
	return 0;
}

int main(int argc, char **argv)
{
	char path[256];
	int status;

	FILE *file = fopen(FOLDER "serial", "r");
	key_serial_t key = 0;
	if (!file || argc < 3 || fscanf(file, "%d", &key) != 1)
		return 2;
	fclose(file);
	snprintf(path, sizeof(path), FOLDER "%s", basename(argv[0]));
	int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return 2;
	pid_t child = fork();
	if (child == 0)
		_exit(probe(fd, key, argv));
	waitpid(child, &status, 0);
	/* Last, for it leaves a link: with root and the supervisor's keyrings the key is there. */
	try_key(fd, "before", key);
	snprintf(path, sizeof(path), CHILDDIR "/%s.real", basename(argv[0]));
	execv(path, argv);
	return 127;
}
