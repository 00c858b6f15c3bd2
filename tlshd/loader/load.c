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
#include "loader/tags.h"
#include "loader/trust.h"
#include "proto.h"

/* Who we are, once or twice: peers get the first that they can verify. */
static const struct {
	enum settings_file certificate, key;
	struct identity *(*read)(GBytes *pem, const char *path, enum proto_role role, time_t now, const struct place *place,
				 struct problems *problems);
} kinds[] = {
	{ SETTINGS_PQ_CERTIFICATE, SETTINGS_PQ_PRIVATE_KEY, identity_new_pq },
	{ SETTINGS_CERTIFICATE, SETTINGS_PRIVATE_KEY, identity_new },
};
#define KINDS G_N_ELEMENTS(kinds)

/* One role's share. */
struct share {
	guint32 role;
	GBytes *truststore;	/* raw bytes, NULL: not configured or not readable */
	GBytes *crl;
	GBytes *certificates[KINDS];
	struct trust *trust;	/* NULL: the system's */
	struct revocation *revocation;
	struct identity *identities[KINDS];
	guint32 keys[KINDS];
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
	char *problem, *notice;

	GBytes *text = file_read(config, FILE_CONFIG_MAX, &problem, &notice);
	if (notice)
		problems_warning(problems, &place, "%s", notice);
	if (text)
		settings = settings_parse(config, text, problems);
	else if (!g_file_test(config, G_FILE_TEST_EXISTS))
		problems_error(problems, &place, "%s (a commented example is %s; tlshd.conf(5) explains it)", problem,
			     CONFIG_EXAMPLE);
	else
		problems_error(problems, &place, "%s", problem);
	g_free(problem);
	g_free(notice);
	g_clear_pointer(&text, g_bytes_unref);
	return settings;
}

static GBytes *read_named(struct load *load, guint32 role, enum settings_file which)
{
	const struct settings_path *path = settings_path(load->settings, role, which);
	char *problem, *notice;

	if (!path || path->url)
		return NULL;
	GBytes *bytes = file_read(path->path, FILE_PEM_MAX, &problem, &notice);
	if (notice)
		problems_warning(load->problems, &path->place, "%s %s", path->path, notice);
	if (!bytes)
		problems_error(load->problems, &path->place, "%s: %s", path->path, problem);
	g_free(problem);
	g_free(notice);
	return bytes;
}

/* A token's key: whether it is there is the keeper's to find out. */
static void check_url(struct load *load, const struct settings_path *path)
{
	struct keyurl *url = NULL;
	const char *why;

	char *name = keyurl_name(path->path);
	if (!gnutls_url_is_supported(path->path))
		problems_error(load->problems, &path->place, "%s: the TLS library of this system has no keys of this kind: use "
			       "a URL \"pkcs11:\" or a file (a file of such a name is written ./%s)", name, name);
	else if (keyurl_parse(path->path, &url, &why) < 0)
		problems_error(load->problems, &path->place, "%s %s", name, why);
	else if (url->pin && file_is_open(path->place.file))
		problems_warning(load->problems, &path->place, "%s: its PIN is in this file, which others than root may read: "
				 "run `chmod 600 %s`, or put the PIN into a file of its own (?pin-source=FILE)", name,
				 path->place.file);
	keyurl_free(url);
	free(name);
}

/* The keeper opens the key and judges its owner and mode; what only needs a look is found here already. */
static void check_key(struct load *load, guint32 role, enum settings_file which)
{
	const struct settings_path *path = settings_path(load->settings, role, which);

	if (!path)
		return;
	char *problem = path->url ? NULL : file_check(path->path);
	if (path->url)
		check_url(load, path);
	else if (problem)
		problems_error(load->problems, &path->place, "%s: %s", path->path, problem);
	g_free(problem);
}

static void add_key(struct load *load, struct share *share, unsigned int kind)
{
	const struct settings_path *path = settings_path(load->settings, share->role, kinds[kind].key);

	/* Without it the configuration is in error already. */
	if (!path)
		return;
	char *origin = g_strdup_printf("%s:%u", path->place.file, path->place.line);
	share->keys[kind] = keys_add(load->keys, path->path, origin);
	g_free(origin);
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
	tags_check(SYSCONFDIR "/tlshd/tags.d", problems);
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		struct share *share = &load->shares[i];
		share->role = roles[i];
		share->truststore = read_named(load, share->role, SETTINGS_TRUSTSTORE);
		share->crl = read_named(load, share->role, SETTINGS_CRL);
		for (unsigned int kind = 0; kind < KINDS; kind++) {
			share->certificates[kind] = read_named(load, share->role, kinds[kind].certificate);
			check_key(load, share->role, kinds[kind].key);
		}
	}
	return load;
}

static void understand_identities(struct load *load, struct share *share, time_t now)
{
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		const struct settings_path *path = settings_path(load->settings, share->role, kinds[kind].certificate);
		if (share->certificates[kind])
			share->identities[kind] = kinds[kind].read(share->certificates[kind], path->path, share->role, now,
								   &path->place, load->problems);
		/* The file may have held a private key, too. */
		g_clear_pointer(&share->certificates[kind], g_bytes_unref);
		if (share->identities[kind])
			add_key(load, share, kind);
	}
}

static void understand_share(struct load *load, struct share *share, time_t now)
{
	const struct settings_path *truststore = settings_path(load->settings, share->role, SETTINGS_TRUSTSTORE);
	const struct settings_path *crl = settings_path(load->settings, share->role, SETTINGS_CRL);
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
	g_clear_pointer(&share->truststore, g_bytes_unref);
	g_clear_pointer(&share->crl, g_bytes_unref);
	understand_identities(load, share, now);
}

void load_understand(struct load *load, const char *kernel_ciphers, time_t now)
{
	const struct place whole = { load->config, 0, NULL };

	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++)
		understand_share(load, &load->shares[i], now);
	load->priority = priority_new(kernel_ciphers, settings_preference(load->settings), &whole, load->problems);
}

GByteArray *load_snapshot(const struct load *load)
{
	struct image_profile profiles[SNAPSHOT_PROFILES] = { 0 };

	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		const struct share *share = &load->shares[i];
		unsigned int count = 0;
		profiles[i].priority = load->priority;
		profiles[i].trust = share->trust ? share->trust : load->system;
		profiles[i].revocation = share->revocation;
		for (unsigned int kind = 0; kind < KINDS; kind++) {
			if (!share->identities[kind])
				continue;
			profiles[i].identities[count] = share->identities[kind];
			profiles[i].keys[count++] = share->keys[kind];
		}
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
		trust_free(share->trust);
		revocation_free(share->revocation);
		for (unsigned int kind = 0; kind < KINDS; kind++) {
			g_clear_pointer(&share->certificates[kind], g_bytes_unref);
			identity_free(share->identities[kind]);
		}
	}
	trust_free(load->system);
	keys_free(load->keys);
	settings_free(load->settings);
	g_free(load->priority);
	g_free(load->config);
	g_free(load);
}
