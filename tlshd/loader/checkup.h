/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A checkup of our own certificates: what peers would refuse is said at load, not found out by the first mount.
 */
#ifndef TLSHD_LOADER_CHECKUP_H
#define TLSHD_LOADER_CHECKUP_H

#include <gnutls/x509.h>
#include <time.h>

#include "loader/problems.h"
#include "proto.h"

/** checkup_time - a time as messages say it; g_free() */
char *checkup_time(time_t when);

/** checkup_key - NULL, or why no TLS 1.3 handshake can be signed with this certificate's key */
const char *checkup_key(gnutls_x509_crt_t crt);

/**
 * checkup_chain - look for what peers would refuse
 * @chain: end entity first
 * @length: at least 1
 * @path: the file, for messages
 * @role: what the chain is for
 * @now: the time that validity is judged by
 *
 * Keys and signatures that no TLS 1.3 peer may accept are errors; what a peer may overlook, or what time may mend, is a
 * warning.
 */
void checkup_chain(const gnutls_x509_crt_t *chain, unsigned int length, const char *path, enum proto_role role,
		   time_t now, const struct place *place, struct problems *problems);

#endif
