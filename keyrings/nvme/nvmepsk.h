/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a pre-shared key that people hand over to what the kernel and tlshd use: an identity, and
 * the TLS PSK (NVMe/TCP Transport Specification 1.1, 3.6.1.3 "TLS PSK and PSK Identity Derivation"
 * and 3.6.1.4 "Retained PSK").
 *
 *	retained = expand(configured, "HostNQN", hostnqn), or the configured one itself (hash 00)
 *	digest   = base64(HMAC(retained, hostnqn " " subsysnqn " NVMe-over-Fabrics"))
 *	identity = "NVMe<version><R or G><hash> hostnqn subsysnqn", in version 1 and " <digest>"
 *	TLS PSK  = expand(retained, "nvme-tls-psk", context)
 *
 * where expand(key, ...) is HKDF-Expand-Label(HKDF-Extract(0, key), ...), and the context is the
 * identity in version 0, and "<hash> <digest>" in version 1.
 */
#ifndef KEYRINGS_NVMEPSK_H
#define KEYRINGS_NVMEPSK_H

#include <stddef.h>

#include <glib.h>

#include "interchange.h"
#include "secret.h"

/*
 * nvme-cli up to 2.15 (libnvme up to 1.15) left the length bytes of RFC 8446's HkdfLabel out, and
 * wrote the length of the result with the least significant byte first; newer ones do that with
 * --compat. The keys are others, and with a hash other than 00 the identities of version 1, too.
 * The kernel follows the RFC.
 */
enum nvmepsk_rule {
	NVMEPSK_STANDARD, /* RFC 8446, 7.1 */
	NVMEPSK_COMPAT,
};

enum nvmepsk_kind {
	NVMEPSK_RETAINED, /* R: from a configured PSK */
	NVMEPSK_GENERATED, /* G: from DH-HMAC-CHAP; is never transformed */
};

struct nvmepsk_source {
	struct secret *key; /* of 32 or 48 bytes; the length decides the identity's hash */
	enum interchange_hash hash; /* what it is transformed with for the host */
	const char *hostnqn;
	const char *subsysnqn;
};

struct nvmepsk_form {
	int version; /* of the identity: 0 or 1 */
	enum nvmepsk_kind kind;
	enum nvmepsk_rule rule;
};

struct nvmepsk {
	struct nvmepsk_form form;
	enum interchange_hash hash;
	char *identity;
	struct secret *key; /* the TLS PSK */
};

/**
 * nvmepsk_derive
 * @source: with names that nqn_check() takes
 * @psk: nvmepsk_clear() it
 *
 * Returns 0 or an enum status: STATUS_INPUT for an identity of version 0 that is too long for a
 * standard derivation, which takes 255 bytes.
 */
int nvmepsk_derive(const struct nvmepsk_source *source, const struct nvmepsk_form *form,
		   struct nvmepsk *psk, GError **error);

/**
 * nvmepsk_clear - wipe and free what is in it; one of zeros is fine, and what is left is such a one
 */
void nvmepsk_clear(struct nvmepsk *psk);

/**
 * nvmepsk_fingerprint - names a TLS PSK without giving it away: 16 hexadecimal digits. g_free() it
 */
char *nvmepsk_fingerprint(struct secret *key);

#endif
