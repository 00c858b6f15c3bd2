/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why a handshake ended as it did, in words.
 */
#ifndef TLSHD_REASON_H
#define TLSHD_REASON_H

#include <stddef.h>
#include <stdint.h>

#include "report.h"

/* Room for a sentence with a pre-shared key's identity in it. */
#define REASON_TEXT_MAX (PROTO_PSK_IDENTITY_MAX + 800)

/** reason_text - the sentence that says why, and what to do */
void reason_text(const struct report *report, char *text, size_t size);

/** reason_date - seconds since 1970 as "2027-02-03 04:05:06 UTC" */
void reason_date(int64_t seconds, char *text, size_t size);

#endif
