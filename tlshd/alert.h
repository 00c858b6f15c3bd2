/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thing that can be said to a peer before there is a TLS session.
 */
#ifndef TLSHD_ALERT_H
#define TLSHD_ALERT_H

#include <stdint.h>

#define ALERT_HANDSHAKE_FAILURE 40	/* RFC 8446, 6 */
#define ALERT_INTERNAL_ERROR 80		/* the peer may come again */

/**
 * alert_plain - a fatal alert without encryption
 * @fd: a connected socket on which nothing was sent yet
 * @description: of RFC 8446, 6
 *
 * One try that never blocks: a peer that does not read does not hear.
 */
void alert_plain(int fd, uint8_t description);

#endif
