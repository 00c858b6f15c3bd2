// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The supervisor's privileges.
 */
#include <config.h>

#include <errno.h>
#include <keyutils.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "privilege.h"

#ifndef PR_SET_IO_FLUSHER
#define PR_SET_IO_FLUSHER 57
#endif

static const int kept[] = { CAP_NET_ADMIN, CAP_SETUID, CAP_SETGID, CAP_KILL, CAP_DAC_READ_SEARCH };

void privilege_raise_limits(void)
{
	struct rlimit files, memory = { RLIM_INFINITY, RLIM_INFINITY };

	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files) < 0)
			log_line(LOG_WARNING, "cannot raise the number of open files to its hard limit: %s", strerror(errno));
	}
	if (setrlimit(RLIMIT_MEMLOCK, &memory) < 0)
		log_line(LOG_WARNING, "cannot lift the limit on locked memory (%s): set LimitMEMLOCK=infinity",
			 strerror(errno));
	if (prctl(PR_SET_IO_FLUSHER, 1, 0, 0, 0) < 0)
		log_line(LOG_WARNING, "cannot become an I/O flusher (%s): when memory is short, allocations may wait for "
			 "the storage that is served here", strerror(errno));
}

static uint64_t kept_mask(void)
{
	uint64_t mask = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		mask |= UINT64_C(1) << kept[i];
	return mask;
}

int privilege_drop(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };
	uint64_t mask = kept_mask();

	/* The bounding set ends where the kernel says EINVAL. */
	for (int cap = 0; cap < 64; cap++) {
		if (!(mask & (UINT64_C(1) << cap)) && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			if (errno == EINVAL)
				break;
			return -errno;
		}
	}
	for (int i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].effective = mask >> (32 * i);
		data[i].permitted = mask >> (32 * i);
	}
	if (syscall(SYS_capset, &header, data) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return -errno;
	return 0;
}

int privilege_join_keyrings(void)
{
	if (keyctl_join_session_keyring(NULL) < 0)
		return -errno;
	if (keyctl_get_keyring_ID(KEY_SPEC_PROCESS_KEYRING, 1) < 0)
		return -errno;
	return privilege_clear_keyring();
}

int privilege_clear_keyring(void)
{
	return keyctl_clear(KEY_SPEC_PROCESS_KEYRING) < 0 ? -errno : 0;
}

void privilege_lock_memory(void)
{
#ifndef WITH_SANITIZERS
	if (mlockall(MCL_CURRENT | MCL_FUTURE) < 0)
		log_line(LOG_WARNING, "cannot lock memory (%s): when memory is short, handshakes may wait for the storage "
			 "that is served here; set LimitMEMLOCK=infinity", strerror(errno));
#endif
}
