// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Our own chains: sorted, judged, and every fault named before a peer finds it.
 */
#include <config.h>

#include <string.h>

#include "loader/identity.h"
#include "loader/trust.h"
#include "tests/unit/loader_fixture.h"

#define DAY (24 * 60 * 60)

struct case_data {
	struct ear *ear;
	struct problems *problems;
	struct identity *identity;
	struct made *root, *middle;
};

static void setup(struct case_data *data, gconstpointer unused)
{
	struct wish root = { .subject = "CN=root", .authority = true };

	(void)unused;
	data->ear = ear_new();
	data->problems = problems_new(data->ear->channel);
	data->identity = NULL;
	data->root = made_new(&root);
	struct wish middle = { .subject = "CN=middle", .authority = true, .issuer = data->root };
	data->middle = made_new(&middle);
}

static void teardown(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	made_free(data->middle);
	made_free(data->root);
	identity_free(data->identity);
	problems_free(data->problems);
	ear_free(data->ear);
}

static void parse_text(struct case_data *data, const char *text, enum proto_role role)
{
	const struct place place = { "config", 5, "x509.certificate" };
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

	data->identity = identity_new(bytes, "host.pem", role, time(NULL), &place, data->problems);
	ear_listen(data->ear);
}

/* The certificates in this order, for a server. */
static void parse_made(struct case_data *data, struct made *const *made, guint count)
{
	g_autoptr(GString) text = g_string_new("text in front\n");

	for (guint i = 0; i < count; i++) {
		char *pem = made_certificate_pem(made[i]);
		g_string_append(text, pem);
		g_free(pem);
	}
	parse_text(data, text->str, PROTO_ROLE_SERVER);
}

static void parse_wish(struct case_data *data, struct wish wish, enum proto_role role)
{
	if (!wish.issuer)
		wish.issuer = data->root;
	wish.subject = "CN=leaf";
	struct made *leaf = made_new(&wish);
	char *pem = made_certificate_pem(leaf);
	parse_text(data, pem, role);
	g_free(pem);
	made_free(leaf);
}

static void assert_first_is(const struct case_data *data, const struct made *made)
{
	GBytes *first = identity_certificate(data->identity, 0);
	gnutls_datum_t der;

	g_assert_cmpint(gnutls_x509_crt_export2(made->crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
	g_assert_cmpmem(g_bytes_get_data(first, NULL), g_bytes_get_size(first), der.data, der.size);
	gnutls_free(der.data);
}

static void test_order(struct case_data *data, gconstpointer unused)
{
	struct wish wish = { .subject = "CN=leaf", .issuer = data->middle };
	struct made *leaf = made_new(&wish);

	(void)unused;
	parse_made(data, (struct made *[]){ leaf, data->middle, data->root }, 3);
	ear_expect_silence(data->ear);
	g_assert_cmpuint(identity_length(data->identity), ==, 3);
	assert_first_is(data, leaf);
	g_assert_cmpstr(identity_label(data->identity), ==, "host.pem");
	g_clear_pointer(&data->identity, identity_free);

	parse_made(data, (struct made *[]){ data->root, leaf, data->middle }, 3);
	ear_expect(data->ear, "W config:5: x509.certificate: host.pem: the certificates are not in order, so they were");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(identity_length(data->identity), ==, 3);
	assert_first_is(data, leaf);
	g_clear_pointer(&data->identity, identity_free);

	/* The one in between is missing: the root does not belong to what is left. */
	parse_made(data, (struct made *[]){ leaf, data->root }, 2);
	ear_expect(data->ear, "W config:5: x509.certificate: host.pem: 1 of its 2 certificates do not belong to the chain");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(identity_length(data->identity), ==, 1);
	g_assert_false(problems_failed(data->problems));
	made_free(leaf);
}

static void test_too_many(struct case_data *data, gconstpointer unused)
{
	struct made *made[17];

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(made); i++)
		made[i] = data->root;
	parse_made(data, made, G_N_ELEMENTS(made));
	g_assert_null(data->identity);
	ear_expect(data->ear, "E config:5: x509.certificate: host.pem: has 17 certificates, at most 16 are allowed");
	ear_expect_silence(data->ear);
}

static void test_kinds_of_keys(struct case_data *data, gconstpointer unused)
{
	static const struct wish good[] = {
		{ .algorithm = GNUTLS_PK_RSA },
		{ .algorithm = GNUTLS_PK_ECDSA, .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
		{ .algorithm = GNUTLS_PK_ECDSA, .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) },
		{ .algorithm = GNUTLS_PK_EDDSA_ED25519, .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) },
	};

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		parse_wish(data, good[i], PROTO_ROLE_SERVER);
		ear_expect_silence(data->ear);
		g_assert_cmpuint(g_bytes_get_size(identity_spki(data->identity)), >, 40);
		g_clear_pointer(&data->identity, identity_free);
	}
	parse_wish(data, (struct wish){ .algorithm = GNUTLS_PK_RSA, .bits = 1024 }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "E config:5: x509.certificate: host.pem: certificate \"CN=leaf\": an RSA key of less than 2048");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .digest = GNUTLS_DIG_SHA1 }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "E config:5: x509.certificate: host.pem: certificate \"CN=leaf\" is signed with ECDSA-SHA1");
	ear_expect_silence(data->ear);
}

static void test_time(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse_wish(data, (struct wish){ .from = -2 * DAY, .until = -DAY }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "W config:5: x509.certificate: host.pem: certificate \"CN=leaf\" expired at 20");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .from = DAY }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "W config:5: x509.certificate: host.pem: certificate \"CN=leaf\" is not valid before 20");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .until = 29 * DAY + 1000 }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "UTC, in 29 days: renew it");
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(data->problems));
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .until = 31 * DAY }, PROTO_ROLE_SERVER);
	ear_expect_silence(data->ear);
}

static void test_usage(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse_wish(data, (struct wish){ .usage = GNUTLS_KEY_KEY_ENCIPHERMENT }, PROTO_ROLE_CLIENT);
	ear_expect(data->ear, "W config:5: x509.certificate: host.pem: its key usage lacks digitalSignature");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .purpose = GNUTLS_KP_TLS_WWW_CLIENT }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "host.pem: its extended key usage does not allow TLS servers");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .purpose = GNUTLS_KP_TLS_WWW_CLIENT }, PROTO_ROLE_CLIENT);
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .nameless = true }, PROTO_ROLE_CLIENT);
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .nameless = true }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "host.pem: it has no DNS name and no IP address in subjectAltName");
	ear_expect_silence(data->ear);
	g_clear_pointer(&data->identity, identity_free);
	parse_wish(data, (struct wish){ .name = "*.example" }, PROTO_ROLE_SERVER);
	ear_expect(data->ear, "host.pem: it names wildcards only (*.), which do not count for RPC");
	ear_expect_silence(data->ear);
}

static void refuse(struct case_data *data, const char *text, const char *message)
{
	parse_text(data, text, PROTO_ROLE_SERVER);
	g_assert_null(data->identity);
	ear_expect(data->ear, message);
	ear_expect_silence(data->ear);
}

static void test_no_certificate(struct case_data *data, gconstpointer unused)
{
	char *pem = made_certificate_pem(data->root), *key = made_key_pem(data->root);
	g_autofree char *cut = g_strndup(pem, strlen(pem) / 2);
	g_autofree char *prefixed = g_strconcat("one\ntwo\n", cut, NULL);

	(void)unused;
	refuse(data, "", "E config:5: x509.certificate: host.pem: the file is empty");
	refuse(data, "hello\n", "E config:5: x509.certificate: host.pem: there is no certificate in this file");
	refuse(data, key, "E config:5: x509.certificate: host.pem: there is no certificate in this file");
	refuse(data, "0\x82\x01\x02", "host.pem: not PEM, but it looks like DER");
	refuse(data, prefixed, "E config:5: x509.certificate: host.pem:3: a certificate begins here and has no END line");
	refuse(data, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
	       "host.pem:1: the certificate that begins here cannot be read");
	refuse(data, "-----BEGIN TRUSTED CERTIFICATE-----\nMIIB\n-----END TRUSTED CERTIFICATE-----\n",
	       "host.pem:1: a certificate in OpenSSL's own");
	refuse(data, "-----BEGIN CERTIFICATE", "there is no certificate in this file");
	refuse(data, "-----BEGIN ", "there is no certificate in this file");
	g_free(pem);
	g_free(key);
}

/* A key in the same file is passed over, on either side; a broken neighbour does not hide a good certificate. */
static void test_mixed_file(struct case_data *data, gconstpointer unused)
{
	const struct place place = { "config", 7, "x509.truststore" };
	char *pem = made_certificate_pem(data->root), *key = made_key_pem(data->root);
	g_autofree char *cut = g_strndup(pem, strlen(pem) / 2);
	g_autofree char *mixed = g_strconcat(key, pem, key, NULL);
	g_autofree char *broken = g_strconcat(cut, "\n", pem, NULL);

	(void)unused;
	for (int i = 0; i < 2; i++) {
		const char *text = i == 0 ? mixed : broken;
		g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
		struct trust *trust = trust_new(bytes, "ca.pem", &place, data->problems);
		ear_listen(data->ear);
		g_assert_cmpuint(trust_count(trust), ==, 1);
		if (i == 1)
			ear_expect(data->ear, "E config:7: x509.truststore: ca.pem:1: a certificate begins here");
		ear_expect_silence(data->ear);
		trust_free(trust);
	}
	g_free(pem);
	g_free(key);
}

static void parse_pq(struct case_data *data, const void *pem, gsize size)
{
	const struct place place = { "config", 5, "x509.pq.certificate" };
	g_autoptr(GBytes) bytes = g_bytes_new(pem, size);

	data->identity = identity_new_pq(bytes, "pq.pem", PROTO_ROLE_SERVER, time(NULL), &place, data->problems);
	ear_listen(data->ear);
}

/* A certificate whose kind of key no library knows: the last byte of "id-ecPublicKey" is another. */
static char *unknown_kind_pem(const struct made *made)
{
	static const guint8 kind[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	gnutls_datum_t der, pem;

	g_assert_cmpint(gnutls_x509_crt_export2(made->crt, GNUTLS_X509_FMT_DER, &der), >=, 0);
	guint8 *at = memmem(der.data, der.size, kind, sizeof(kind));
	g_assert_nonnull(at);
	at[sizeof(kind) - 1] = 0x7e;
	g_assert_cmpint(gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem), >=, 0);
	char *text = g_strndup((char *)pem.data, pem.size);
	gnutls_free(der.data);
	gnutls_free(pem.data);
	return text;
}

/* What cannot be used leaves the other certificate in service. */
static void test_second_identity(struct case_data *data, gconstpointer unused)
{
	struct wish wish = { .subject = "CN=leaf", .issuer = data->root };
	struct made *leaf = made_new(&wish);
	g_autofree char *pem = made_certificate_pem(leaf), *unknown = unknown_kind_pem(leaf);

	(void)unused;
	parse_pq(data, pem, strlen(pem));
	ear_expect(data->ear, "W config:5: x509.pq.certificate: pq.pem: its key is EC/ECDSA, which is not post-quantum");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(identity_length(data->identity), ==, 1);
	g_clear_pointer(&data->identity, identity_free);

	parse_pq(data, unknown, strlen(unknown));
	ear_expect(data->ear, "W config:5: x509.pq.certificate: pq.pem: this version cannot sign with its key (of a kind that "
			      "the TLS library does not know): peers get x509.certificate instead");
	ear_expect_silence(data->ear);
	g_assert_null(data->identity);
	g_assert_false(problems_failed(data->problems));

	/* The certificate that everybody gets has to be good. */
	parse_text(data, unknown, PROTO_ROLE_SERVER);
	g_assert_true(problems_failed(data->problems));
	parse_pq(data, "rubbish", 7);
	ear_expect(data->ear, "E config:5: x509.pq.certificate: pq.pem: there is no certificate in this file");
	made_free(leaf);
}

#define ADD(path, function) g_test_add(path, struct case_data, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/identity/order", test_order);
	ADD("/identity/too-many", test_too_many);
	ADD("/identity/kinds-of-keys", test_kinds_of_keys);
	ADD("/identity/time", test_time);
	ADD("/identity/usage", test_usage);
	ADD("/identity/no-certificate", test_no_certificate);
	ADD("/identity/mixed-file", test_mixed_file);
	ADD("/identity/second", test_second_identity);
	return g_test_run();
}
