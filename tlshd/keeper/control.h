/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control channel: what the supervisor tells the keeper while it serves.
 */
#ifndef TLSHD_KEEPER_CONTROL_H
#define TLSHD_KEEPER_CONTROL_H

#include "keys.h"

/**
 * control_run - serve until the supervisor is gone
 * @fd: the control channel
 * @grants: the channel of grants; may be closed, and then what would come there comes on the control channel
 * @keys: the keys, loaded
 *
 * Ends the process with status 0 when the channel's other end is closed, from whichever thread sees it first: nothing
 * of a keeper may outlive its supervisor. Returns a negative errno only when it cannot go on; then the reason has been
 * reported.
 */
int control_run(int fd, int grants, const struct keys *keys);

#endif
