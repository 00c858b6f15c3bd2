/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper may still do once its keys are loaded: sign, and talk to those who have a channel to it.
 */
#ifndef TLSHD_KEEPER_SANDBOX_H
#define TLSHD_KEEPER_SANDBOX_H

enum sandbox {
	/* All keys come from files and are in memory: no files, no other process, no code. */
	SANDBOX_FILES,
	/*
	 * Keys in tokens: their vendors' modules open devices and configuration, talk to services (pcscd, a TPM's resource
	 * manager, a network HSM), load code and start helpers when they like. What is left to take away is what no
	 * module needs: other processes' memory, namespaces, mounts, keyrings, tracing, odd kinds of sockets, and all that
	 * is for administrators. Files are those that the keeper's own user may use.
	 */
	SANDBOX_TOKENS,
};

/**
 * sandbox_enter - give up the file system and most system calls, for good
 * @channel: to the supervisor, for what the kernel lacks
 * @kind: how much is needed
 * @step: after an error: what failed
 *
 * Acts on the calling thread and those that it starts later, so it comes before the first of them. A call that is
 * not on the list fails (files with EACCES, the rest with EPERM) and kills nobody.
 *
 * Returns 0 or a negative errno.
 */
int sandbox_enter(int channel, enum sandbox kind, const char **step);

#endif
