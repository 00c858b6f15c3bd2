// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Key files: which are opened, which are refused, and what the administrator is told.
 */
#include <config.h>

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper/key.h"
#include "keeper/keyfile.h"
#include "keeper_fixture.h"

static char why[PROTO_TEXT_MAX];

static void says(const char *text)
{
	if (!strstr(why, text))
		g_error("\"%s\" is not in: %s", text, why);
}

/* Open with this mode; the reason is in why. */
static int open_mode(mode_t mode)
{
	g_autofree char *path = fixture_file("mode", "x", 1, mode);
	struct keyfile *file;

	int ret = keyfile_open(path, &file, why, sizeof(why));
	keyfile_close(file);
	return ret;
}

static void test_modes(void)
{
	g_autofree char *others = g_strdup_printf("run `chmod o-rwx %s/mode`", fixture_folder());
	g_autofree char *group = g_strdup_printf("`chmod g-rwx %s/mode`", fixture_folder());
	static const mode_t refused[] = { 0604, 0602, 0644, 0666, 0606, 0777 };
	static const mode_t warned[] = { 0640, 0620, 0660, 0440, 0770 };
	static const mode_t quiet[] = { 0600, 0400, 0700, 0611 };

	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_assert_cmpint(open_mode(refused[i]), ==, -EPERM);
		says(others);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(warned); i++) {
		g_assert_cmpint(open_mode(warned[i]), ==, 0);
		says(group);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(quiet); i++) {
		g_assert_cmpint(open_mode(quiet[i]), ==, 0);
		if (getuid() == 0)
			g_assert_cmpstr(why, ==, "");
	}
}

static void test_owner(void)
{
	g_autofree char *path = fixture_file("owner", "x", 1, 0600);
	struct keyfile *file;

	if (getuid() == 0)
		g_assert_cmpint(chown(path, 65534, 65534), ==, 0);
	g_assert_cmpint(keyfile_open(path, &file, why, sizeof(why)), ==, 0);
	says("run `chown root ");
	keyfile_close(file);
	g_assert_cmpint(chmod(path, 0640), ==, 0);
	g_assert_cmpint(keyfile_open(path, &file, why, sizeof(why)), ==, 0);
	says("`chown root ");
	says("`chmod g-rwx ");
	keyfile_close(file);
}

static int open_path(const char *path)
{
	struct keyfile *file;

	int ret = keyfile_open(path, &file, why, sizeof(why));
	g_assert_true(ret == 0 || !file);
	keyfile_close(file);
	return ret;
}

static void test_kinds(void)
{
	g_autofree char *fifo = g_build_filename(fixture_folder(), "fifo", NULL);
	g_autofree char *absent = g_build_filename(fixture_folder(), "absent", NULL);
	g_autofree char *empty = fixture_file("empty", "", 0, 0600);
	g_autofree char *loop = g_build_filename(fixture_folder(), "loop", NULL);
	g_autofree char *link = g_build_filename(fixture_folder(), "link", NULL);
	g_autofree char *target = fixture_file("target", "x", 1, 0600);

	g_assert_cmpint(open_path(fixture_folder()), ==, -EINVAL);
	says("is a directory");
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	g_assert_cmpint(open_path(fifo), ==, -EINVAL);	/* and at once: nobody writes there */
	says("is a pipe, socket or device");
	g_assert_cmpint(open_path("/dev/null"), ==, -EINVAL);
	g_assert_cmpint(open_path(absent), ==, -ENOENT);
	says("No such file or directory");
	g_assert_cmpint(open_path(empty), ==, -ENODATA);
	says("is empty");
	g_assert_cmpint(symlink(loop, loop), ==, 0);
	g_assert_cmpint(open_path(loop), ==, -ELOOP);
	says("symbolic link");
	g_assert_cmpint(symlink(target, link), ==, 0);
	g_assert_cmpint(open_path(link), ==, 0);
	g_assert_cmpint(open_path(""), ==, -ENOENT);
}

static void test_size(void)
{
	g_autofree uint8_t *content = g_malloc(KEYFILE_SIZE_MAX + 1);
	struct keyfile *file;
	uint8_t *data;
	size_t size;

	memset(content, 'x', KEYFILE_SIZE_MAX + 1);
	g_autofree char *large = fixture_file("large", content, KEYFILE_SIZE_MAX + 1, 0600);
	g_assert_cmpint(open_path(large), ==, -EFBIG);
	says("65537 bytes");
	g_autofree char *fits = fixture_file("fits", content, KEYFILE_SIZE_MAX, 0600);
	g_assert_cmpint(keyfile_open(fits, &file, why, sizeof(why)), ==, 0);
	g_assert_cmpint(keyfile_read(file, &data, &size), ==, 0);
	g_assert_cmpmem(data, size, content, KEYFILE_SIZE_MAX);
	keyfile_wipe(data, size);
	/* It grows and shrinks behind our back. */
	g_assert_cmpint(truncate(fits, 10 * KEYFILE_SIZE_MAX), ==, 0);
	g_assert_cmpint(keyfile_read(file, &data, &size), ==, -EFBIG);
	g_assert_null(data);
	g_assert_cmpint(truncate(fits, 0), ==, 0);
	g_assert_cmpint(keyfile_read(file, &data, &size), ==, -ENODATA);
	keyfile_close(file);
}

static int import(const void *data, size_t size, struct key **key)
{
	memset(why, 0, sizeof(why));
	return key_import(data, size, key, why, sizeof(why));
}

static void refused_text(const char *text, const char *reason)
{
	struct key *key;

	g_assert_cmpint(import(text, strlen(text), &key), ==, -EKEYREJECTED);
	g_assert_null(key);
	says(reason);
}

static void refused_bytes(GBytes *bytes, const char *reason)
{
	struct key *key;

	g_assert_cmpint(import(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &key), ==, -EKEYREJECTED);
	g_assert_null(key);
	says(reason);
	g_bytes_unref(bytes);
}

/* Import, compare the public half, look at the schemes, and sign with each of them. */
static void accept(const void *data, size_t size, gnutls_x509_privkey_t made, const uint16_t *schemes)
{
	g_autoptr(GBytes) spki = fixture_spki(made);
	uint8_t input[PROTO_SIGN_INPUT_MAX], signature[PROTO_SIGNATURE_MAX];
	uint32_t signature_length, trial_us;
	const char *reason = "";
	struct key *key;
	size_t spki_size;

	if (import(data, size, &key) < 0)
		g_error("refused: %s", why);
	const uint8_t *ours = key_spki(key, &spki_size);
	g_assert_cmpmem(ours, spki_size, g_bytes_get_data(spki, NULL), g_bytes_get_size(spki));
	const uint16_t *fitting = key_schemes(key);
	for (; *schemes; schemes++, fitting++) {
		g_assert_cmphex(*fitting, ==, *schemes);
		size_t length = fixture_input(*schemes, input);
		g_assert_cmpint(
			key_sign(key, scheme_by_code(*schemes), input, length, signature, &signature_length, &reason),
			==, 0);
		g_assert_true(fixture_verifies(ours, spki_size, *schemes, input, length, signature, signature_length));
	}
	g_assert_cmphex(*fitting, ==, 0);
	g_assert_cmpint(key_trial(key, &trial_us, why, sizeof(why)), ==, 0);
	g_assert_cmpuint(trial_us, <, 60 * 1000 * 1000);
	key_free(key);
}

static void accept_forms(gnutls_x509_privkey_t made, const uint16_t *schemes, const enum fixture_form *forms,
			 size_t count)
{
	for (size_t i = 0; i < count; i++) {
		g_autoptr(GBytes) bytes = fixture_export(made, forms[i]);
		accept(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), made, schemes);
	}
	gnutls_x509_privkey_deinit(made);
}

static void test_kinds_of_key(void)
{
	static const enum fixture_form all[] = { FORM_PKCS8, FORM_PKCS8_DER, FORM_TRADITIONAL, FORM_TRADITIONAL_DER };
	static const uint16_t p256[] = { 0x0403, 0 }, p384[] = { 0x0503, 0 }, p521[] = { 0x0603, 0 };
	static const uint16_t rsa[] = { 0x0804, 0x0805, 0x0806, 0 }, pss[] = { 0x0809, 0x080a, 0x080b, 0 };
	static const uint16_t ed25519[] = { 0x0807, 0 }, ed448[] = { 0x0808, 0 }, pss_384[] = { 0x080a, 0 };

	accept_forms(fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)), p256, all, 4);
	accept_forms(fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)), p384, all, 4);
	accept_forms(fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)), p521, all, 4);
	accept_forms(fixture_key(GNUTLS_PK_RSA, 2048), rsa, all, 4);
	accept_forms(fixture_key(GNUTLS_PK_EDDSA_ED25519, 256), ed25519, all, 2);
	accept_forms(fixture_key(GNUTLS_PK_EDDSA_ED448, 456), ed448, all, 2);
	accept_forms(fixture_key(GNUTLS_PK_RSA_PSS, 2048), pss, all, 2);
	accept_forms(fixture_pss_key(GNUTLS_DIG_SHA384), pss_384, all, 2);
}

/* What tools put in front of a key. */
static void test_text_around(void)
{
	static const uint16_t p256[] = { 0x0403, 0 };
	gnutls_x509_privkey_t made = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) certificate = fixture_certificate(made, GNUTLS_X509_FMT_PEM);
	g_autoptr(GBytes) traditional = fixture_export(made, FORM_TRADITIONAL);
	g_autoptr(GBytes) pkcs8 = fixture_export(made, FORM_PKCS8);
	g_autoptr(GString) text =
		g_string_new("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n");

	g_string_append_len(text, g_bytes_get_data(traditional, NULL), g_bytes_get_size(traditional));
	accept(text->str, text->len, made, p256);
	g_string_truncate(text, 0);
	g_string_append_len(text, g_bytes_get_data(certificate, NULL), g_bytes_get_size(certificate));
	g_string_append_len(text, g_bytes_get_data(pkcs8, NULL), g_bytes_get_size(pkcs8));
	accept(text->str, text->len, made, p256);
	g_string_truncate(text, 0);
	g_string_append(text, "a comment\r\n");
	g_string_append_len(text, g_bytes_get_data(pkcs8, NULL), g_bytes_get_size(pkcs8));
	g_string_append_len(text, g_bytes_get_data(certificate, NULL), g_bytes_get_size(certificate));
	accept(text->str, text->len, made, p256);
	gnutls_x509_privkey_deinit(made);
}

static void test_no_key(void)
{
	gnutls_x509_privkey_t made = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));

	refused_text("x", "is not a private key that can be read");
	refused_text("hello\n\n\nworld", "is not a private key that can be read");
	refused_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		     "is not a private key that can be read");
	refused_text("-----BEGIN PRIVATE KEY-----", "is not a private key that can be read");
	refused_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "holds no private key");
	refused_text("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
		     "-----END RSA PRIVATE KEY-----\n",
		     "passphrase");
	refused_bytes(fixture_certificate(made, GNUTLS_X509_FMT_PEM), "holds a certificate");
	refused_bytes(fixture_certificate(made, GNUTLS_X509_FMT_DER), "holds a certificate");
	refused_bytes(fixture_export(made, FORM_ENCRYPTED), "passphrase");
	refused_bytes(fixture_export(made, FORM_ENCRYPTED_DER), "passphrase");
	gnutls_x509_privkey_deinit(made);
}

static void refused_key(gnutls_pk_algorithm_t pk, unsigned int bits, const char *reason)
{
	gnutls_x509_privkey_t made = fixture_key(pk, bits);

	refused_bytes(fixture_export(made, FORM_PKCS8), reason);
	gnutls_x509_privkey_deinit(made);
}

static void test_unfit(void)
{
	refused_key(GNUTLS_PK_RSA, 1024, "RSA key of 1024 bits, but 2048 to 8192");
	refused_key(GNUTLS_PK_RSA, 2040, "RSA key of 2040 bits");
	refused_key(GNUTLS_PK_DSA, 2048, "TLS 1.3 does not sign with");
	refused_key(GNUTLS_PK_ECDH_X25519, 256, "TLS 1.3 does not sign with");
	refused_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP224R1), "TLS 1.3 does not sign with");
}

/* The file says it belongs to another public key, and the library believes the file: a trial shows it. */
static void test_foreign_public_half(void)
{
	gnutls_x509_privkey_t ours = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	gnutls_x509_privkey_t other = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) our_spki = fixture_spki(ours), other_spki = fixture_spki(other);
	const size_t point = 64;	/* at the end of both, x and y */
	gsize size, spki_size;
	uint8_t *der = g_bytes_unref_to_data(fixture_export(ours, FORM_TRADITIONAL_DER), &size);
	const uint8_t *spki = g_bytes_get_data(our_spki, &spki_size);
	uint32_t trial_us;
	struct key *key;

	uint8_t *at = memmem(der, size, spki + spki_size - point, point);
	g_assert_nonnull(at);
	spki = g_bytes_get_data(other_spki, &spki_size);
	memcpy(at, spki + spki_size - point, point);
	g_assert_cmpint(import(der, size, &key), ==, 0);
	g_assert_cmpint(key_trial(key, &trial_us, why, sizeof(why)), ==, -EIO);
	says("does not verify");
	key_free(key);
	g_free(der);
	gnutls_x509_privkey_deinit(ours);
	gnutls_x509_privkey_deinit(other);
}

/* One byte of a private number is wrong: its signatures would betray the key, or verify nowhere. */
static void test_damaged(void)
{
	gnutls_x509_privkey_t made = fixture_key(GNUTLS_PK_RSA, 2048);
	gnutls_datum_t m, e, d, p, q, u;
	uint32_t trial_us;
	struct key *key;

	g_assert_cmpint(gnutls_x509_privkey_export_rsa_raw(made, &m, &e, &d, &p, &q, &u), ==, 0);
	GBytes *sound = fixture_export(made, FORM_TRADITIONAL_DER);
	gsize size;
	uint8_t *der = g_bytes_unref_to_data(sound, &size);
	uint8_t *at = memmem(der, size, q.data, q.size);
	g_assert_nonnull(at);
	at[q.size / 2] ^= 0x10;
	int ret = import(der, size, &key);
	if (ret == 0)
		ret = key_trial(key, &trial_us, why, sizeof(why));
	g_assert_cmpint(ret, <, 0);
	g_assert_cmpstr(why, !=, "");
	key_free(key);
	g_free(der);
	gnutls_datum_t *numbers[] = { &m, &e, &d, &p, &q, &u };
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++)
		gnutls_free(numbers[i]->data);
	gnutls_x509_privkey_deinit(made);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keyfile/modes", test_modes);
	g_test_add_func("/keyfile/owner", test_owner);
	g_test_add_func("/keyfile/kinds", test_kinds);
	g_test_add_func("/keyfile/size", test_size);
	g_test_add_func("/key/kinds", test_kinds_of_key);
	g_test_add_func("/key/text-around", test_text_around);
	g_test_add_func("/key/no-key", test_no_key);
	g_test_add_func("/key/unfit", test_unfit);
	g_test_add_func("/key/damaged", test_damaged);
	g_test_add_func("/key/foreign-public-half", test_foreign_public_half);
	int ret = g_test_run();
	fixture_done();
	return ret;
}
