/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The identity of a TLS PSK of NVMe/TCP, taken apart: "NVMe<version><R or G><hash> hostnqn
 * subsysnqn[ digest]".
 */
#ifndef KEYRINGS_NVMEIDENTITY_H
#define KEYRINGS_NVMEIDENTITY_H

#include <stdbool.h>

#include "nvmepsk.h"

struct nvmeidentity {
	int version;
	enum nvmepsk_kind kind;
	enum interchange_hash hash;
	char *hostnqn;
	char *subsysnqn;
	char *digest; /* NULL in version 0 */
};

/**
 * nvmeidentity_parse - take an identity apart
 * @identity: any text
 * @out: nvmeidentity_clear() it, whatever comes out
 *
 * Returns whether it is one, as the specification wants it.
 */
bool nvmeidentity_parse(const char *identity, struct nvmeidentity *out);

void nvmeidentity_clear(struct nvmeidentity *identity);

/** nvmeidentity_is_of - is it for this host and this subsystem? */
bool nvmeidentity_is_of(const struct nvmeidentity *identity, const char *hostnqn,
			const char *subsysnqn);

#endif
