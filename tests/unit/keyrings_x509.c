// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Identities from files: every form that they come in, and what is none.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>

#include <gnutls/pkcs12.h>

#include "privatekey.h"
#include "status.h"
#include "tests/unit/x509_fixture.h"
#include "x509pair.h"
#include "x509store.h"

#define OK(call) g_assert_cmpint(call, >=, 0)

static const struct wish kinds[] = {
	{ .subject = "CN=client", .algorithm = GNUTLS_PK_RSA },
	{ .subject = "CN=client", .algorithm = GNUTLS_PK_ECDSA },
	{ .subject = "CN=client",
	  .algorithm = GNUTLS_PK_ECDSA,
	  .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1) },
	{ .subject = "CN=client",
	  .algorithm = GNUTLS_PK_ECDSA,
	  .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1) },
	{ .subject = "CN=client",
	  .algorithm = GNUTLS_PK_EDDSA_ED25519,
	  .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) },
	{ .subject = "CN=client",
	  .algorithm = GNUTLS_PK_EDDSA_ED448,
	  .bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED448) },
	{ .subject = "CN=client", .algorithm = GNUTLS_PK_RSA_PSS, .bits = 2048 },
};

static void test_forms(void)
{
	struct made *ca = made_new(&(struct wish){ .subject = "CN=ca", .authority = true });

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		struct wish wish = kinds[i];
		wish.issuer = ca;
		struct made *made = made_new(&wish);
		bool traditional = kinds[i].algorithm == GNUTLS_PK_RSA ||
				   kinds[i].algorithm == GNUTLS_PK_ECDSA;
		good(made, certificate_of(made, PEM), pkcs8_of(made, PEM, NULL), NULL, NULL);
		good(made, certificate_of(made, DER), pkcs8_of(made, DER, NULL), NULL, NULL);
		good(made, certificate_of(made, PEM), pkcs8_of(made, PEM, "word"), NULL, "word");
		good(made, certificate_of(made, DER), pkcs8_of(made, DER, "word"), NULL, "word");
		/* A password that is not needed does no harm. */
		good(made, certificate_of(made, PEM), pkcs8_of(made, PEM, NULL), NULL, "word");
		if (traditional) {
			good(made, certificate_of(made, PEM), traditional_of(made, PEM), NULL,
			     NULL);
			good(made, certificate_of(made, PEM), traditional_of(made, DER), NULL,
			     NULL);
		}
		/* Both in one file, in either order. */
		good(made, join(certificate_of(made, PEM), pkcs8_of(made, PEM, NULL)), NULL, NULL,
		     NULL);
		good(made, join(pkcs8_of(made, PEM, NULL), certificate_of(made, PEM)), NULL, NULL,
		     NULL);
		made_free(made);
	}
	made_free(ca);
}

static struct secret *pkcs12_of(const struct made *made, const struct made *issuer,
				const char *password, gnutls_x509_crt_fmt_t format)
{
	static const uint8_t id[] = "id";
	const gnutls_datum_t key_id = { .data = (unsigned char *)id, .size = sizeof(id) };
	gnutls_pkcs12_bag_t certificates, keys;
	gnutls_pkcs12_t pkcs12;
	gnutls_datum_t datum;

	OK(gnutls_pkcs12_init(&pkcs12));
	OK(gnutls_pkcs12_bag_init(&certificates));
	if (issuer)
		OK(gnutls_pkcs12_bag_set_crt(certificates, issuer->crt));
	int at = gnutls_pkcs12_bag_set_crt(certificates, made->crt);
	OK(at);
	OK(gnutls_pkcs12_bag_set_key_id(certificates, at, &key_id));
	OK(gnutls_pkcs12_bag_encrypt(certificates, password, GNUTLS_PKCS_PBES2_AES_256));
	OK(gnutls_pkcs12_set_bag(pkcs12, certificates));
	OK(gnutls_pkcs12_bag_init(&keys));
	OK(gnutls_x509_privkey_export2_pkcs8(made->key, DER, password, GNUTLS_PKCS_PBES2_AES_256,
					     &datum));
	at = gnutls_pkcs12_bag_set_data(keys, GNUTLS_BAG_PKCS8_ENCRYPTED_KEY, &datum);
	OK(at);
	gnutls_free(datum.data);
	OK(gnutls_pkcs12_bag_set_key_id(keys, at, &key_id));
	OK(gnutls_pkcs12_set_bag(pkcs12, keys));
	OK(gnutls_pkcs12_generate_mac(pkcs12, password));
	OK(gnutls_pkcs12_export2(pkcs12, format, &datum));
	gnutls_pkcs12_bag_deinit(certificates);
	gnutls_pkcs12_bag_deinit(keys);
	gnutls_pkcs12_deinit(pkcs12);
	return take_datum(&datum);
}

static void test_pkcs12(void)
{
	struct made *ca = made_new(&(struct wish){ .subject = "CN=ca", .authority = true });
	struct made *made = made_new(&(struct wish){ .subject = "CN=client", .issuer = ca });
	struct secret *damaged = pkcs12_of(made, ca, "word", DER);
	struct secret *changed = pkcs12_of(made, ca, "word", DER);

	good(made, NULL, NULL, pkcs12_of(made, ca, "word", DER), "word");
	good(made, NULL, NULL, pkcs12_of(made, NULL, "word", PEM), "word");
	good(made, NULL, NULL, pkcs12_of(made, ca, "", DER), NULL);
	good(made, NULL, NULL, pkcs12_of(made, ca, "", DER), "");
	bad(NULL, NULL, pkcs12_of(made, ca, "word", DER), NULL, STATUS_INPUT, "--password-file");
	bad(NULL, NULL, pkcs12_of(made, ca, "word", DER), "other", STATUS_INPUT,
	    "the password is not that of");
	bad(NULL, NULL, certificate_of(made, DER), "word", STATUS_INPUT,
	    "no PKCS#12 file that can be read");
	bad(certificate_of(made, DER), pkcs12_of(made, ca, "word", DER), NULL, "word", STATUS_INPUT,
	    "--pkcs12");
	/* In the salt of the MAC, which stands before the number of iterations at the end. */
	secret_data(changed)[secret_length(changed) - 8] ^= 1;
	bad(NULL, NULL, changed, "word", STATUS_INPUT, "the file is damaged");
	secret_set_length(damaged, secret_length(damaged) / 2);
	bad(NULL, NULL, damaged, "word", STATUS_INPUT, "no PKCS#12 file that can be read");
	made_free(made);
	made_free(ca);
}

/* Of OpenSSL's own, with "secret-word". */
static const char legacy_key[] =
	"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: "
	"AES-128-CBC,2F977225862C88514D32D7C452440B1A\n\n"
	"yuSE/975N32VS2HFpsF6sFOn7/I5Uslk59ouNn+JLoTwgAT2uA+yYozW+ooRrHiV\n"
	"M9PenGYxDjifKW5ZbV2cNPO2CrA5Rr6Mi/UTsrmiBIcEH63X6ELDzCAOY/mP7E3Y\n"
	"Ls7vKbQdwdRIvSewujf8V4O3fvjNlOsyQMVtx+9fGts=\n-----END EC PRIVATE KEY-----\n";

static void test_passwords(void)
{
	struct made *made = made_new(&kinds[1]);
	struct secret *key = NULL;

	bad(certificate_of(made, PEM), pkcs8_of(made, PEM, "word"), NULL, NULL, STATUS_INPUT,
	    "--password-file");
	bad(certificate_of(made, PEM), pkcs8_of(made, DER, "word"), NULL, NULL, STATUS_INPUT,
	    "--password-file");
	bad(certificate_of(made, PEM), pkcs8_of(made, PEM, "word"), NULL, "other", STATUS_INPUT,
	    "passphrase");
	g_assert_cmpint(
		privatekey_read(legacy_key, strlen(legacy_key), "old", "secret-word", &key, NULL),
		==, 0);
	/* It is a key, but another one. */
	bad(certificate_of(made, PEM), key, NULL, NULL, STATUS_INPUT, "do not belong together");
	bad(certificate_of(made, PEM), secret_of(legacy_key), NULL, NULL, STATUS_INPUT,
	    "--password-file");
	bad(certificate_of(made, PEM), secret_of(legacy_key), NULL, "other", STATUS_INPUT,
	    "passphrase");
	made_free(made);
}

static void test_no_pair(void)
{
	struct made *one = made_new(&kinds[1]), *other = made_new(&kinds[1]),
		    *rsa = made_new(&kinds[0]);

	bad(certificate_of(one, PEM), pkcs8_of(other, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "do not belong together");
	bad(certificate_of(one, DER), pkcs8_of(rsa, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "do not belong together");
	bad(join(certificate_of(one, PEM), certificate_of(rsa, PEM)), pkcs8_of(other, PEM, NULL),
	    NULL, NULL, STATUS_INPUT, "none of the 2 certificates");
	made_free(one);
	made_free(other);
	made_free(rsa);
}

static void test_garbage(void)
{
	struct made *made = made_new(&kinds[1]);
	struct secret *half = certificate_of(made, PEM), *half_der = certificate_of(made, DER),
		      *many;

	secret_set_length(half, secret_length(half) / 2);
	secret_set_length(half_der, secret_length(half_der) / 2);
	bad(half, pkcs8_of(made, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "cert-file has a certificate that cannot be read");
	bad(half_der, pkcs8_of(made, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "cert-file is no certificate");
	bad(secret_of("text"), pkcs8_of(made, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "cert-file is no certificate");
	bad(pkcs8_of(made, PEM, NULL), certificate_of(made, PEM), NULL, NULL, STATUS_INPUT,
	    "cert-file holds no certificate");
	bad(certificate_of(made, PEM), certificate_of(made, PEM), NULL, NULL, STATUS_INPUT,
	    "key-file holds no private key");
	bad(certificate_of(made, PEM), certificate_of(made, DER), NULL, NULL, STATUS_INPUT,
	    "key-file is no private key");
	bad(certificate_of(made, PEM), secret_of("text"), NULL, NULL, STATUS_INPUT,
	    "key-file is no private key");
	bad(certificate_of(made, PEM), NULL, NULL, NULL, STATUS_INPUT,
	    "key-file holds no private key");
	many = certificate_of(made, PEM);
	for (unsigned int i = 0; i < IDENTITY_CHAIN_MAX; i++)
		many = join(many, certificate_of(made, PEM));
	bad(many, pkcs8_of(made, PEM, NULL), NULL, NULL, STATUS_INPUT, "at most 16 are allowed");
	made_free(made);
}

/* What tlshd's keeper would not sign with. */
static void test_unfit_keys(void)
{
	struct made *small = made_new(
		&(struct wish){ .subject = "CN=client", .algorithm = GNUTLS_PK_RSA, .bits = 1024 });
	struct made *curve = made_new(
		&(struct wish){ .subject = "CN=client",
				.algorithm = GNUTLS_PK_ECDSA,
				.bits = GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1) });

	bad(certificate_of(small, PEM), pkcs8_of(small, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "RSA key of 1024 bits");
	bad(certificate_of(curve, PEM), pkcs8_of(curve, PEM, NULL), NULL, NULL, STATUS_INPUT,
	    "TLS 1.3 does not sign with");
	made_free(small);
	made_free(curve);
}

static void test_facts(void)
{
	struct made *made =
		made_new(&(struct wish){ .subject = "CN=client,O=Example", .name = "a.example" });
	struct identity *identity;

	parse(certificate_of(made, PEM), pkcs8_of(made, PEM, NULL), NULL, NULL, &identity, NULL);
	const struct certificate *certificate = identity->certificate;
	g_assert_cmpstr(certificate->common_name, ==, "client");
	g_assert_nonnull(strstr(certificate->subject, "O=Example"));
	g_assert_cmpstr(certificate->kind, ==, "EC/ECDSA SECP256R1");
	g_assert_cmpuint(certificate->names->len, ==, 1);
	g_assert_cmpstr(certificate->names->pdata[0], ==, "DNS:a.example");
	g_assert_cmpuint(strlen(certificate->fingerprint), ==, 64);
	g_assert_false(certificate->authority);
	identity_free(identity);
	made_free(made);
}

static int load(struct identity_source source, const char *says)
{
	g_autoptr(GError) error = NULL;
	struct identity *identity = NULL;

	int status = identity_load(&source, &identity, &error);
	if (says)
		g_assert_nonnull(strstr(error->message, says));
	else
		g_assert_no_error(error);
	identity_free(identity);
	return status;
}

static void test_sources(void)
{
	struct made *made = made_new(&kinds[1]);
	struct folder *folder = folder_new();
	g_autofree char *certificate = made_certificate_pem(made), *private = made_key_pem(made);
	const char *cert = folder_write(folder, "cert", certificate, NULL),
		   *key = folder_write(folder, "key", private, NULL);
	const char *both = folder_write(folder, "both", certificate, private, NULL);
	const char *word = folder_write(folder, "word", "word\r\n", NULL),
		   *words = folder_write(folder, "words", "a\nb\n", NULL);

	/* Others can read it. */
	g_assert_cmpint(
		load((struct identity_source){ .certificate = cert, .key = key }, "chmod go-rwx"),
		==, STATUS_FILE);
	g_assert_cmpint(load((struct identity_source){ .certificate = both }, "chmod go-rwx"), ==,
			STATUS_FILE);
	chmod(key, 0600);
	chmod(both, 0600);
	chmod(word, 0600);
	chmod(words, 0600);
	g_assert_cmpint(load((struct identity_source){ .certificate = cert, .key = key }, NULL), ==,
			0);
	g_assert_cmpint(load((struct identity_source){ .certificate = both }, NULL), ==, 0);
	g_assert_cmpint(
		load((struct identity_source){ .certificate = cert, .key = key, .password = word },
		     NULL),
		==, 0);
	g_assert_cmpint(
		load((struct identity_source){ .certificate = cert, .key = key, .password = words },
		     "more than one line"),
		==, STATUS_INPUT);
	g_assert_cmpint(load((struct identity_source){ .key = key }, "--cert"), ==, STATUS_USAGE);
	g_assert_cmpint(
		load((struct identity_source){ .pkcs12 = both, .key = key }, "leave --key out"), ==,
		STATUS_USAGE);
	g_assert_cmpint(
		load((struct identity_source){ .pkcs12 = both, .certificate = cert }, "--pkcs12"),
		==, STATUS_USAGE);
	g_assert_cmpint(
		load((struct identity_source){ .certificate = "-", .key = "-" }, "standard input"),
		==, STATUS_USAGE);
	g_assert_cmpint(
		load((struct identity_source){ .certificate = cert, .key = "pkcs11:object=x" },
		     "token"),
		==, STATUS_USAGE);
	g_assert_cmpint(load((struct identity_source){ .certificate = cert, .key = "/nonexistent" },
			     "/nonexistent"),
			==, STATUS_FILE);
	folder_free(folder);
	made_free(made);
}

/* The password from the file, without its line's end. */
static void test_password_file(void)
{
	struct made *made = made_new(&kinds[1]);
	struct folder *folder = folder_new();
	struct secret *encrypted = pkcs8_of(made, PEM, "word");
	g_autofree char *certificate = made_certificate_pem(made);
	const char *cert = folder_write(folder, "cert", certificate, NULL);
	const char *key = folder_write(folder, "key", secret_text(encrypted), NULL);
	const char *endings[] = { "word", "word\n", "word\r\n" };

	chmod(key, 0600);
	for (size_t i = 0; i < G_N_ELEMENTS(endings); i++) {
		const char *word = folder_write(folder, "word", endings[i], NULL);
		chmod(word, 0600);
		g_assert_cmpint(load((struct identity_source){ .certificate = cert,
							       .key = key,
							       .password = word },
				     NULL),
				==, 0);
	}
	secret_free(encrypted);
	folder_free(folder);
	made_free(made);
}

static void test_names(void)
{
	static const char *const good[] = { "a",	   "client.test", "a.1",
					    "A-b_c@d:e+f", "7up",	  "10.0.0.1" };
	static const char *const bad[] = { "",	  ".a",	 "-a",	"1234", "0x12",	   "0X1z",
					   "a b", "a/b", "a;b", "a\n",	"\303\244" };
	g_autofree char *long_name = g_strnfill(X509STORE_NAME_MAX + 1, 'a');

	for (size_t i = 0; i < G_N_ELEMENTS(good); i++)
		g_assert_cmpint(x509store_name(good[i], NULL), ==, 0);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmpint(x509store_name(bad[i], NULL), ==, STATUS_USAGE);
	g_assert_cmpint(x509store_name(long_name, NULL), ==, STATUS_USAGE);
	g_assert_cmpint(x509store_name(long_name + 1, NULL), ==, 0);
}

static void test_descriptions(void)
{
	static const char *const others[] = {
		"",	   ".",	       "a",	    "a.crt",	     "a.1",
		"a.1.pem", "a.0.crt",  "a.01.crt",  "a.+1.crt",	     "a.x.crt",
		".1.crt",  "12.1.crt", "a b.1.crt", "a.1000000.crt", "a.1.crt ",
		"a:crt"
	};
	g_autofree char *name = NULL;
	unsigned int generation;
	const char *half;

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++)
		g_assert_false(x509pair_parse(others[i], &name, &generation, &half));
	g_assert_true(x509pair_parse("host.1.12.key", &name, &generation, &half));
	g_assert_cmpstr(name, ==, "host.1");
	g_assert_cmpuint(generation, ==, 12);
	g_assert_cmpstr(half, ==, "key");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/x509/forms", test_forms);
	g_test_add_func("/x509/pkcs12", test_pkcs12);
	g_test_add_func("/x509/passwords", test_passwords);
	g_test_add_func("/x509/no-pair", test_no_pair);
	g_test_add_func("/x509/garbage", test_garbage);
	g_test_add_func("/x509/unfit-keys", test_unfit_keys);
	g_test_add_func("/x509/facts", test_facts);
	g_test_add_func("/x509/sources", test_sources);
	g_test_add_func("/x509/password-file", test_password_file);
	g_test_add_func("/x509/names", test_names);
	g_test_add_func("/x509/descriptions", test_descriptions);
	return g_test_run();
}
