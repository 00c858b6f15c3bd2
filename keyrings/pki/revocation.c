// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revocation lists; see revocation.h.
 */
#include <config.h>

#include <string.h>

#include "pki/pkicert.h"
#include "pki/keypair.h"
#include "pki/revocation.h"
#include "pki/tlsfault.h"

#define DAY_S (24 * 60 * 60)
#define SERIAL_MAX 64
#define NUMBER_MAX 20	/* RFC 5280, 5.2.3 */
#define KEY_ID_MAX 64

struct entry {
	unsigned char serial[SERIAL_MAX];
	size_t size;
	time_t time;
};

/* Calls @visit for each entry until it answers with a negative code, which is returned. */
static int each_entry(gnutls_x509_crl_t crl, int (*visit)(const struct entry *entry, void *context), void *context)
{
	gnutls_x509_crl_iter_t place = NULL;
	struct entry entry;
	int ret = 0;

	while (ret >= 0) {
		entry.size = sizeof(entry.serial);
		ret = gnutls_x509_crl_iter_crt_serial(crl, &place, entry.serial, &entry.size, &entry.time);
		if (ret >= 0)
			ret = visit(&entry, context);
	}
	if (place)
		gnutls_x509_crl_iter_deinit(place);
	return ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : ret;
}

static int copy_entry(const struct entry *entry, void *context)
{
	gnutls_x509_crl_t crl = context;

	return gnutls_x509_crl_set_crt_serial(crl, entry->serial, entry->size, entry->time);
}

static int add_entry(gnutls_x509_crl_t crl, gnutls_x509_crt_t revoked, time_t now)
{
	struct entry entry = { .size = sizeof(entry.serial), .time = now };
	int ret = gnutls_x509_crt_get_serial(revoked, entry.serial, &entry.size);

	return ret < 0 ? ret : copy_entry(&entry, crl);
}

/*
 * One more than the last one's, or the time where that is more: a list that is made after the last one was lost is still
 * newer than it.
 */
static int set_number(gnutls_x509_crl_t crl, gnutls_x509_crl_t old, time_t now)
{
	unsigned char last[NUMBER_MAX], number[8];
	size_t size = sizeof(last);
	guint64 value = now, before = 0;

	if (old && gnutls_x509_crl_get_number(old, last, &size, NULL) == 0) {
		for (size_t i = 0; i < size; i++)
			before = before << 8 | last[i];
		value = MAX(value, before + 1);
	}
	value = GUINT64_TO_BE(value);
	memcpy(number, &value, sizeof(number));
	size_t zeros = 0;
	while (zeros < sizeof(number) - 1 && number[zeros] == 0)
		zeros++;
	return gnutls_x509_crl_set_number(crl, number + zeros, sizeof(number) - zeros);
}

static int fill(gnutls_x509_crl_t crl, gnutls_x509_crt_t authority, gnutls_x509_crl_t old, const GPtrArray *revoked,
		unsigned int days)
{
	time_t now = time(NULL), from = MAX(now - PKICERT_BACKDATE_S, gnutls_x509_crt_get_activation_time(authority));
	time_t until = MIN(now + (time_t)days * DAY_S, gnutls_x509_crt_get_expiration_time(authority));
	unsigned char id[KEY_ID_MAX];
	size_t size = sizeof(id);
	int ret;

	if ((ret = gnutls_x509_crl_set_version(crl, 2)) < 0 || (ret = gnutls_x509_crl_set_this_update(crl, from)) < 0 ||
	    (ret = gnutls_x509_crl_set_next_update(crl, until)) < 0 || (ret = set_number(crl, old, now)) < 0 ||
	    (ret = gnutls_x509_crt_get_subject_key_id(authority, id, &size, NULL)) < 0 ||
	    (ret = gnutls_x509_crl_set_authority_key_id(crl, id, size)) < 0)
		return ret;
	ret = old ? each_entry(old, copy_entry, crl) : 0;
	for (guint i = 0; revoked && i < revoked->len && ret >= 0; i++)
		ret = add_entry(crl, revoked->pdata[i], now);
	return ret;
}

gnutls_x509_crl_t revocation_make(gnutls_x509_crt_t authority, gnutls_x509_privkey_t key, gnutls_x509_crl_t old,
				  const GPtrArray *revoked, unsigned int days, GError **error)
{
	gnutls_x509_crl_t crl = NULL;
	int ret;

	if ((ret = gnutls_x509_crl_init(&crl)) >= 0 && (ret = fill(crl, authority, old, revoked, days)) >= 0)
		ret = gnutls_x509_crl_sign2(crl, authority, key, keypair_hash(gnutls_x509_privkey_get_pk_algorithm(key)), 0);
	if (ret >= 0)
		return crl;
	tlsfault_set(error, ret, "cannot make the revocation list");
	gnutls_x509_crl_deinit(crl);
	return NULL;
}

char *revocation_pem(gnutls_x509_crl_t crl)
{
	gnutls_datum_t data;

	if (gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &data) < 0)
		g_error("no memory for a revocation list");
	char *pem = g_strndup((char *)data.data, data.size);
	gnutls_free(data.data);
	return pem;
}

static int note_entry(const struct entry *entry, void *context)
{
	time_t *time = g_new(time_t, 1);

	*time = entry->time;
	g_hash_table_insert(context, pkicert_hex(entry->serial, entry->size), time);
	return 0;
}

GHashTable *revocation_times(gnutls_x509_crl_t crl)
{
	GHashTable *times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

	(void)each_entry(crl, note_entry, times);
	return times;
}
