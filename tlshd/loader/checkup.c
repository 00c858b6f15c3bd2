// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The checks of our own certificates; see checkup.h.
 */
#include <config.h>

#include <glib.h>

#include "loader/checkup.h"

#define EXPIRY_NOTICE_DAYS 30
#define DAY_SECONDS (24 * 60 * 60)
#define RSA_BITS_MIN 2048

struct checkup {
	const char *path;
	enum proto_role role;
	time_t now;
	const struct place *place;
	struct problems *problems;
};

static char *describe(gnutls_x509_crt_t crt)
{
	gnutls_datum_t name;

	if (gnutls_x509_crt_get_dn3(crt, &name, 0) < 0)
		return g_strdup("(no subject)");
	char *text = g_utf8_make_valid((const char *)name.data, name.size);
	gnutls_free(name.data);
	return text;
}

char *checkup_time(time_t when)
{
	GDateTime *date = g_date_time_new_from_unix_utc(when);
	char *text = date ? g_date_time_format(date, "%Y-%m-%d %H:%M UTC") : g_strdup("a time out of range");

	if (date)
		g_date_time_unref(date);
	return text;
}

static void check_time(const struct checkup *checkup, gnutls_x509_crt_t crt, bool end_entity)
{
	time_t from = gnutls_x509_crt_get_activation_time(crt);
	time_t until = gnutls_x509_crt_get_expiration_time(crt);
	char *name = describe(crt), *from_text = checkup_time(from), *until_text = checkup_time(until);

	if (checkup->now < from)
		problems_warning(checkup->problems, checkup->place,
			       "%s: certificate \"%s\" is not valid before %s: peers refuse it; check this host's clock",
			       checkup->path, name, from_text);
	else if (checkup->now > until)
		problems_warning(checkup->problems, checkup->place,
			       "%s: certificate \"%s\" expired at %s: peers refuse it; renew it", checkup->path, name,
			       until_text);
	else if (end_entity && until - checkup->now < (time_t)EXPIRY_NOTICE_DAYS * DAY_SECONDS)
		problems_warning(checkup->problems, checkup->place,
			       "%s: certificate \"%s\" expires at %s, in %ld days: renew it", checkup->path, name,
			       until_text, (long)((until - checkup->now) / DAY_SECONDS));
	g_free(name);
	g_free(from_text);
	g_free(until_text);
}

/* RFC 8446, 4.2.3: what can sign a CertificateVerify of TLS 1.3. */
const char *checkup_key(gnutls_x509_crt_t crt)
{
	gnutls_ecc_curve_t curve;
	unsigned int bits = 0;

	switch (gnutls_x509_crt_get_pk_algorithm(crt, &bits)) {
	case GNUTLS_PK_RSA:
	case GNUTLS_PK_RSA_PSS:
		return bits < RSA_BITS_MIN ? "an RSA key of less than 2048 bits can be broken" : NULL;
	case GNUTLS_PK_EDDSA_ED25519:
	case GNUTLS_PK_EDDSA_ED448:
		return NULL;
	case GNUTLS_PK_ECDSA:
		if (gnutls_x509_crt_get_pk_ecc_raw(crt, &curve, NULL, NULL) < 0 ||
		    (curve != GNUTLS_ECC_CURVE_SECP256R1 && curve != GNUTLS_ECC_CURVE_SECP384R1 &&
		     curve != GNUTLS_ECC_CURVE_SECP521R1))
			return "TLS 1.3 knows no signature with the curve of its key";
		return NULL;
	default:
		return "TLS 1.3 knows no signature with its kind of key";
	}
}

static void check_key(const struct checkup *checkup, gnutls_x509_crt_t crt)
{
	const char *why = checkup_key(crt);

	if (!why)
		return;
	char *name = describe(crt);
	problems_error(checkup->problems, checkup->place,
		     "%s: certificate \"%s\": %s, and peers refuse it: make a new one with RSA of 3072 bits, ECDSA P-256 or "
		     "Ed25519", checkup->path, name, why);
	g_free(name);
}

/* The signature of a self-signed certificate proves nothing, so nobody looks at it. */
static void check_signature(const struct checkup *checkup, gnutls_x509_crt_t crt)
{
	int algorithm = gnutls_x509_crt_get_signature_algorithm(crt);

	if (gnutls_x509_crt_check_issuer(crt, crt) == 1)
		return;
	if (algorithm > 0 && gnutls_sign_is_secure2(algorithm, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS) &&
	    gnutls_sign_get_hash_algorithm(algorithm) != GNUTLS_DIG_SHA1)
		return;
	char *name = describe(crt);
	const char *method = algorithm > 0 ? gnutls_sign_get_name(algorithm) : NULL;
	problems_error(checkup->problems, checkup->place,
		     "%s: certificate \"%s\" is signed with %s, which can be forged, and peers refuse it: have it issued "
		     "anew with SHA-256 or better", checkup->path, name, method ? method : "an unknown method");
	g_free(name);
}

/* RFC 8446, 4.4.2.2: with a key usage extension, digitalSignature must be in it. */
static void check_usage(const struct checkup *checkup, gnutls_x509_crt_t crt)
{
	bool client = checkup->role == PROTO_ROLE_CLIENT;
	const char *purpose = client ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER;
	unsigned int usage, critical;

	if (gnutls_x509_crt_get_key_usage(crt, &usage, &critical) == 0 && !(usage & GNUTLS_KEY_DIGITAL_SIGNATURE))
		problems_warning(checkup->problems, checkup->place,
			       "%s: its key usage lacks digitalSignature: peers refuse it; have it issued anew with it",
			       checkup->path);
	if (gnutls_x509_crt_check_key_purpose(crt, purpose, 0) == 0)
		problems_warning(checkup->problems, checkup->place,
			       "%s: its extended key usage does not allow TLS %s: peers refuse it; have it issued anew "
			       "with %s", checkup->path, client ? "clients" : "servers",
			       client ? "clientAuth" : "serverAuth");
}

/* RFC 9289, 5.2.1: clients compare the server's name with dNSName and iPAddress, in full, and with nothing else. */
static void check_names(const struct checkup *checkup, gnutls_x509_crt_t crt)
{
	bool wildcard = false;
	char name[256];
	int type;

	for (unsigned int i = 0;; i++) {
		size_t size = sizeof(name);
		type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
		if (type == GNUTLS_SAN_DNSNAME && size > 2 && memcmp(name, "*.", 2) == 0)
			wildcard = true;
		else if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_IPADDRESS || type == GNUTLS_E_SHORT_MEMORY_BUFFER)
			return;
		if (type < 0)
			break;
	}
	if (wildcard) {
		problems_warning(checkup->problems, checkup->place,
			       "%s: it names wildcards only (*.), which do not count for RPC (RFC 9289): clients refuse it; have it "
			       "issued anew with the names that clients mount by", checkup->path);
		return;
	}
	problems_warning(checkup->problems, checkup->place,
		       "%s: it has no DNS name and no IP address in subjectAltName: clients refuse it, whatever its subject "
		       "says; have it issued anew with the names that clients mount by", checkup->path);
}

void checkup_chain(const gnutls_x509_crt_t *chain, unsigned int length, const char *path, enum proto_role role,
		   time_t now, const struct place *place, struct problems *problems)
{
	const struct checkup checkup = { path, role, now, place, problems };

	for (unsigned int i = 0; i < length; i++) {
		check_time(&checkup, chain[i], i == 0);
		check_key(&checkup, chain[i]);
		check_signature(&checkup, chain[i]);
	}
	check_usage(&checkup, chain[0]);
	if (role == PROTO_ROLE_SERVER)
		check_names(&checkup, chain[0]);
}
