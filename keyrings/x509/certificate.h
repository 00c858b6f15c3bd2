/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a certificate says, as plain values: for listings, and for the question whether peers will
 * take it. Nothing is verified here.
 */
#ifndef KEYRINGS_CERTIFICATE_H
#define KEYRINGS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include <glib.h>

#define CERTIFICATE_NAMES_MAX 100 /* of subjectAltName that are told; more are left out */

/* All texts are UTF-8, and may hold control characters: output_plain() them for a terminal. */
struct certificate {
	GBytes *der;
	GBytes *spki; /* SubjectPublicKeyInfo (RFC 5280, 4.1.2.7), as the keeper reports that of
			 private keys */
	GBytes *subject_dn, *issuer_dn; /* DER */
	char *subject, *issuer;		/* as RFC 4514 writes them; "" for an empty name */
	char *common_name;		/* of the subject, the first one; or NULL */
	char *number;			/* serial number, hexadecimal */
	char *fingerprint;		/* SHA-256, hexadecimal */
	char *kind;			/* of its key: "RSA 2048 bits", "EC/ECDSA SECP256R1" */
	GPtrArray *names;   /* of char *: "DNS:host", "IP:192.0.2.1", "URI:...", "email:..." */
	gint64 from, until; /* seconds since 1970 */
	bool authority;	    /* basicConstraints says CA */
	bool may_sign;	    /* no keyUsage, or one with digitalSignature (RFC 8446, 4.4.2.2) */
	bool for_clients, for_servers; /* no extended key usage, or one that allows it */
	char *weak_signature; /* how its issuer signed it, where that can be forged; else NULL */
};

/**
 * certificate_new - read a certificate
 * @der: DER, the whole of it
 * @why: what is wrong; a constant
 *
 * Returns NULL for anything else. certificate_free() it.
 */
struct certificate *certificate_new(const void *der, size_t size, const char **why);

/** certificate_free - NULL is fine */
void certificate_free(struct certificate *certificate);

/** certificate_label - what messages call it: its subject, else its first name, else its number;
 * g_free() it */
char *certificate_label(const struct certificate *certificate);

/**
 * certificate_validity - where a moment is in its validity (RFC 5280, 4.1.2.5): "valid", "outdated"
 * or "not yet valid"
 * @now: seconds since 1970
 */
const char *certificate_validity(const struct certificate *certificate, gint64 now);

/** certificate_time - "2026-05-04 12:00 UTC", as tlshd's own messages have it; g_free() it */
char *certificate_time(gint64 when);

#endif
