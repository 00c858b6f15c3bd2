// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a file of certificates.
 */
#include <config.h>

#include "loader/identity.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	const struct place place = { "config", 1, "x509.certificate" };
	struct problems *problems = problems_new(-1);
	GBytes *pem = g_bytes_new(data, size);
	struct identity *identity = identity_new(pem, "host.pem", PROTO_ROLE_SERVER, 1700000000, &place, problems);

	identity_free(identity);
	g_bytes_unref(pem);
	problems_free(problems);
	return 0;
}
