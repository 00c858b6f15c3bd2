/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One agent for each network namespace: two would race for the same queue, each with its own idea of certificates.
 */
#ifndef TLSHD_AGENT_H
#define TLSHD_AGENT_H

#include <stddef.h>
#include <stdint.h>

/**
 * agent_claim - become the agent of this network namespace
 * @group: upcall_group()
 * @our_inode: notify_inode(), so that a socket that was passed to us is not taken for another agent's
 * @other: where -EEXIST is returned, who it is ("process 812 (tlshd)")
 *
 * Holds an abstract unix socket, whose names are per network namespace, until the process ends; and looks in
 * /proc/net/netlink for another member of the group, which finds other implementations, too. Both can be had by any
 * user; a holder that is not root is passed over with a warning.
 * Returns 0, -EEXIST, or another negative errno.
 */
int agent_claim(int group, uint64_t our_inode, char *other, size_t size);

/**
 * agent_next_member - search the text of /proc/net/netlink
 * @text: NUL-terminated; moved on behind what was found
 * @group: number of the multicast group; above 32 the file does not show it
 * @our_inode: not counted; 0: none
 *
 * Returns the inode of a generic-netlink socket that is a member, or 0.
 */
uint64_t agent_next_member(const char **text, int group, uint64_t our_inode);

#endif
