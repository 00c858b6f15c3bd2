// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Putting identities into keyrings; see x509store.h. x509pair.c finds them there.
 */
#include <config.h>

#include <string.h>

#include "status.h"
#include "x509pair.h"
#include "x509store.h"

int x509store_name(const char *name, GError **error)
{
	static const char allowed[] = G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "._-@:+";
	size_t length = strlen(name);

	if (length == 0 || length > X509STORE_NAME_MAX || strspn(name, allowed) != length ||
	    !g_ascii_isalnum(name[0]))
		return status_set(error, STATUS_USAGE,
				  "a name has up to %d letters, digits and ._-@:+, with a letter "
				  "or a digit first",
				  X509STORE_NAME_MAX);
	if (strspn(name, G_CSET_DIGITS) == length || g_ascii_strncasecmp(name, "0x", 2) == 0)
		return status_set(error, STATUS_USAGE,
				  "the name %s looks like a serial number: choose one with letters",
				  name);
	return 0;
}

char *x509store_options(key_serial_t certificate, key_serial_t key)
{
	return g_strdup_printf("cert_serial=%d,privkey_serial=%d", certificate, key);
}

int x509store_mount_options(struct store *store, key_serial_t keyring, const char *which,
			    char **options, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	int status = x509store_find(store, keyring, which, &pairs, error);

	*options = NULL;
	if (status != 0)
		return status;
	const struct x509_pair *newest = pairs->pdata[0];
	status = x509store_usable(newest, error);
	if (status == 0)
		*options = x509store_options(newest->certificate->serial, newest->key->serial);
	return status;
}

int x509store_remove(struct store *store, key_serial_t keyring, const struct x509_pair *pair,
		     GError **error)
{
	int status = 0;

	if (pair->key)
		status = store_remove(store, keyring, pair->key->serial, error);
	if (status == 0 && pair->certificate)
		status = store_remove(store, keyring, pair->certificate->serial, error);
	return status;
}

static gboolean holds(struct store *store, key_serial_t serial, const void *data, size_t size)
{
	struct secret *payload = NULL;

	if (store_read(store, serial, &payload, NULL) != 0)
		return FALSE;
	gboolean same =
		secret_length(payload) == size && memcmp(secret_data(payload), data, size) == 0;
	secret_free(payload);
	return same;
}

static gboolean holds_key(struct store *store, key_serial_t serial, const struct identity *identity)
{
	struct secret *payload = NULL;

	if (store_read(store, serial, &payload, NULL) != 0)
		return FALSE;
	gboolean same = secret_equal(payload, identity->key);
	secret_free(payload);
	return same;
}

static gboolean is_same(struct store *store, const struct x509_pair *pair,
			const struct identity *identity)
{
	gsize size;
	const void *der = g_bytes_get_data(identity->certificate->der, &size);

	return x509store_usable(pair, NULL) == 0 &&
	       holds(store, pair->certificate->serial, der, size) &&
	       holds_key(store, pair->key->serial, identity);
}

static void take_serials(const struct x509_pair *pair, struct x509_serials *serials)
{
	serials->certificate = pair->certificate->serial;
	serials->key = pair->key->serial;
	serials->generation = pair->generation;
}

static int add(struct store *store, key_serial_t keyring, const char *name, unsigned int generation,
	       const struct identity *identity, struct x509_serials *serials, GError **error)
{
	g_autofree char *certificate_name =
		x509pair_description(name, generation, X509PAIR_CERTIFICATE);
	g_autofree char *key_name = x509pair_description(name, generation, X509PAIR_KEY);
	gsize size;
	const void *der = g_bytes_get_data(identity->certificate->der, &size);
	const struct store_key certificate = {
		.type = STORE_USER,
		.description = certificate_name,
		.payload = der,
		.size = size,
	};
	const struct store_key key = {
		.type = STORE_USER,
		.description = key_name,
		.payload = secret_data(identity->key),
		.size = secret_length(identity->key),
	};

	serials->generation = generation;
	int status = store_add(store, keyring, &certificate, &serials->certificate, error);
	if (status == 0)
		status = store_add(store, keyring, &key, &serials->key, error);
	return status;
}

/* The private key first, and not at all where the certificate was renewed for the same one: then no
 * handshake can fall between. */
static int update(struct store *store, const struct x509_pair *pair,
		  const struct identity *identity, struct x509_serials *serials, GError **error)
{
	gsize size;
	const void *der = g_bytes_get_data(identity->certificate->der, &size);
	int status = x509store_usable(pair, error);

	if (status == 0 && !holds_key(store, pair->key->serial, identity))
		status = store_update(store, pair->key->serial, secret_data(identity->key),
				      secret_length(identity->key), error);
	if (status == 0)
		status = store_update(store, pair->certificate->serial, der, size, error);
	if (status != 0)
		return status;
	take_serials(pair, serials);
	return 0;
}

static int put_over(struct store *store, key_serial_t keyring, const struct x509_pair *newest,
		    const struct identity *identity, enum x509_place place,
		    struct x509_serials *serials, GError **error)
{
	if (place == X509_IN_PLACE)
		return update(store, newest, identity, serials, error);
	if (place == X509_BESIDE && newest->generation == X509PAIR_GENERATION_MAX)
		return status_set(error, STATUS_EXISTS,
				  "%s has been rotated too often: remove it, and import it under "
				  "its name again",
				  newest->name);
	if (place == X509_BESIDE)
		return add(store, keyring, newest->name, newest->generation + 1, identity, serials,
			   error);
	if (place == X509_NEW && x509store_usable(newest, NULL) == 0)
		return status_set(error, STATUS_EXISTS,
				  "another certificate has the name %s: rotate it (`tlskey x509 "
				  "rotate`), replace "
				  "it (--replace), or give another --name",
				  newest->name);
	return add(store, keyring, newest->name, newest->generation, identity, serials, error);
}

int x509store_put(struct store *store, key_serial_t keyring, const char *name,
		  const struct identity *identity, enum x509_place place,
		  struct x509_serials *serials, GError **error)
{
	struct x509_serials ours = {0};
	g_autoptr(GPtrArray) pairs = NULL;
	g_autoptr(GError) absent = NULL;

	if (!serials)
		serials = &ours;
	*serials = ours;
	int status = x509store_find(store, keyring, name, &pairs, &absent);
	if (status == STATUS_NOT_FOUND && (place == X509_NEW || place == X509_REPLACE))
		return add(store, keyring, name, 1, identity, serials, error);
	if (status != 0) {
		g_propagate_error(error, g_steal_pointer(&absent));
		return status;
	}
	const struct x509_pair *newest = pairs->pdata[0];
	if (!is_same(store, newest, identity))
		return put_over(store, keyring, newest, identity, place, serials, error);
	take_serials(newest, serials);
	serials->unchanged = TRUE;
	return 0;
}
