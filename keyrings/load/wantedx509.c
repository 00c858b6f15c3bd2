// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The certificate and the private key of an entry of type x509; see wanted.h. A name stands for its newest generation,
 * so which keys these are depends on the keyring.
 */
#include <config.h>

#include <string.h>

#include "status.h"
#include "wanted.h"
#include "x509/x509pair.h"
#include "x509/x509store.h"

static const char *const halves[] = { X509PAIR_CERTIFICATE, X509PAIR_KEY };

/* The option that import's message ends with is none of load's. */
static void cut_option(GError *error)
{
	char *option = strstr(error->message, "; --force");

	if (option)
		*option = '\0';
}

int wanted_x509(struct wanted *wanted, GError **error)
{
	const struct keyentry *entry = wanted->entry;
	const struct identity_source source = {
		.certificate = entry->cert ? entry->cert : entry->source,
		.key = entry->key,
		.pkcs12 = entry->pkcs12,
		.password = entry->password,
	};
	gsize size;

	int status = identity_load(&source, &wanted->identity, error);
	if (status != 0)
		return status;
	status = identity_check(wanted->identity, g_get_real_time() / G_USEC_PER_SEC, FALSE, &wanted->doubt);
	if (wanted->doubt)
		cut_option(wanted->doubt);
	if (status != 0 && status != STATUS_EXPIRED) {
		g_propagate_error(error, g_steal_pointer(&wanted->doubt));
		return status;
	}
	const void *der = g_bytes_get_data(wanted->identity->certificate->der, &size);
	struct secret *key = wanted->identity->key;
	wanted_add(wanted, STORE_USER, x509pair_description(entry->name, 1, halves[0]), secret_copy(der, size));
	wanted_add(wanted, STORE_USER, x509pair_description(entry->name, 1, halves[1]),
		   secret_copy(secret_data(key), secret_length(key)));
	return 0;
}

/* The newest pair of the name, or NULL where there is none, which is no error; g_ptr_array_unref() @pairs. */
static int find(struct wanted *wanted, struct store *store, key_serial_t keyring, GPtrArray **pairs,
		const struct x509_pair **newest, GError **error)
{
	g_autoptr(GError) failure = NULL;
	int status = x509store_find(store, keyring, wanted->entry->name, pairs, &failure);

	*newest = NULL;
	if (status == STATUS_NOT_FOUND)
		return 0;
	if (status == 0)
		*newest = (*pairs)->pdata[0];
	else
		g_propagate_error(error, g_steal_pointer(&failure));
	return status;
}

int wanted_x509_settle(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	const struct x509_pair *newest;
	int status = find(wanted, store, keyring, &pairs, &newest, error);

	for (guint i = 0; status == 0 && newest && i < wanted->keys->len; i++) {
		struct wanted_key *key = wanted->keys->pdata[i];
		g_free(key->description);
		key->description = x509pair_description(wanted->entry->name, newest->generation, halves[i]);
	}
	return status;
}

static void note(struct wanted_key *key, key_serial_t serial)
{
	if (key->state == WANTED_MISSING)
		key->state = WANTED_ADDED;
	else if (key->state != WANTED_PRESENT || key->serial != serial)
		key->state = WANTED_REPLACED;
	key->serial = serial;
}

/* Where mounts can go on with the serial numbers that they have, they shall: the new content goes into the keys
 * themselves. */
int wanted_x509_put(struct wanted *wanted, struct store *store, key_serial_t keyring, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	const struct x509_pair *newest;
	struct x509_serials serials;
	int status = find(wanted, store, keyring, &pairs, &newest, error);

	if (status != 0)
		return status;
	gboolean usable = newest && x509store_usable(newest, NULL) == 0;
	status = x509store_put(store, keyring, wanted->entry->name, wanted->identity,
			       usable ? X509_IN_PLACE : X509_REPLACE, &serials, error);
	if (status != 0)
		return status;
	note(wanted->keys->pdata[0], serials.certificate);
	note(wanted->keys->pdata[1], serials.key);
	return 0;
}
