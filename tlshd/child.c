// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The steps by which a child of the supervisor gives up what it does not need.
 */
#include <config.h>

#include <errno.h>
#include <grp.h>
#include <keyutils.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <unistd.h>

#include "child.h"
#include "proto.h"

/* Rights of later Landlock versions, for builds with older headers. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif
#ifndef LANDLOCK_ACCESS_FS_IOCTL_DEV
#define LANDLOCK_ACCESS_FS_IOCTL_DEV (1ULL << 15)
#endif

/* A decimal number that is a user or group other than root and other than "no change" (-1). */
static int parse_id(const char *text, unsigned int *id)
{
	char *end;

	if (!text || text[0] < '0' || text[0] > '9')
		return -EINVAL;
	errno = 0;
	unsigned long value = strtoul(text, &end, 10);
	if (errno || *end || value == 0 || value >= UINT_MAX)
		return -EINVAL;
	*id = value;
	return 0;
}

/* Groups before the user: without root they could not be changed any more. */
static int become(uid_t uid, gid_t gid, const char **step)
{
	gid_t rgid, egid, sgid;
	uid_t ruid, euid, suid;

	*step = "setgroups";
	if (setgroups(0, NULL) < 0)
		return -errno;
	*step = "setresgid";
	if (setresgid(gid, gid, gid) < 0)
		return -errno;
	*step = "setresuid";
	if (setresuid(uid, uid, uid) < 0)
		return -errno;
	*step = "check of the new user and group";
	if (getresuid(&ruid, &euid, &suid) < 0 || getresgid(&rgid, &egid, &sgid) < 0)
		return -errno;
	if (ruid != uid || euid != uid || suid != uid || rgid != gid || egid != gid || sgid != gid)
		return -EPERM;
	/* The proof that there is no way back is that trying fails. */
	if (setresuid(-1, 0, -1) == 0 || setresgid(-1, 0, -1) == 0)
		return -EPERM;
	return 0;
}

/* Nothing may come back: not by inheritance (ambient set is cleared with the rest), not by exec. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

/* While we are root: the keyring is root's, and a link to it needs its owner. What we possess we keep as another user. */
static int leave_keyrings(key_serial_t keyring, const char **step)
{
	*step = "keyctl_join_session_keyring";
	if (keyctl_join_session_keyring(NULL) < 0)
		return -errno;
	*step = "link to the keyring of requested keys";
	if (keyring > 0 && keyctl_link(keyring, KEY_SPEC_SESSION_KEYRING) < 0)
		return -errno;
	return 0;
}

/* What is left to keep out: exec, outliving the parent, ptrace and core files. */
static int close_doors(const char **step)
{
	static const struct rlimit no_core = { 0, 0 };

	*step = "prctl(PR_SET_NO_NEW_PRIVS)";
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	*step = "prctl(PR_SET_PDEATHSIG)";
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0)
		return -errno;
	*step = "prctl(PR_SET_DUMPABLE)";
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	*step = "setrlimit(RLIMIT_CORE)";
	if (setrlimit(RLIMIT_CORE, &no_core) < 0)
		return -errno;
	return 0;
}

int child_give_up_root(const char *uid_text, const char *gid_text, key_serial_t keyring, const char **step)
{
	pid_t parent = getppid();
	unsigned int uid, gid;
	int ret;

	*step = "reading the user and group numbers";
	if (parse_id(uid_text, &uid) < 0 || parse_id(gid_text, &gid) < 0)
		return -EINVAL;
	ret = leave_keyrings(keyring, step);
	if (ret < 0)
		return ret;
	if (geteuid() == 0) {
		ret = become(uid, gid, step);
		if (ret < 0)
			return ret;
	} else if (getuid() != uid || geteuid() != uid) {
		*step = "check of the caller's user";
		return -EPERM;
	}
	*step = "capset";
	ret = drop_capabilities();
	if (ret < 0)
		return ret;
	ret = close_doors(step);
	if (ret < 0)
		return ret;
	/* A parent that died before PR_SET_PDEATHSIG was in force sends no signal. */
	*step = "check that the parent lives";
	return getppid() == parent ? 0 : -ESRCH;
}

void child_lock_memory(int channel)
{
#ifdef WITH_SANITIZERS
	/* The sanitizers' shadow memory is terabytes large. */
	(void)channel;
#else
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		proto_notice(channel, LOG_WARNING,
			     "cannot lock memory (%s): where this machine swaps to, or boots from, storage that needs this "
			     "service, it can hang; set LimitMEMLOCK=infinity in the unit",
			     strerror(errno));
#endif
}

/* All rights that the running kernel knows. A right that is not handled stays allowed, so none may be missing. */
static uint64_t all_rights(int abi)
{
	uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;

	if (abi >= 2)
		rights |= LANDLOCK_ACCESS_FS_REFER;
	if (abi >= 3)
		rights |= LANDLOCK_ACCESS_FS_TRUNCATE;
	if (abi >= 5)
		rights |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
	return rights;
}

int child_deny_files(void)
{
	struct landlock_ruleset_attr ruleset = { 0 };
	int ret = 0;

	int abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 0)
		return errno == ENOSYS || errno == EOPNOTSUPP ? -EOPNOTSUPP : -errno;
	ruleset.handled_access_fs = all_rights(abi);
	int fd = syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset.handled_access_fs), 0);
	if (fd < 0)
		return -errno;
	/* Landlock itself insists on this, and a caller may have skipped child_give_up_root(). */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || syscall(SYS_landlock_restrict_self, fd, 0) < 0)
		ret = -errno;
	close(fd);
	return ret;
}
