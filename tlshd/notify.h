/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The notify socket: membership in the multicast group in which the kernel announces requests. While no socket is in the
 * group the kernel refuses its consumers (ESRCH), so the socket may outlive us: it is taken from whoever started
 * us (LISTEN_FDS, named "notify"), and put into systemd's descriptor store.
 */
#ifndef TLSHD_NOTIFY_H
#define TLSHD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

struct notify;

/**
 * notify_inherit - take the socket that was passed to us, if there is one
 *
 * Before any other descriptor is opened. Clears the LISTEN_ variables. A passed socket that is not
 * a generic-netlink socket is closed with a warning.
 */
struct notify *notify_inherit(void);

/** notify_inode - inode of the passed socket, 0 where there is none */
uint64_t notify_inode(const struct notify *notify);

/**
 * notify_join - have a socket in the group
 * @group: upcall_group()
 * @on_ready: called on the main loop when something was announced, after the socket was emptied
 *
 * Enlarges the receive buffer (SO_RCVBUFFORCE, 1 MiB) before joining: an announcement that finds no room is a refused
 * consumer. Returns 0 or a negative errno.
 */
int notify_join(struct notify *notify, int group, void (*on_ready)(void *user), void *user);

/** notify_store - give a copy to systemd's descriptor store; without effect under another parent */
void notify_store(const struct notify *notify);

/** notify_close - forget the socket; where nobody else holds it, the group is left */
void notify_close(struct notify *notify);

#endif
