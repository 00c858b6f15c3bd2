// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Revocation lists: which are taken, and what is said of each.
 */
#include <config.h>

#include <string.h>

#include "loader/revocation.h"
#include "snapshot.h"
#include "tests/unit/loader_fixture.h"

#define HOUR (60 * 60)

struct case_data {
	struct ear *ear;
	struct problems *problems;
	struct made *root, *stranger;
	struct trust *trust;
	struct revocation *revocation;
	struct place place;
};

static void setup_with(struct case_data *data, unsigned int usage)
{
	struct wish root = { .subject = "CN=root", .authority = true, .usage = usage };
	struct wish stranger = { .subject = "CN=stranger", .authority = true, .usage = usage };

	data->ear = ear_new();
	data->problems = problems_new(data->ear->channel);
	data->root = made_new(&root);
	data->stranger = made_new(&stranger);
	data->place = (struct place){ "config", 7, "x509.crl" };
	data->revocation = NULL;
	char *pem = made_certificate_pem(data->root);
	g_autoptr(GBytes) bytes = g_bytes_new_take(pem, strlen(pem));
	data->trust = trust_new(bytes, "ca.pem", &data->place, data->problems);
}

static void setup(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	setup_with(data, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
}

static void teardown(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	revocation_free(data->revocation);
	trust_free(data->trust);
	problems_free(data->problems);
	made_free(data->root);
	made_free(data->stranger);
	ear_free(data->ear);
}

static void read_bytes(struct case_data *data, GBytes *bytes)
{
	g_clear_pointer(&data->revocation, revocation_free);
	data->revocation = revocation_new(bytes, "crl.pem", data->trust, time(NULL), &data->place, data->problems);
	ear_listen(data->ear);
}

static void read_text(struct case_data *data, const char *text)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

	read_bytes(data, bytes);
}

static void read_list(struct case_data *data, const struct made *issuer, long from, long until)
{
	g_autofree char *pem = made_crl_pem(issuer, NULL, from, until);

	read_text(data, pem);
}

static void test_forms(struct case_data *data, gconstpointer unused)
{
	g_autofree char *pem = made_crl_pem(data->root, data->stranger, -HOUR, HOUR);
	g_autofree char *twice = g_strconcat("some words\n", pem, pem, NULL);

	(void)unused;
	read_text(data, pem);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	g_autoptr(GBytes) der = g_bytes_ref(revocation_list(data->revocation, 0));
	read_bytes(data, der);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	g_assert_true(g_bytes_equal(der, revocation_list(data->revocation, 0)));
	read_text(data, twice);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 2);
	ear_expect_silence(data->ear);
	g_assert_cmpuint(revocation_count(NULL), ==, 0);
}

/* It only ever refuses more peers than no list, so age is no reason to do without it. */
static void test_time(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	read_list(data, data->root, -2 * HOUR, -HOUR);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	ear_expect(data->ear, "W config:7: x509.crl: crl.pem:1: the list of \"CN=root\" should have been replaced by 2");
	read_list(data, data->root, HOUR, 2 * HOUR);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	ear_expect(data->ear, "W config:7: x509.crl: crl.pem:1: the list of \"CN=root\" is of 2");
	read_list(data, data->root, -HOUR, 0);
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(data->problems));
}

static void test_stranger(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	read_list(data, data->stranger, -HOUR, HOUR);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	ear_expect(data->ear, "W config:7: x509.crl: crl.pem:1: the list's issuer \"CN=stranger\" is no trust anchor");
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(data->problems));
}

/* The anchor's name with another key. */
static void test_forged(struct case_data *data, gconstpointer unused)
{
	struct wish wish = { .subject = "CN=root", .authority = true, .usage = GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN };
	struct made *impostor = made_new(&wish);

	(void)unused;
	read_list(data, impostor, -HOUR, HOUR);
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem:1: the list's signature is not that of its issuer \"CN=root\"");
	ear_expect_silence(data->ear);
	made_free(impostor);
}

static void test_no_right(struct case_data *data, gconstpointer unused)
{
	teardown(data, unused);
	setup_with(data, GNUTLS_KEY_KEY_CERT_SIGN);
	read_list(data, data->root, -HOUR, HOUR);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	ear_expect(data->ear, "W config:7: x509.crl: crl.pem:1: the key usage of the list's issuer \"CN=root\" lacks cRLSign");
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(data->problems));
}

static void test_bad_files(struct case_data *data, gconstpointer unused)
{
	g_autofree char *good = made_crl_pem(data->root, NULL, -HOUR, HOUR), *certificate = made_certificate_pem(data->root);
	g_autofree char *cut = g_strndup(good, 120), *damaged = g_strdup(good);
	g_autofree char *mixed = g_strconcat(good, cut, "\n", good, NULL);

	(void)unused;
	read_text(data, "");
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem: the file is empty, so nobody would be refused");
	read_text(data, "rubbish\n");
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem: there is no revocation list in this file");
	read_text(data, certificate);
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem: there is no revocation list in this file");
	read_text(data, "0 begins as DER does");
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem: the revocation list that begins here cannot be read");
	read_text(data, cut);
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem:1: a revocation list begins here and has no END line");
	memset(damaged + 60, 'A', 20);
	read_text(data, damaged);
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem:1: the revocation list that begins here cannot be read");
	ear_expect_silence(data->ear);
	/* What is good is still there, and the line is the broken one's. */
	guint lines = 1;
	for (const char *at = good; *at; at++)
		lines += *at == '\n';
	g_autofree char *expected = g_strdup_printf("E config:7: x509.crl: crl.pem:%u: a revocation list begins here", lines);
	read_text(data, mixed);
	ear_expect(data->ear, expected);
	ear_expect_silence(data->ear);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 2);
}

/* One element of DER; takes the content over. */
static GByteArray *element(guint8 tag, GByteArray *content)
{
	GByteArray *whole = g_byte_array_new();
	guint32 size = content->len;
	const guint8 head[] = { tag, 0x83, size >> 16, size >> 8, size };

	g_byte_array_append(whole, head, sizeof(head));
	g_byte_array_append(whole, content->data, content->len);
	g_byte_array_unref(content);
	return whole;
}

static void append(GByteArray *to, GByteArray *part)
{
	g_byte_array_append(to, part->data, part->len);
	g_byte_array_unref(part);
}

/* The library would take many seconds to make it: an unsigned list of an issuer without a name. */
static GBytes *large_list(guint32 entries)
{
	static const guint8 version[] = { 2, 1, 1 }, time_stamp[] = "\x17\x0d" "250101000000Z", signature[] = { 3, 2, 0, 0 };
	static const guint8 algorithm[] = { 0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 }, issuer[] = { 0x30, 0 };
	GByteArray *revoked = g_byte_array_new(), *tbs = g_byte_array_new(), *list = g_byte_array_new();

	for (guint32 i = 0; i < entries; i++) {
		const guint8 serial[] = { 0x30, 21, 2, 4, 1, i >> 16, i >> 8, i };
		g_byte_array_append(revoked, serial, sizeof(serial));
		g_byte_array_append(revoked, time_stamp, sizeof(time_stamp) - 1);
	}
	g_byte_array_append(tbs, version, sizeof(version));
	g_byte_array_append(tbs, algorithm, sizeof(algorithm));
	g_byte_array_append(tbs, issuer, sizeof(issuer));
	g_byte_array_append(tbs, time_stamp, sizeof(time_stamp) - 1);
	append(tbs, element(0x30, revoked));
	append(list, element(0x30, tbs));
	g_byte_array_append(list, algorithm, sizeof(algorithm));
	g_byte_array_append(list, signature, sizeof(signature));
	return g_byte_array_free_to_bytes(element(0x30, list));
}

/* What costs every worker memory and every handshake time is said. */
static void test_large(struct case_data *data, gconstpointer unused)
{
	g_autoptr(GBytes) bearable = large_list(19999), large = large_list(25000);

	(void)unused;
	read_bytes(data, bearable);
	g_assert_cmpuint(revocation_count(data->revocation), ==, 1);
	ear_expect(data->ear, "is no trust anchor");
	ear_expect_silence(data->ear);
	read_bytes(data, large);
	ear_expect(data->ear, "is no trust anchor");
	ear_expect(data->ear, "W config:7: x509.crl: crl.pem: 25000 revoked certificates: each worker keeps about 21 MB for them, "
			      "and each handshake takes up to 9 ms longer");
	ear_expect_silence(data->ear);
}

static void test_too_many(struct case_data *data, gconstpointer unused)
{
	g_autofree char *pem = made_crl_pem(data->root, NULL, -HOUR, HOUR);
	g_autoptr(GString) text = g_string_new(NULL);

	(void)unused;
	for (int i = 0; i < SNAPSHOT_CRLS_MAX; i++)
		g_string_append(text, pem);
	read_text(data, text->str);
	ear_expect_silence(data->ear);
	g_string_append(text, pem);
	read_text(data, text->str);
	ear_expect(data->ear, "E config:7: x509.crl: crl.pem: 65 revocation lists, at most 64 are allowed");
}

#define ADD(path, function) g_test_add(path, struct case_data, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/revocation/forms", test_forms);
	ADD("/revocation/time", test_time);
	ADD("/revocation/stranger", test_stranger);
	ADD("/revocation/forged", test_forged);
	ADD("/revocation/no-right", test_no_right);
	ADD("/revocation/bad-files", test_bad_files);
	ADD("/revocation/large", test_large);
	ADD("/revocation/too-many", test_too_many);
	return g_test_run();
}
