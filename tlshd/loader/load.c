// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The course of a load; see load.h.
 */
#include <config.h>

#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "keyurl.h"
#include "loader/file.h"
#include "loader/identity.h"
#include "loader/image.h"
#include "loader/keys.h"
#include "loader/load.h"
#include "loader/priority.h"
#include "loader/revocation.h"
#include "loader/settings.h"
#include "loader/trust.h"
#include "proto.h"

/* One role's share. */
struct share {
	guint32 role;
	GBytes *truststore;	/* raw bytes, NULL: not configured or not readable */
	GBytes *crl;
	GBytes *certificate;
	struct trust *trust;	/* NULL: the system's */
	struct revocation *revocation;
	struct identity *identity;
	guint32 key;
};

struct load {
	char *config;
	struct problems *problems;
	struct settings *settings;
	struct share shares[SNAPSHOT_PROFILES];
	struct trust *system;	/* NULL: nobody needs it */
	struct keys *keys;
	char *priority;
};

static struct settings *read_settings(const char *config, struct problems *problems)
{
	struct place place = { config, 0, NULL };
	struct settings *settings = NULL;
	char *problem;

	GBytes *text = file_read(config, FILE_CONFIG_MAX, &problem);
	if (text)
		settings = settings_parse(config, text, problems);
	else if (!g_file_test(config, G_FILE_TEST_EXISTS))
		problems_error(problems, &place, "%s (a commented example is %s; tlshd.conf(5) explains it)", problem,
			     CONFIG_EXAMPLE);
	else
		problems_error(problems, &place, "%s", problem);
	g_free(problem);
	g_clear_pointer(&text, g_bytes_unref);
	return settings;
}

static GBytes *read_named(struct load *load, guint32 role, enum settings_file which)
{
	const struct settings_path *path = settings_path(load->settings, role, which);
	char *problem;

	if (!path || path->url)
		return NULL;
	GBytes *bytes = file_read(path->path, FILE_PEM_MAX, &problem);
	if (!bytes)
		problems_error(load->problems, &path->place, "%s: %s", path->path, problem);
	g_free(problem);
	return bytes;
}

/* A token's key: whether it is there is the keeper's to find out. */
static void check_url(struct load *load, const struct settings_path *path)
{
	struct keyurl *url;
	const char *why;

	char *name = keyurl_name(path->path);
	if (!gnutls_url_is_supported(path->path))
		problems_error(load->problems, &path->place, "%s: the TLS library of this system has no keys of this kind: use "
			       "a URL \"pkcs11:\" or a file (a file of such a name is written ./%s)", name, name);
	else if (keyurl_parse(path->path, &url, &why) < 0)
		problems_error(load->problems, &path->place, "%s %s", name, why);
	else
		keyurl_free(url);
	free(name);
}

/* The keeper opens the key and judges its owner and mode; what only needs a look is found here already. */
static void note_key(struct load *load, struct share *share)
{
	const struct settings_path *path = settings_path(load->settings, share->role, SETTINGS_PRIVATE_KEY);

	if (!path)
		return;
	char *problem = path->url ? NULL : file_check(path->path);
	if (path->url)
		check_url(load, path);
	else if (problem)
		problems_error(load->problems, &path->place, "%s: %s", path->path, problem);
	char *origin = g_strdup_printf("%s:%u", path->place.file, path->place.line);
	share->key = keys_add(load->keys, path->path, origin);
	g_free(origin);
	g_free(problem);
}

struct load *load_read(const char *config, struct problems *problems)
{
	static const guint32 roles[SNAPSHOT_PROFILES] = { PROTO_ROLE_CLIENT, PROTO_ROLE_SERVER };
	struct settings *settings = read_settings(config, problems);

	if (!settings)
		return NULL;
	struct load *load = g_new0(struct load, 1);
	load->config = g_strdup(config);
	load->problems = problems;
	load->settings = settings;
	load->keys = keys_new();
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		struct share *share = &load->shares[i];
		share->role = roles[i];
		share->truststore = read_named(load, share->role, SETTINGS_TRUSTSTORE);
		share->crl = read_named(load, share->role, SETTINGS_CRL);
		share->certificate = read_named(load, share->role, SETTINGS_CERTIFICATE);
		note_key(load, share);
	}
	return load;
}

static void understand_share(struct load *load, struct share *share, time_t now)
{
	const struct settings_path *truststore = settings_path(load->settings, share->role, SETTINGS_TRUSTSTORE);
	const struct settings_path *crl = settings_path(load->settings, share->role, SETTINGS_CRL);
	const struct settings_path *certificate = settings_path(load->settings, share->role, SETTINGS_CERTIFICATE);
	const struct place whole = { load->config, 0, NULL };

	/* A configured store that could not be read stays an error: the system's is never its substitute. */
	if (share->truststore)
		share->trust = trust_new(share->truststore, truststore->path, &truststore->place, load->problems);
	else if (truststore && truststore->url)
		share->trust = trust_new_url(truststore->path, &truststore->place, load->problems);
	else if (!truststore && !load->system)
		load->system = trust_new_system(&whole, load->problems);
	const struct trust *trust = share->trust ? share->trust : load->system;
	if (share->crl && trust)
		share->revocation = revocation_new(share->crl, crl->path, trust, now, &crl->place, load->problems);
	if (share->certificate)
		share->identity = identity_new(share->certificate, certificate->path, share->role, now,
					       &certificate->place, load->problems);
	/* The file may have held a private key, too. */
	g_clear_pointer(&share->truststore, g_bytes_unref);
	g_clear_pointer(&share->crl, g_bytes_unref);
	g_clear_pointer(&share->certificate, g_bytes_unref);
}

void load_understand(struct load *load, const char *kernel_ciphers, time_t now)
{
	const struct place whole = { load->config, 0, NULL };

	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++)
		understand_share(load, &load->shares[i], now);
	load->priority = priority_new(kernel_ciphers, &whole, load->problems);
}

GByteArray *load_snapshot(const struct load *load)
{
	struct image_profile profiles[SNAPSHOT_PROFILES];

	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		const struct share *share = &load->shares[i];
		profiles[i].priority = load->priority;
		profiles[i].identity = share->identity;
		profiles[i].key = share->key;
		profiles[i].trust = share->trust ? share->trust : load->system;
		profiles[i].revocation = share->revocation;
	}
	return image_snapshot(settings_numbers(load->settings), settings_keyrings(load->settings), profiles);
}

GByteArray *load_keylist(const struct load *load)
{
	return image_keylist(load->keys);
}

guint32 load_keys(const struct load *load)
{
	return keys_count(load->keys);
}

void load_free(struct load *load)
{
	if (!load)
		return;
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		struct share *share = &load->shares[i];
		g_clear_pointer(&share->truststore, g_bytes_unref);
		g_clear_pointer(&share->crl, g_bytes_unref);
		g_clear_pointer(&share->certificate, g_bytes_unref);
		trust_free(share->trust);
		revocation_free(share->revocation);
		identity_free(share->identity);
	}
	trust_free(load->system);
	keys_free(load->keys);
	settings_free(load->settings);
	g_free(load->priority);
	g_free(load->config);
	g_free(load);
}
