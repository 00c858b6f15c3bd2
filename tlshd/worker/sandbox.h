/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The system calls that a worker needs once its credentials are built, and nothing else: send, receive, memory, time
 * and a few socket options.
 *
 * What is not on the list gets an error and never a kill, so that a library that tries something new loses that
 * something and not every handshake: file calls EACCES, all others EPERM. Only calls by another architecture's numbers
 * (x32, i386) end the process: no code of ours makes them.
 */
#ifndef TLSHD_WORKER_SANDBOX_H
#define TLSHD_WORKER_SANDBOX_H

/**
 * sandbox_enter - install the filter, for good
 * @step: what failed, for the log
 *
 * Returns 0 or a negative errno.
 */
int sandbox_enter(const char **step);

#endif
