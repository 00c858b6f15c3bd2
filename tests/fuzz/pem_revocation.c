// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a file of revocation lists.
 */
#include <config.h>

#include <string.h>

#include "loader/revocation.h"

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size);

int LLVMFuzzerTestOneInput(const guint8 *data, size_t size)
{
	const struct place place = { "config", 1, "x509.crl" };
	struct problems *problems = problems_new(-1);
	GBytes *bytes = g_bytes_new(data, size);
	GBytes *none = g_bytes_new(NULL, 0);
	struct trust *trust = trust_new(none, "ca.pem", &place, problems);
	struct revocation *revocation = revocation_new(bytes, "crl.pem", trust, 1700000000, &place, problems);

	revocation_free(revocation);
	trust_free(trust);
	g_bytes_unref(none);
	g_bytes_unref(bytes);
	problems_free(problems);
	return 0;
}
