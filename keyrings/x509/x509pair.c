// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding identities in keyrings; see x509pair.h and x509store.h.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "command.h"
#include "privatekey.h"
#include "prockeys.h"
#include "status.h"
#include "x509pair.h"
#include "x509store.h"

char *x509pair_description(const char *name, unsigned int generation, const char *half)
{
	return g_strdup_printf("%s.%u.%s", name, generation, half);
}

gboolean x509pair_parse(const char *description, char **name, unsigned int *generation,
			const char **half)
{
	const char *ending = strrchr(description, '.');
	gint64 number;

	if (!ending || ending == description)
		return FALSE;
	if (strcmp(ending + 1, X509PAIR_CERTIFICATE) == 0)
		*half = X509PAIR_CERTIFICATE;
	else if (strcmp(ending + 1, X509PAIR_KEY) == 0)
		*half = X509PAIR_KEY;
	else
		return FALSE;
	g_autofree char *front = g_strndup(description, ending - description);
	char *digits = strrchr(front, '.');
	if (!digits ||
	    !g_ascii_string_to_signed(digits + 1, 10, 1, X509PAIR_GENERATION_MAX, &number, NULL))
		return FALSE;
	*digits = '\0';
	/* Only what we would write is ours: no zeros in front, no name that is none. */
	g_autofree char *again = x509pair_description(front, number, *half);
	if (strcmp(again, description) != 0 || x509store_name(front, NULL) != 0)
		return FALSE;
	*name = g_steal_pointer(&front);
	*generation = number;
	return TRUE;
}

static void pair_free(void *pointer)
{
	struct x509_pair *pair = pointer;

	g_free(pair->name);
	store_entry_free(pair->certificate);
	store_entry_free(pair->key);
	certificate_free(pair->facts);
	g_clear_pointer(&pair->spki, g_bytes_unref);
	g_free(pair);
}

static struct x509_pair *find_half(GPtrArray *pairs, const char *name, unsigned int generation)
{
	for (guint i = 0; i < pairs->len; i++) {
		struct x509_pair *pair = pairs->pdata[i];
		if (pair->generation == generation && g_strcmp0(pair->name, name) == 0)
			return pair;
	}
	return NULL;
}

/* As a certificate, as a private key; FALSE for what is neither. A payload that cannot be read is
 * neither. */
static bool read_payload(struct store *store, const struct store_entry *entry,
			 struct certificate **facts, GBytes **spki)
{
	struct secret *payload = NULL;
	const char *why;

	if (entry->error != 0 || store_read(store, entry->serial, &payload, NULL) != 0)
		return false;
	*facts = certificate_new(secret_data(payload), secret_length(payload), &why);
	if (!*facts && privatekey_check(payload, "", FALSE, spki, NULL) != 0)
		*spki = NULL;
	secret_free(payload);
	return *facts || *spki;
}

/* Takes @entry. */
static void add_named(struct store *store, GPtrArray *pairs, struct store_entry *entry, char *name,
		      unsigned int generation, const char *half)
{
	struct x509_pair *pair = find_half(pairs, name, generation);
	struct certificate *facts = NULL;
	GBytes *spki = NULL;

	if (!pair) {
		pair = g_new0(struct x509_pair, 1);
		pair->name = g_strdup(name);
		pair->generation = generation;
		g_ptr_array_add(pairs, pair);
	}
	read_payload(store, entry, &facts, &spki);
	if (strcmp(half, X509PAIR_CERTIFICATE) == 0) {
		pair->certificate = entry;
		pair->facts = g_steal_pointer(&facts);
	} else {
		pair->key = entry;
		pair->spki = g_steal_pointer(&spki);
	}
	certificate_free(facts);
	g_clear_pointer(&spki, g_bytes_unref);
}

/* Takes @entry. What is neither certificate nor private key does not belong here. */
static void add_stranger(struct store *store, GPtrArray *pairs, struct store_entry *entry)
{
	struct certificate *facts = NULL;
	GBytes *spki = NULL;

	if (!read_payload(store, entry, &facts, &spki)) {
		store_entry_free(entry);
		return;
	}
	struct x509_pair *pair = g_new0(struct x509_pair, 1);
	*(facts ? &pair->certificate : &pair->key) = entry;
	pair->facts = facts;
	pair->spki = spki;
	g_ptr_array_add(pairs, pair);
}

/* Strangers' certificates get the first stranger's key that is theirs. */
static void match_strangers(GPtrArray *pairs)
{
	for (guint i = 0; i < pairs->len; i++) {
		struct x509_pair *certificate = pairs->pdata[i];
		for (guint j = 0; !certificate->name && certificate->facts && !certificate->key &&
				  j < pairs->len;
		     j++) {
			struct x509_pair *key = pairs->pdata[j];
			if (key->name || key->certificate ||
			    !g_bytes_equal(key->spki, certificate->facts->spki))
				continue;
			certificate->key = g_steal_pointer(&key->key);
			certificate->spki = g_steal_pointer(&key->spki);
			g_ptr_array_remove_index(pairs, j);
			/* The array has closed up behind it. */
			i -= j < i;
		}
	}
}

static void match(struct x509_pair *pair)
{
	if (!pair->facts || !pair->spki)
		pair->match = X509_MATCH_UNKNOWN;
	else
		pair->match = g_bytes_equal(pair->facts->spki, pair->spki) ? X509_MATCH_YES
									   : X509_MATCH_NO;
}

static int by_name(const void *one, const void *other)
{
	const struct x509_pair *a = *(struct x509_pair *const *)one,
			       *b = *(struct x509_pair *const *)other;

	if (!a->name != !b->name)
		return a->name ? -1 : 1;
	if (a->name && strcmp(a->name, b->name) != 0)
		return strcmp(a->name, b->name);
	if (a->name)
		return (a->generation < b->generation) - (a->generation > b->generation);
	key_serial_t a_serial = a->certificate ? a->certificate->serial : a->key->serial;
	key_serial_t b_serial = b->certificate ? b->certificate->serial : b->key->serial;
	return (a_serial > b_serial) - (a_serial < b_serial);
}

/* The kernel describes no key that is expired or revoked, so its name has to come from elsewhere.
 */
static void learn_description(struct store_entry *entry, const char *text)
{
	struct prockeys_key found;

	if (entry->description)
		return;
	if (prockeys_find(text, entry->serial, &found) && strcmp(found.type, STORE_USER) == 0)
		entry->description = g_steal_pointer(&found.description);
	else
		entry->description = g_strdup("");
	prockeys_clear(&found);
}

static void add_entry(struct store *store, GPtrArray *pairs, struct store_entry *entry)
{
	g_autofree char *name = NULL;
	unsigned int generation;
	const char *half;

	if (x509pair_parse(entry->description, &name, &generation, &half))
		add_named(store, pairs, entry, name, generation, half);
	else
		add_stranger(store, pairs, entry);
}

int x509store_list(struct store *store, key_serial_t keyring, GPtrArray **out, GError **error)
{
	g_autoptr(GPtrArray) entries = NULL;
	int status = store_list(store, keyring, STORE_USER, &entries, error);

	if (status != 0)
		return status;
	g_autofree char *text = prockeys_read();
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);
	while (entries->len > 0) {
		struct store_entry *entry = g_ptr_array_steal_index(entries, 0);
		learn_description(entry, text);
		add_entry(store, pairs, entry);
	}
	match_strangers(pairs);
	for (guint i = 0; i < pairs->len; i++)
		match(pairs->pdata[i]);
	g_ptr_array_sort(pairs, by_name);
	*out = pairs;
	return 0;
}

static bool is_wanted(const struct x509_pair *pair, const char *name, key_serial_t serial)
{
	if (!serial)
		return g_strcmp0(pair->name, name) == 0;
	return (pair->certificate && pair->certificate->serial == serial) ||
	       (pair->key && pair->key->serial == serial);
}

int x509store_find(struct store *store, key_serial_t keyring, const char *which, GPtrArray **pairs,
		   GError **error)
{
	gint64 serial = 0;

	*pairs = NULL;
	if (!command_number(which, 1, G_MAXINT32, &serial)) {
		int status = x509store_name(which, error);
		if (status != 0)
			return status;
		serial = 0;
	}
	g_autoptr(GPtrArray) found = NULL;
	int status = x509store_list(store, keyring, &found, error);
	if (status != 0)
		return status;
	for (guint i = found->len; i > 0; i--) {
		if (!is_wanted(found->pdata[i - 1], which, serial))
			g_ptr_array_remove_index(found, i - 1);
	}
	if (found->len == 0)
		return status_set(error, STATUS_NOT_FOUND,
				  serial ? "there is no certificate or private key with the serial "
					   "number %s in "
					   "this keyring: `tlskey x509 list` shows what is there"
					 : "there is no certificate with the name %s in this "
					   "keyring: `tlskey x509 list` shows what is there",
				  which);
	*pairs = g_steal_pointer(&found);
	return 0;
}

int x509store_usable(const struct x509_pair *pair, GError **error)
{
	const struct store_entry *halves[] = {pair->certificate, pair->key};
	static const char *const what[] = {"certificate", "private key"};
	const char *name = pair->name ? pair->name : "this pair";

	for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
		if (!halves[i])
			return status_set(error, STATUS_NOT_FOUND,
					  "the %s of %s is not in the keyring: import both again",
					  what[i], name);
		int number = halves[i]->error;
		if (number == EKEYEXPIRED || number == EKEYREVOKED)
			return status_set(error, STATUS_EXPIRED,
					  "the %s of %s, key %d, %s: import both again", what[i],
					  name, halves[i]->serial,
					  number == EKEYEXPIRED ? "has expired" : "was revoked");
		if (number != 0)
			return status_set(error, STATUS_PERMISSION,
					  "the %s of %s, key %d, cannot be read: %s", what[i], name,
					  halves[i]->serial, strerror(number));
	}
	if (pair->match == X509_MATCH_YES)
		return 0;
	return status_set(error, STATUS_INPUT,
			  "certificate and private key of %s %s: import both again with --replace",
			  name,
			  pair->match == X509_MATCH_NO ? "do not belong together"
						       : "are not both what they have to be");
}
