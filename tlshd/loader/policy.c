// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looking for verification profiles in the library's system-wide configuration.
 */
#include <config.h>

#include <glib.h>
#include <string.h>

#include "loader/policy.h"

#define PROFILE_PREFIX "%PROFILE_"

static guint profile_by_name(const char *name)
{
	return gnutls_certificate_verification_profile_get_id(name);
}

/* Keywords that imply a profile without naming it. */
static guint profile_of_keyword(const char *keyword)
{
	if (g_ascii_strcasecmp(keyword, "SECURE192") == 0 || g_ascii_strcasecmp(keyword, "SECURE256") == 0)
		return GNUTLS_PROFILE_HIGH;
	if (g_ascii_strcasecmp(keyword, "SUITEB128") == 0 || g_ascii_strcasecmp(keyword, "SUITEB192") == 0)
		return profile_by_name(keyword);
	return GNUTLS_PROFILE_UNKNOWN;
}

static guint profile_of_string(const char *priority)
{
	guint profile = GNUTLS_PROFILE_UNKNOWN;

	char **words = g_strsplit(priority ? priority : "", ":", -1);
	for (char **word = words; *word; word++) {
		g_strstrip(*word);
		guint found = g_ascii_strncasecmp(*word, PROFILE_PREFIX, strlen(PROFILE_PREFIX)) == 0 ?
				      profile_by_name(*word + strlen(PROFILE_PREFIX)) :
				      profile_of_keyword(*word);
		profile = MAX(profile, found);
	}
	g_strfreev(words);
	return profile;
}

static guint profile_of_key(GKeyFile *keys, const char *section, const char *key, guint (*convert)(const char *))
{
	char *value = g_key_file_get_value(keys, section, key, NULL);
	guint profile = value ? convert(g_strstrip(value)) : GNUTLS_PROFILE_UNKNOWN;

	g_free(value);
	return profile;
}

gnutls_certificate_verification_profiles_t policy_profile(const char *file, char **problem)
{
	guint profile = GNUTLS_PROFILE_MEDIUM;
	GKeyFile *keys = g_key_file_new();
	GError *error = NULL;

	*problem = NULL;
	if (g_key_file_load_from_file(keys, file, G_KEY_FILE_NONE, &error)) {
		/* The values rise with the strength. */
		profile = MAX(profile, profile_of_key(keys, "overrides", "min-verification-profile", profile_by_name));
		profile = MAX(profile, profile_of_key(keys, "overrides", "default-priority-string", profile_of_string));
		profile = MAX(profile, profile_of_key(keys, "priorities", "SYSTEM", profile_of_string));
	} else if (!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
		   !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)) {
		*problem = g_strdup(error->message);
	}
	g_clear_error(&error);
	g_key_file_unref(keys);
	return profile;
}
