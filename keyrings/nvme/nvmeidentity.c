// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities of NVMe's TLS PSKs; see nvmeidentity.h.
 */
#include <config.h>

#include <string.h>

#include "nqn.h"
#include "nvmeidentity.h"

#define HEAD 9 /* "NVMe0R01 " */

static bool parse_head(const char *text, struct nvmeidentity *out)
{
	if (strncmp(text, "NVMe", 4) != 0 || (text[4] != '0' && text[4] != '1') ||
	    (text[5] != 'R' && text[5] != 'G') || text[6] != '0' ||
	    (text[7] != '1' && text[7] != '2') || text[8] != ' ')
		return false;
	out->version = text[4] - '0';
	out->kind = text[5] == 'R' ? NVMEPSK_RETAINED : NVMEPSK_GENERATED;
	out->hash = text[7] - '0';
	return true;
}

bool nvmeidentity_parse(const char *identity, struct nvmeidentity *out)
{
	memset(out, 0, sizeof(*out));
	if (!parse_head(identity, out))
		return false;
	g_auto(GStrv) words = g_strsplit(identity + HEAD, " ", -1);
	guint expected = out->version == 0 ? 2 : 3;
	if (g_strv_length(words) != expected || nqn_check(words[0], "host", NULL) != 0 ||
	    nqn_check(words[1], "subsystem", NULL) != 0)
		return false;
	/* Base64 of a hash: 44 or 64 characters. */
	if (out->version == 1 && strlen(words[2]) != (out->hash == INTERCHANGE_SHA384 ? 64 : 44))
		return false;
	out->hostnqn = g_strdup(words[0]);
	out->subsysnqn = g_strdup(words[1]);
	out->digest = g_strdup(words[2]); /* NULL where the words end */
	return true;
}

void nvmeidentity_clear(struct nvmeidentity *identity)
{
	g_free(identity->hostnqn);
	g_free(identity->subsysnqn);
	g_free(identity->digest);
	memset(identity, 0, sizeof(*identity));
}

bool nvmeidentity_is_of(const struct nvmeidentity *identity, const char *hostnqn,
			const char *subsysnqn)
{
	return strcmp(identity->hostnqn, hostnqn) == 0 &&
		strcmp(identity->subsysnqn, subsysnqn) == 0;
}
