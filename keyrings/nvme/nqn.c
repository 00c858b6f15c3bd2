// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVMe qualified names; see nqn.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "nqn.h"
#include "status.h"

#define HOSTNQN_FILE SYSCONFDIR "/nvme/hostnqn"

static bool has_strange_character(const char *nqn)
{
	for (const char *at = nqn; *at; at = g_utf8_next_char(at)) {
		gunichar character = g_utf8_get_char(at);
		if (g_unichar_isspace(character) || g_unichar_iscntrl(character))
			return true;
	}
	return false;
}

int nqn_check(const char *nqn, const char *whose, GError **error)
{
	size_t length = strlen(nqn);

	if (length == 0)
		return status_set(error, STATUS_INPUT, "the NQN of the %s is empty", whose);
	if (length > NQN_MAX)
		return status_set(error, STATUS_INPUT,
				  "the NQN of the %s has %zu bytes, and may have %d", whose, length,
				  NQN_MAX);
	if (!g_utf8_validate(nqn, length, NULL))
		return status_set(error, STATUS_INPUT, "the NQN of the %s is no UTF-8", whose);
	if (has_strange_character(nqn))
		return status_set(error, STATUS_INPUT,
				  "the NQN of the %s has blanks or control characters in it",
				  whose);
	return 0;
}

int nqn_of_host(char **nqn, GError **error)
{
	if (!g_file_get_contents(HOSTNQN_FILE, nqn, NULL, NULL))
		return status_set(error, STATUS_USAGE,
				  "the host's NQN is missing: give --hostnqn, or write it into %s",
				  HOSTNQN_FILE);
	g_strstrip(*nqn);
	return 0;
}
