// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Private keys by GnuTLS: import, fitness for TLS 1.3, signatures.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "certverify.h"
#include "key.h"
#include "proto.h"

/* A key that seems slow (PROTO_SLOW_US) is tried more often, unless it is so slow that there is no doubt. */
#define TRIALS_MIN 2
#define TRIALS_MAX 8
#define TRIALS_ENOUGH_US 200000

struct key {
	gnutls_privkey_t private;
	gnutls_pubkey_t public;
	gnutls_datum_t spki;
	bool in_token;
	gnutls_pk_algorithm_t pk;
	unsigned int bits;
	gnutls_ecc_curve_t curve;	/* GNUTLS_ECC_CURVE_INVALID for RSA */
	gnutls_digest_algorithm_t pss_digest; /* GNUTLS_DIG_UNKNOWN: the key names none */
	uint16_t schemes[4];		/* three RSA ones at most, and the end */
};

/* All that a key may sign, in our order of preference. */
static const uint16_t preference[] = {
	0x0403, 0x0503, 0x0603,		/* ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512 */
	0x0807, 0x0808,			/* ed25519, ed448 */
	0x0804, 0x0805, 0x0806,		/* rsa_pss_rsae_sha256, _sha384, _sha512 */
	0x0809, 0x080a, 0x080b,		/* rsa_pss_pss_sha256, _sha384, _sha512 */
};

static bool contains(const uint8_t *data, size_t size, const char *text)
{
	return memmem(data, size, text, strlen(text)) != NULL;
}

static bool is_pem(const uint8_t *data, size_t size)
{
	return contains(data, size, "-----BEGIN ");
}

static bool is_encrypted_der(const gnutls_datum_t *datum)
{
	int ret = gnutls_pkcs8_info(datum, GNUTLS_X509_FMT_DER, NULL, NULL, NULL, NULL, NULL, NULL);

	/* A cipher that the library does not know encrypts no less. */
	return ret >= 0 || ret == GNUTLS_E_UNKNOWN_CIPHER_TYPE;
}

/* PKCS#8 says it in its structure, the traditional form of OpenSSL in a header line. */
static bool is_encrypted(const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format)
{
	if (format == GNUTLS_X509_FMT_PEM)
		return contains(datum->data, datum->size, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
		       contains(datum->data, datum->size, "Proc-Type: 4,ENCRYPTED");
	return is_encrypted_der(datum);
}

static bool is_certificate(const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format)
{
	gnutls_x509_crt_t certificate;

	if (format == GNUTLS_X509_FMT_PEM)
		return contains(datum->data, datum->size, "CERTIFICATE-----") &&
		       !contains(datum->data, datum->size, "PRIVATE KEY-----");
	if (gnutls_x509_crt_init(&certificate) < 0)
		return false;
	bool is = gnutls_x509_crt_import(certificate, datum, format) >= 0;
	gnutls_x509_crt_deinit(certificate);
	return is;
}

static void explain_import(const gnutls_datum_t *datum, gnutls_x509_crt_fmt_t format, int error, char *why, size_t room)
{
	if (is_encrypted(datum, format))
		snprintf(why, room,
			 "is protected by a passphrase, and there is nobody to type it in: name a copy without one, "
			 "made with `openssl pkey -in KEY -out COPY` and mode 0600");
	else if (is_certificate(datum, format))
		snprintf(why, room,
			 "holds a certificate, not a private key: name the file of the certificate's private key");
	else if (format == GNUTLS_X509_FMT_PEM && !contains(datum->data, datum->size, "PRIVATE KEY-----"))
		snprintf(why, room, "holds no private key: a PEM file has a line like `-----BEGIN PRIVATE KEY-----`");
	else
		snprintf(why, room,
			 "is not a private key that can be read (%s): PKCS#8, RSA or EC in PEM or DER is expected",
			 gnutls_strerror(error));
}

static int import_private(struct key *key, const uint8_t *data, size_t size, char *why, size_t room)
{
	const gnutls_datum_t datum = { .data = (unsigned char *)data, .size = size };
	gnutls_x509_crt_fmt_t format = is_pem(data, size) ? GNUTLS_X509_FMT_PEM : GNUTLS_X509_FMT_DER;

	/* Tried first: what GnuTLS says to such a key depends on its version. */
	int ret = is_encrypted(&datum, format) ?
			  GNUTLS_E_DECRYPTION_FAILED :
			  gnutls_privkey_import_x509_raw(key->private, &datum, format, NULL, 0);
	if (ret >= 0)
		return 0;
	if (ret == GNUTLS_E_MEMORY_ERROR)
		return -ENOMEM;
	explain_import(&datum, format, ret, why, room);
	return -EKEYREJECTED;
}

static int learn_public(struct key *key, char *why, size_t room)
{
	gnutls_x509_spki_t spki = NULL;

	int ret = gnutls_pubkey_import_privkey(key->public, key->private, 0, 0);
	if (ret >= 0)
		ret = gnutls_pubkey_export2(key->public, GNUTLS_X509_FMT_DER, &key->spki);
	if (ret >= 0 && key->pk == GNUTLS_PK_RSA_PSS)
		ret = gnutls_x509_spki_init(&spki);
	if (ret >= 0 && spki) {
		/* A key of this kind may name the one digest that it is for (RFC 4055, 1.2); most name none. */
		if (gnutls_privkey_get_spki(key->private, spki, 0) >= 0)
			gnutls_x509_spki_get_rsa_pss_params(spki, &key->pss_digest, NULL);
	}
	if (spki)
		gnutls_x509_spki_deinit(spki);
	if (ret < 0 || key->spki.size > PROTO_SPKI_MAX) {
		snprintf(why, room, key->in_token ?
			 "has no public half in its token (%s): store the public key or the certificate beside it, with the "
			 "same id and label" :
			 "has a public half that cannot be computed (%s)", gnutls_strerror(ret));
		return ret == GNUTLS_E_MEMORY_ERROR ? -ENOMEM : -EKEYREJECTED;
	}
	return 0;
}

static bool fits(const struct key *key, const struct scheme *scheme)
{
	if (scheme->pk != key->pk)
		return false;
	if (scheme->curve != GNUTLS_ECC_CURVE_INVALID && scheme->curve != key->curve)
		return false;
	return key->pss_digest == GNUTLS_DIG_UNKNOWN || key->pss_digest == scheme->digest;
}

/* Only what TLS 1.3 can use, and nothing so large that one signature holds up the service. */
static int judge(struct key *key, char *why, size_t room)
{
	unsigned int count = 0;

	bool rsa = key->pk == GNUTLS_PK_RSA || key->pk == GNUTLS_PK_RSA_PSS;
	if (rsa && (key->bits < KEY_RSA_BITS_MIN || key->bits > KEY_RSA_BITS_MAX)) {
		snprintf(why, room,
			 "is an RSA key of %u bits, but %d to %d are allowed: make a new key and certificate",
			 key->bits, KEY_RSA_BITS_MIN, KEY_RSA_BITS_MAX);
		return -EKEYREJECTED;
	}
	for (size_t i = 0; i < sizeof(preference) / sizeof(preference[0]); i++) {
		const struct scheme *scheme = scheme_by_code(preference[i]);
		if (scheme && fits(key, scheme) && count + 1 < sizeof(key->schemes) / sizeof(key->schemes[0]))
			key->schemes[count++] = scheme->code;
	}
	if (count > 0)
		return 0;
	const char *curve = gnutls_ecc_curve_get_name(key->curve);
	snprintf(why, room,
		 "is of a kind that TLS 1.3 does not sign with (%s%s%s): RSA, RSA-PSS, ECDSA on P-256, P-384 or P-521, "
		 "Ed25519 and Ed448 can be used",
		 gnutls_pk_algorithm_get_name(key->pk), curve ? ", " : "", curve ? curve : "");
	return -EKEYREJECTED;
}

static void learn_kind(struct key *key)
{
	int pk = gnutls_privkey_get_pk_algorithm(key->private, &key->bits);
	gnutls_ecc_curve_t curve;

	key->pk = pk < 0 ? GNUTLS_PK_UNKNOWN : pk;
	if (gnutls_privkey_export_ecc_raw2(key->private, &curve, NULL, NULL, NULL, 0) >= 0)
		key->curve = curve;
}

/* A token need not tell anything about a private key but its kind. */
static void learn_kind_of_public(struct key *key)
{
	int pk = gnutls_pubkey_get_pk_algorithm(key->public, &key->bits);
	gnutls_ecc_curve_t curve;

	key->pk = pk < 0 ? GNUTLS_PK_UNKNOWN : pk;
	if (gnutls_pubkey_export_ecc_raw2(key->public, &curve, NULL, NULL, 0) >= 0)
		key->curve = curve;
}

/* An empty key, of the kind that no scheme fits. */
static struct key *key_new(void)
{
	struct key *key = calloc(1, sizeof(*key));

	if (!key)
		return NULL;
	key->curve = GNUTLS_ECC_CURVE_INVALID;
	key->pss_digest = GNUTLS_DIG_UNKNOWN;
	if (gnutls_pubkey_init(&key->public) >= 0)
		return key;
	key_free(key);
	return NULL;
}

int key_adopt(gnutls_privkey_t private, struct key **out, char *why, size_t room)
{
	struct key *key = key_new();

	*out = NULL;
	snprintf(why, room, "cannot be loaded: no memory");
	if (!key) {
		gnutls_privkey_deinit(private);
		return -ENOMEM;
	}
	key->private = private;
	key->in_token = true;
	int ret = learn_public(key, why, room);
	if (ret == 0) {
		learn_kind_of_public(key);
		ret = judge(key, why, room);
	}
	if (ret < 0) {
		key_free(key);
		return ret;
	}
	*out = key;
	*why = '\0';
	return 0;
}

int key_import(const uint8_t *data, size_t size, struct key **out, char *why, size_t room)
{
	struct key *key = key_new();
	int ret = -ENOMEM;

	*out = NULL;
	snprintf(why, room, "cannot be loaded: no memory");
	if (!key || gnutls_privkey_init(&key->private) < 0)
		goto out;
	ret = import_private(key, data, size, why, room);
	if (ret < 0)
		goto out;
	learn_kind(key);
	ret = learn_public(key, why, room);
	if (ret < 0)
		goto out;
	ret = judge(key, why, room);
	if (ret < 0)
		goto out;
	*out = key;
	key = NULL;
	*why = '\0';
out:
	key_free(key);
	return ret;
}

void key_free(struct key *key)
{
	if (!key)
		return;
	/* GnuTLS wipes the numbers of a key that it frees. */
	if (key->private)
		gnutls_privkey_deinit(key->private);
	if (key->public)
		gnutls_pubkey_deinit(key->public);
	gnutls_free(key->spki.data);
	free(key);
}

const uint8_t *key_spki(const struct key *key, size_t *size)
{
	*size = key->spki.size;
	return key->spki.data;
}

const uint16_t *key_schemes(const struct key *key)
{
	return key->schemes;
}

int key_sign(const struct key *key, const struct scheme *scheme, const uint8_t *input, size_t length,
	     uint8_t *signature, uint32_t *signature_length, const char **why)
{
	const gnutls_datum_t datum = { .data = (unsigned char *)input, .size = length };
	gnutls_datum_t made = { NULL, 0 };
	int ret;

	if (scheme->digest_length > 0)
		ret = gnutls_privkey_sign_hash2(key->private, scheme->algorithm, 0, &datum, &made);
	else
		ret = gnutls_privkey_sign_data2(key->private, scheme->algorithm, 0, &datum, &made);
	if (ret >= 0 && (made.size == 0 || made.size > PROTO_SIGNATURE_MAX))
		ret = GNUTLS_E_PK_SIGN_FAILED;
	if (ret >= 0) {
		memcpy(signature, made.data, made.size);
		*signature_length = made.size;
	} else {
		*why = gnutls_strerror(ret);
	}
	gnutls_free(made.data);
	return ret < 0 ? -EIO : 0;
}

static int verify(const struct key *key, const struct scheme *scheme, const uint8_t *input, size_t length,
		  const uint8_t *signature, size_t signature_length)
{
	const gnutls_datum_t datum = { .data = (unsigned char *)input, .size = length };
	const gnutls_datum_t made = { .data = (unsigned char *)signature, .size = signature_length };

	if (scheme->digest_length > 0)
		return gnutls_pubkey_verify_hash2(key->public, scheme->algorithm, 0, &datum, &made);
	return gnutls_pubkey_verify_data2(key->public, scheme->algorithm, 0, &datum, &made);
}

/* Software takes as long as it computes, however busy the machine is at the start; a token takes the time it takes. */
static int64_t now_us(const struct key *key)
{
	struct timespec now;

	clock_gettime(key->in_token ? CLOCK_MONOTONIC : CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int try_once(const struct key *key, const struct scheme *scheme, int64_t *took_us, char *why, size_t room)
{
	/* No handshake's input: a digest of zeros, and a message without padding or context string. */
	static const uint8_t input[PROTO_SIGN_INPUT_MAX];
	size_t length = scheme->digest_length > 0 ? scheme->digest_length : sizeof(input);
	uint8_t signature[PROTO_SIGNATURE_MAX];
	uint32_t signature_length = 0;
	const char *reason = "";

	int64_t start_us = now_us(key);
	int ret = key_sign(key, scheme, input, length, signature, &signature_length, &reason);
	*took_us = now_us(key) - start_us;
	if (ret < 0) {
		snprintf(why, room, "cannot sign (%s)%s", reason, key->in_token && key->pk == GNUTLS_PK_RSA ?
			 ": TLS 1.3 needs RSA-PSS, so the token has to offer CKM_RSA_PKCS_PSS for this key" : "");
		return ret;
	}
	if (verify(key, scheme, input, length, signature, signature_length) >= 0)
		return 0;
	snprintf(why, room, "makes signatures that its own public half does not verify: %s", key->in_token ?
		 "another public key or certificate in the token has its id or label" : "the file is damaged");
	return -EIO;
}

int key_trial(const struct key *key, uint32_t *trial_us, char *why, size_t room)
{
	const struct scheme *scheme = scheme_by_code(key->schemes[0]);
	int64_t took_us, total_us = 0, best_us = UINT32_MAX;

	for (unsigned int i = 0; i < TRIALS_MAX; i++) {
		if (i >= TRIALS_MIN && (best_us <= PROTO_SLOW_US || total_us > TRIALS_ENOUGH_US))
			break;
		int ret = try_once(key, scheme, &took_us, why, room);
		if (ret < 0)
			return ret;
		total_us += took_us;
		if (took_us < best_us)
			best_us = took_us;
	}
	*trial_us = best_us;
	return 0;
}
