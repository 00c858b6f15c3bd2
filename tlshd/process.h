/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A child process: started by fork and exec, watched through a pidfd on the main loop.
 */
#ifndef TLSHD_PROCESS_H
#define TLSHD_PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

#define PROCESS_FDS 4	/* as enum proto_fd: supervisor, sign, snapshot, PSK */

struct process;

/* Called once, when the child has ended; @how is a phrase for the log ("exit status 1", "signal 9 (Killed)"). */
typedef void (*process_exit_fn)(void *user, const char *how);

/**
 * process_spawn - start a program
 * @path: absolute path of the program
 * @argv: NULL-terminated, argv[0] included
 * @fds: what the child finds as descriptors 3 to 6; -1 for none; they stay the caller's
 * @on_exit: called when it has ended, unless process_abandon() came first
 *
 * The child has default signal handling, no_new_privs, /dev/null as 0, 1 and 2, no other descriptor but @fds, and our environment
 * without what is meant for us alone (NOTIFY_SOCKET, LISTEN_*) and without SSLKEYLOGFILE.
 * Returns 0 or a negative errno (-EAGAIN, -ENOMEM when fork fails). A program that cannot be executed ends with exit
 * status 127.
 */
int process_spawn(struct process **out, const char *path, char *const argv[], const int fds[PROCESS_FDS],
		  process_exit_fn on_exit, void *user);

/** process_kill - SIGKILL; on_exit follows */
void process_kill(struct process *process);

/**
 * process_abandon - the caller is not interested any more
 *
 * on_exit is not called; the child is reaped when it ends by itself, and is killed after @grace_ms if it does not.
 */
void process_abandon(struct process *process, unsigned int grace_ms);

/** process_has_ended - is it dead, though on_exit may still be to come? */
bool process_has_ended(const struct process *process);

pid_t process_pid(const struct process *process);

#endif
