/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one thing that can be said to a peer before there is a TLS session.
 */
#ifndef TLSHD_ALERT_H
#define TLSHD_ALERT_H

/**
 * alert_internal_error - a plain fatal alert internal_error (RFC 8446, 6.2): the peer may come again
 * @fd: a connected socket on which nothing was sent yet, so that the alert needs no encryption
 *
 * One try that never blocks: a peer that does not read does not hear.
 */
void alert_internal_error(int fd);

#endif
