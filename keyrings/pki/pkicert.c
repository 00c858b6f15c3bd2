// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Making certificates; see certificate.h.
 */
#include <config.h>

#include <gnutls/crypto.h>
#include <string.h>

#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/keypair.h"
#include "pki/tlsfault.h"
#include "status.h"

#define DAY_S (24 * 60 * 60)
#define SERIAL_SIZE 20		/* RFC 5280, 4.1.2.2: at most */
#define KEY_ID_SIZE 20		/* RFC 5280, 4.2.1.2, method 1: SHA-1, an identifier only */
#define OID_DEVICE_SERIAL "2.5.4.5"

/* Random, so that nobody can foretell what is signed; positive, and without a leading zero. */
static int set_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[SERIAL_SIZE];
	int ret = gnutls_rnd(GNUTLS_RND_RANDOM, serial, sizeof(serial));

	if (ret < 0)
		return ret;
	serial[0] = (serial[0] & 0x7f) | 0x40;
	return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

/* Returns the length of the identifier, or a code. */
static int key_id(gnutls_x509_privkey_t key, unsigned char *id)
{
	size_t size = KEY_ID_SIZE;
	int ret = gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA1, id, &size);

	return ret < 0 ? ret : (int)size;
}

/* What all certificates have. */
static int set_basics(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, time_t from, time_t until)
{
	unsigned char id[KEY_ID_SIZE];
	int ret;

	if ((ret = gnutls_x509_crt_set_version(crt, 3)) < 0 || (ret = set_serial(crt)) < 0 ||
	    (ret = gnutls_x509_crt_set_activation_time(crt, from)) < 0 ||
	    (ret = gnutls_x509_crt_set_expiration_time(crt, until)) < 0 ||
	    (ret = gnutls_x509_crt_set_key(crt, key)) < 0 || (ret = key_id(key, id)) < 0)
		return ret;
	return gnutls_x509_crt_set_subject_key_id(crt, id, ret);
}

static char *default_name(gnutls_x509_privkey_t key)
{
	unsigned char id[KEY_ID_SIZE] = { 0 };

	(void)key_id(key, id);
	/* Revocation lists are found by their issuer's name, so no two authorities may have the same. */
	return g_strdup_printf("%.40s authority %02x%02x%02x%02x", g_get_host_name(), id[0], id[1], id[2], id[3]);
}

static int set_authority(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *name,
			 gnutls_x509_name_constraints_t constraints)
{
	g_autofree char *made = name ? g_strdup(name) : default_name(key);
	unsigned char id[KEY_ID_SIZE];
	int ret;

	if ((ret = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, made, strlen(made))) < 0 ||
	    (ret = gnutls_x509_crt_set_basic_constraints(crt, 1, 0)) < 0 ||
	    (ret = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN)) < 0 ||
	    (ret = key_id(key, id)) < 0 || (ret = gnutls_x509_crt_set_authority_key_id(crt, id, ret)) < 0)
		return ret;
	return constraints ? gnutls_x509_crt_set_name_constraints(crt, constraints, 1) : 0;
}

gnutls_x509_crt_t pkicert_self_signed(gnutls_x509_privkey_t key, const char *name, unsigned int days,
					  gnutls_x509_name_constraints_t constraints, GError **error)
{
	time_t now = time(NULL);
	gnutls_x509_crt_t crt = NULL;
	int ret;

	if ((ret = gnutls_x509_crt_init(&crt)) >= 0 &&
	    (ret = set_basics(crt, key, now - PKICERT_BACKDATE_S, now + (time_t)days * DAY_S)) >= 0 &&
	    (ret = set_authority(crt, key, name, constraints)) >= 0)
		ret = gnutls_x509_crt_sign2(crt, crt, key, keypair_hash(gnutls_x509_privkey_get_pk_algorithm(key)), 0);
	if (ret >= 0)
		return crt;
	tlsfault_set(error, ret, "cannot make the authority's certificate");
	gnutls_x509_crt_deinit(crt);
	return NULL;
}

/*
 * For people: peers do not read it (RFC 9289, 5.2.1). An address is no common name, which verifiers of name constraints take for
 * a DNS name where the certificate has no other, but the X.520 serial number of a device.
 */
static int set_subject(gnutls_x509_crt_t crt, const struct altname *host)
{
	size_t length = strlen(host->text);

	if (host->address)
		return gnutls_x509_crt_set_dn_by_oid(crt, OID_DEVICE_SERIAL, 0, host->text, length);
	/* The first label of a name that is too long still fits. */
	if (length > PKICERT_NAME_MAX)
		length = strcspn(host->text, ".");
	return gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, host->text, length);
}

static int set_names(gnutls_x509_crt_t crt, const GArray *names)
{
	int ret = 0;

	for (guint i = 0; i < names->len && ret >= 0; i++) {
		const struct altname *name = &g_array_index(names, struct altname, i);
		size_t length;
		const void *data = altname_data(name, &length);
		ret = gnutls_x509_crt_set_subject_alt_name(crt, name->address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, data,
							   length, GNUTLS_FSAN_APPEND);
	}
	return ret;
}

static int set_host(gnutls_x509_crt_t crt, const struct pkicert_wish *wish, gnutls_x509_crt_t authority)
{
	unsigned char id[64];
	size_t size = sizeof(id);
	int ret;

	if ((ret = set_subject(crt, &g_array_index(wish->names, struct altname, 0))) < 0 ||
	    (ret = set_names(crt, wish->names)) < 0 ||
	    (ret = gnutls_x509_crt_set_basic_constraints(crt, 0, -1)) < 0 ||
	    /* TLS 1.3 needs no more: there is neither RSA nor static key agreement. */
	    (ret = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE)) < 0)
		return ret;
	if (wish->purposes & PKICERT_SERVER && (ret = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0)) < 0)
		return ret;
	if (wish->purposes & PKICERT_CLIENT && (ret = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_CLIENT, 0)) < 0)
		return ret;
	ret = gnutls_x509_crt_get_subject_key_id(authority, id, &size, NULL);
	return ret < 0 ? ret : gnutls_x509_crt_set_authority_key_id(crt, id, size);
}

/* The library verifies only what it has read. Returns 0 or a code. */
static int read_back(gnutls_x509_crt_t *crt)
{
	gnutls_x509_crt_t again = NULL;
	gnutls_datum_t der;
	int ret = gnutls_x509_crt_export2(*crt, GNUTLS_X509_FMT_DER, &der);

	if (ret < 0)
		return ret;
	if ((ret = gnutls_x509_crt_init(&again)) >= 0)
		ret = gnutls_x509_crt_import(again, &der, GNUTLS_X509_FMT_DER);
	gnutls_free(der.data);
	gnutls_x509_crt_deinit(*crt);
	*crt = again;
	return ret;
}

/* A last look with a peer's eyes: nothing leaves here that would be refused there. */
static int verify(gnutls_x509_crt_t crt, gnutls_x509_crt_t authority, unsigned int purposes, GError **error)
{
	gnutls_x509_trust_list_t trust;
	gnutls_datum_t text = { 0 };
	unsigned int result = 0;
	int ret = gnutls_x509_trust_list_init(&trust, 0);

	if (ret >= 0)
		ret = gnutls_x509_trust_list_add_cas(trust, &authority, 1, 0);
	for (unsigned int bit = PKICERT_CLIENT; bit <= PKICERT_SERVER && ret >= 0 && result == 0; bit <<= 1) {
		const char *purpose = bit == PKICERT_CLIENT ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
		gnutls_typed_vdata_st data = { .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose };
		if (purposes & bit)
			ret = gnutls_x509_trust_list_verify_crt2(trust, &crt, 1, &data, 1, 0, &result, NULL);
	}
	gnutls_x509_trust_list_deinit(trust, 0);
	if (ret < 0)
		return tlsfault_set(error, ret, "cannot verify the certificate that was made");
	if (result == 0)
		return 0;
	gnutls_certificate_verification_status_print(result, GNUTLS_CRT_X509, &text, 0);
	int status = status_set(error, STATUS_FAILURE, "the certificate that was made would be refused (%s): is the authority's one "
				"damaged?", text.data ? (char *)text.data : "no reason");
	gnutls_free(text.data);
	return status;
}

gnutls_x509_crt_t pkicert_issue(const struct pkicert_wish *wish, gnutls_x509_privkey_t key, gnutls_x509_crt_t authority,
				    gnutls_x509_privkey_t authority_key, GError **error)
{
	time_t now = time(NULL), from = now - PKICERT_BACKDATE_S, until = now + (time_t)wish->days * DAY_S;
	gnutls_x509_crt_t crt = NULL;
	int ret;

	from = MAX(from, gnutls_x509_crt_get_activation_time(authority));
	/* Of two in one second the last one is the one that begins later; never in the future, whatever clock made the first. */
	from = MAX(from, MIN(wish->after + 1, now));
	until = MIN(until, gnutls_x509_crt_get_expiration_time(authority));
	if ((ret = gnutls_x509_crt_init(&crt)) >= 0 && (ret = set_basics(crt, key, from, until)) >= 0 &&
	    (ret = set_host(crt, wish, authority)) >= 0)
		ret = gnutls_x509_crt_sign2(crt, authority, authority_key,
					    keypair_hash(gnutls_x509_privkey_get_pk_algorithm(authority_key)), 0);
	if (ret >= 0)
		ret = read_back(&crt);
	if (ret < 0)
		tlsfault_set(error, ret, "cannot make the certificate");
	else if (verify(crt, authority, wish->purposes, error) == 0)
		return crt;
	gnutls_x509_crt_deinit(crt);
	return NULL;
}
