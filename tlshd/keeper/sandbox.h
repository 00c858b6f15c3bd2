/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper may still do once its keys are loaded: sign, and talk to those who have a channel to it.
 */
#ifndef TLSHD_KEEPER_SANDBOX_H
#define TLSHD_KEEPER_SANDBOX_H

/**
 * sandbox_enter - give up the file system and most system calls, for good
 * @channel: to the supervisor, for what the kernel lacks
 * @step: after an error: what failed
 *
 * Acts on the calling thread and those that it starts later, so it comes before the first of them. A call that is
 * not on the list fails (files with EACCES, the rest with EPERM) and kills nobody.
 *
 * Returns 0 or a negative errno.
 */
int sandbox_enter(int channel, const char **step);

#endif
