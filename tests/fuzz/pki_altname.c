// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any text as the names of a certificate, and as a domain or range that is permitted. What is taken keeps the
 * promises of altname.h, and what is refused is refused with a reason that can be printed.
 */
#include <config.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pki/altname.h"
#include "pki/constraint.h"
#include "status.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_name(const struct altname *name)
{
	struct altname again;
	size_t length;

	if (!altname_data(name, &length) || length == 0 || length > ALTNAME_TEXT_MAX)
		abort();
	if (name->address ? length != 4 && length != 16 : strspn(name->text, "abcdefghijklmnopqrstuvwxyz0123456789-.") != length)
		abort();
	/* One spelling: it is its own. */
	if (altname_parse(name->text, &again, NULL) != 0 || strcmp(again.text, name->text) != 0 || again.address != name->address)
		abort();
}

static void check_refusal(GError *error)
{
	if (!error || !*error->message)
		abort();
	for (const char *at = error->message; *at; at++) {
		if (!g_ascii_isprint(*at))
			abort();
	}
	g_error_free(error);
}

static void check_permit(const char *text)
{
	const char *const permits[] = { text, NULL };
	gnutls_x509_name_constraints_t constraints;
	GError *error = NULL;

	if (constraint_parse(permits, &constraints, &error) != 0)
		check_refusal(error);
	else
		gnutls_x509_name_constraints_deinit(constraints);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	g_autofree char *text = g_strndup((const char *)data, size);
	GError *error = NULL;

	if (altname_parse_list(text, names, &error) != 0)
		check_refusal(error);
	if (names->len > ALTNAMES_MAX)
		abort();
	for (guint i = 0; i < names->len; i++)
		check_name(&g_array_index(names, struct altname, i));
	check_permit(text);
	return 0;
}
