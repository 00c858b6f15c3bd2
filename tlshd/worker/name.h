/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The name that a server's certificate has to carry: a DNS name or an address, told apart once.
 *
 * An address never goes into SNI (RFC 6066, 3) and is matched to iPAddress only; a DNS name is matched to dNSName
 * only, exactly and without wildcards, and never to the subject's common name (RFC 9289, 5.2.1).
 */
#ifndef TLSHD_WORKER_NAME_H
#define TLSHD_WORKER_NAME_H

#include <gnutls/x509-ext.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto.h"

struct name {
	char dns[PROTO_NAME_MAX];	/* in A-labels, without a final dot; empty for an address */
	uint8_t address[16];
	uint8_t address_size;		/* 4, 16, or 0 for a DNS name */
};

/**
 * name_parse - read a peer's name as the kernel gives it
 * @text: DNS name, IPv4 or IPv6 address; a zone ("fe80::1%eth0") is dropped, no certificate has one
 *
 * Returns 0, or -EINVAL for an empty or impossible name.
 */
int name_parse(const char *text, struct name *name);

/** name_is_set - is there anything to verify? */
bool name_is_set(const struct name *name);

/** name_matches - is it among these of a certificate's (NULL: it has none)? Never true for a name that is not set. */
bool name_matches(const struct name *name, gnutls_subject_alt_names_t names);

#endif
