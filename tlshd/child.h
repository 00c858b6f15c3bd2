/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every child of the supervisor does between exec and its work: give up root for good, and let nothing in.
 *
 * The supervisor starts keeper, workers and loader by fork and exec, as root with no_new_privs set, and names user and
 * group by number in argv[1] and argv[2]. All of this acts on the calling thread, so it comes before any other thread.
 */
#ifndef TLSHD_CHILD_H
#define TLSHD_CHILD_H

#include <keyutils.h>

/**
 * child_give_up_root - become the user and group for good, and keep observers out
 * @uid: decimal user number, not 0; @gid: decimal group number, not 0
 * @keyring: serial of a keyring of root's that stays in our possession; 0: none
 *
 * Clears supplementary groups and capabilities, sets all three user and group ids and proves that there is no way
 * back, sets no_new_privs, PR_SET_PDEATHSIG SIGKILL (after the change of user, which resets it), dumpable 0 and
 * RLIMIT_CORE 0, and joins a fresh session keyring, so that nothing of the supervisor's keyrings is possessed but @keyring. Where the
 * caller is not root (tlshd --check-config by a user), @uid has to be the caller's own and nothing is changed but
 * the rest.
 *
 * Returns 0 or a negative errno, with what failed in @step for the log.
 */
int child_give_up_root(const char *uid, const char *gid, key_serial_t keyring, const char **step);

/**
 * child_lock_memory - keep all pages in memory (mlockall): the storage that we serve may lie under us
 * @channel: to the supervisor, for the warning when the kernel refuses
 */
void child_lock_memory(int channel);

/**
 * child_deny_files - no access to the file system any more (Landlock)
 *
 * Returns 0, -EOPNOTSUPP where the kernel has no Landlock (the caller goes on), or a negative errno.
 */
int child_deny_files(void);

#endif
