/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the supervisor may do, and what it needs before it gives the rest up.
 */
#ifndef TLSHD_PRIVILEGE_H
#define TLSHD_PRIVILEGE_H

#include <stdbool.h>

/**
 * privilege_raise_limits - open files and locked memory, while CAP_SYS_RESOURCE is there
 *
 * RLIMIT_NOFILE goes to its hard limit, RLIMIT_MEMLOCK to infinity; PR_SET_IO_FLUSHER, so that our own memory
 * allocations do not wait for the storage that waits for us. Each refusal is a warning.
 */
void privilege_raise_limits(void);

/**
 * privilege_drop - keep only what serving needs
 *
 * CAP_NET_ADMIN (ACCEPT, DONE), CAP_SETUID and CAP_SETGID (children leave root), CAP_KILL (children of other users),
 * CAP_DAC_READ_SEARCH (loader and keeper read their files). The user stays root: ACCEPT needs LINK on root's keyrings.
 * Sets no_new_privs: otherwise each exec by uid 0 would get all capabilities back. Not dumpable.
 * Returns 0 or a negative errno.
 */
int privilege_drop(void);

/**
 * privilege_join_keyrings - a fresh session keyring, and a process keyring that is empty
 *
 * The kernel links each request's keyring into the process keyring of whoever calls ACCEPT.
 * Returns 0 or a negative errno.
 */
int privilege_join_keyrings(void);

/** privilege_clear_keyring - empty the process keyring again, after each ACCEPT */
int privilege_clear_keyring(void);

/** privilege_lock_memory - mlockall; a refusal is a warning */
void privilege_lock_memory(void);

#endif
