// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Each mistake in a configuration has its line, with file, number and remedy.
 */
#include <config.h>

#include <string.h>

#include "loader/options.h"
#include "loader/settings.h"
#include "proto.h"
#include "tests/unit/loader_fixture.h"

struct case_data {
	struct ear *ear;
	struct problems *problems;
	struct settings *settings;
};

static void setup(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	data->ear = ear_new();
	data->problems = problems_new(data->ear->channel);
	data->settings = NULL;
}

static void teardown(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	settings_free(data->settings);
	problems_free(data->problems);
	ear_free(data->ear);
}

static void parse(struct case_data *data, const char *text)
{
	g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));

	data->settings = settings_parse("/etc/tlshd/config", bytes, data->problems);
	ear_listen(data->ear);
}

static void test_defaults(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "# nothing set\n\n[debug]\n[authenticate]\nkeyrings=\n[authenticate.client]\n[authenticate.server]\n");
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(data->problems));
	const struct snapshot_settings *numbers = settings_numbers(data->settings);
	g_assert_cmpuint(numbers->loglevel, ==, 0);
	g_assert_cmpuint(numbers->workers, ==, 0);
	g_assert_cmpuint(numbers->client_timeout_ms, ==, 9000);
	g_assert_cmpuint(numbers->server_timeout_ms, ==, 4000);
	g_assert_cmpuint(numbers->hello_timeout_ms, ==, 2000);
	g_assert_cmpuint(numbers->sign_timeout_ms, ==, 1000);
	g_assert_cmpuint(numbers->max_message, ==, 131072);
	g_assert_cmpuint(numbers->max_client_hello, ==, 16384);
	g_assert_cmpuint(numbers->max_certificates, ==, 10);
	g_assert_cmpuint(numbers->max_rsa_bits, ==, 8192);
	g_assert_null(settings_path(data->settings, PROTO_ROLE_CLIENT, SETTINGS_TRUSTSTORE));
}

static void test_empty(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "");
	ear_expect_silence(data->ear);
	g_assert_nonnull(data->settings);
}

static void test_values(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data,
	      "[debug]\nloglevel = 1\r\ntls=9\nnl=2\ndelay_done=3\n"
	      "[authenticate.client]\nx509.truststore= /etc/ca.pem  \nx509.crl=crl.pem\nx509.certificate=host.pem\n"
	      "x509.private_key=./pkcs11:odd\n"
	      "[authenticate.server]\nx509.certificate=/s.pem\nx509.private_key=../key\n"
	      "[service]\nworkers=3\nhello_timeout_ms=0\n");
	ear_expect(data->ear, "W /etc/tlshd/config:5: delay_done: every answer to the kernel comes 3 s late");
	ear_expect_silence(data->ear);
	const struct snapshot_settings *numbers = settings_numbers(data->settings);
	g_assert_cmpuint(numbers->loglevel, ==, 1);
	g_assert_cmpuint(numbers->tls_debug, ==, 9);
	g_assert_cmpuint(numbers->nl_debug, ==, 2);
	g_assert_cmpuint(numbers->delay_done, ==, 3);
	g_assert_cmpuint(numbers->workers, ==, 3);
	g_assert_cmpuint(numbers->hello_timeout_ms, ==, 0);
	struct settings *settings = data->settings;
	const struct settings_path *trust = settings_path(settings, PROTO_ROLE_CLIENT, SETTINGS_TRUSTSTORE);
	g_assert_cmpstr(trust->path, ==, "/etc/ca.pem");
	g_assert_cmpstr(trust->place.file, ==, "/etc/tlshd/config");
	g_assert_cmpuint(trust->place.line, ==, 7);
	g_assert_cmpstr(settings_path(settings, PROTO_ROLE_CLIENT, SETTINGS_CRL)->path, ==, "/etc/tlshd/crl.pem");
	g_assert_null(settings_path(settings, PROTO_ROLE_SERVER, SETTINGS_CRL));
	g_assert_cmpstr(settings_path(settings, PROTO_ROLE_CLIENT, SETTINGS_CERTIFICATE)->path, ==,
			"/etc/tlshd/host.pem");
	g_assert_cmpstr(settings_path(settings, PROTO_ROLE_CLIENT, SETTINGS_PRIVATE_KEY)->path, ==,
			"/etc/tlshd/pkcs11:odd");
	g_assert_cmpstr(settings_path(settings, PROTO_ROLE_SERVER, SETTINGS_PRIVATE_KEY)->path, ==, "/etc/key");
	g_assert_null(settings_path(settings, PROTO_ROLE_SERVER, SETTINGS_TRUSTSTORE));
}

static void test_all_errors_at_once(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data,
	      "[debug]\n"
	      "loglevel=loud\n"
	      "tls=-1\n"
	      "nl=1 # quiet\n"
	      "[authenticate.client]\n"
	      "x509.certificate=/host.pem\n"
	      "x509.crl=\n"
	      "x509.truststore=\n"
	      "[authenticate.server]\n"
	      "x509.private_key=pkcs11:token=x\n"
	      "x509.pq.private_key=/pq.key\n"
	      "[service]\n"
	      "max_certificates=33\n"
	      "max_rsa_bits=1024\n"
	      "client_timeout_ms=99999999999999999999\n"
	      "max_client_hello=131072\n"
	      "max_message=16384\n");
	g_assert_true(problems_failed(data->problems));
	ear_expect(data->ear, "W /etc/tlshd/config:2: loglevel: \"loud\" is not a whole number: give a number from 0 to 99");
	ear_expect(data->ear, "W /etc/tlshd/config:3: tls: \"-1\" is out of range");
	ear_expect(data->ear, "W /etc/tlshd/config:4: nl: \"1 # quiet\" is not a whole number: give a number from 0 to 99 "
			      "(default: 0); a comment needs a line of its own");
	ear_expect(data->ear, "E /etc/tlshd/config:6: x509.certificate: a certificate without a private key");
	ear_expect(data->ear, "E /etc/tlshd/config:7: x509.crl: empty");
	ear_expect(data->ear, "E /etc/tlshd/config:8: x509.truststore: empty");
	ear_expect(data->ear, "E /etc/tlshd/config:10: x509.private_key: a private key without a certificate");
	ear_expect(data->ear, "E /etc/tlshd/config:11: x509.pq.private_key: a private key without a certificate is of no use: "
			      "add x509.pq.certificate to [authenticate.server]");
	ear_expect(data->ear, "E /etc/tlshd/config:13: max_certificates: \"33\" is out of range: give a number from 1 to 32 "
			      "(default: 10)");
	ear_expect(data->ear, "E /etc/tlshd/config:14: max_rsa_bits: \"1024\" is out of range: give a number from 2048");
	ear_expect(data->ear, "E /etc/tlshd/config:15: client_timeout_ms: \"99999999999999999999\" is out of range");
	ear_expect(data->ear, "E /etc/tlshd/config:16: max_client_hello: max_client_hello (131072) is over max_message");
	ear_expect_silence(data->ear);
}

static void test_warnings(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data,
	      "[debug]\n"
	      "loglevl=1\n"
	      "tls=1\n"
	      "tls=2\n"
	      "x509.truststore=/x\n"
	      "[authentication.client]\n"
	      "x509.truststore=/x\n"
	      "[zzz]\n"
	      "[authenticate]\n"
	      "keyring=.nvme;mine\n"
	      "[authenticate.server]\n"
	      "x509.pq.certificate=/pq.pem\nx509.pq.private_key=/pq.key\n"
	      "qwertyuiop=1\n"
	      "[service]\n"
	      "client_timeout_ms=20000\n"
	      "server_timeout_ms=6000\n"
	      "hello_timeout_ms=7000\n");
	g_assert_false(problems_failed(data->problems));
	ear_expect(data->ear, "W /etc/tlshd/config:2: loglevl: unknown option in [debug], ignored: did you mean loglevel?");
	ear_expect(data->ear, "W /etc/tlshd/config:4: tls: set before in line 3: this one is in force");
	ear_expect(data->ear, "W /etc/tlshd/config:5: x509.truststore: unknown option in [debug], ignored: it belongs into "
			      "[authenticate.client]");
	ear_expect(data->ear, "W /etc/tlshd/config:6: unknown section [authentication.client], ignored: did you mean "
			      "[authenticate.client]?");
	ear_expect(data->ear, "W /etc/tlshd/config:8: unknown section [zzz], ignored: tlshd.conf(5) lists all");
	ear_expect(data->ear, "W /etc/tlshd/config:10: keyring: unknown option in [authenticate], ignored: did you mean keyrings?");
	ear_expect(data->ear, "W /etc/tlshd/config:12: x509.pq.certificate: most peers cannot verify it and get none");
	ear_expect(data->ear, "W /etc/tlshd/config:14: qwertyuiop: unknown option in [authenticate.server], ignored: "
			      "tlshd.conf(5) lists all");
	ear_expect(data->ear, "W /etc/tlshd/config:16: client_timeout_ms: NFS clients give up after 10000 ms");
	ear_expect(data->ear, "W /etc/tlshd/config:17: server_timeout_ms: NFS servers give up after 5000 ms");
	ear_expect(data->ear, "W /etc/tlshd/config:18: hello_timeout_ms: over server_timeout_ms (6000)");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(settings_numbers(data->settings)->tls_debug, ==, 2);
}

/* What follows the question mark may be a PIN; no message has it, and no path is made of a URL. */
static void test_urls(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data,
	      "[authenticate.client]\n"
	      "x509.truststore=pkcs11:token=trust?pin-value=1234\n"
	      "x509.certificate=/host.pem\n"
	      "x509.private_key=pkcs11:token=t;object=o?pin-value=1234\n");
	ear_expect_silence(data->ear);
	const struct settings_path *key = settings_path(data->settings, PROTO_ROLE_CLIENT, SETTINGS_PRIVATE_KEY);
	g_assert_true(key->url);
	g_assert_cmpstr(key->path, ==, "pkcs11:token=t;object=o?pin-value=1234");
	g_assert_true(settings_path(data->settings, PROTO_ROLE_CLIENT, SETTINGS_TRUSTSTORE)->url);
	g_assert_false(settings_path(data->settings, PROTO_ROLE_CLIENT, SETTINGS_CERTIFICATE)->url);
	g_clear_pointer(&data->settings, settings_free);
	parse(data,
	      "[authenticate.client]\n"
	      "x509.truststore=system:trust?pin-value=1234\n"
	      "x509.crl=http://ca.example/crl?pin-value=1234\n"
	      "x509.certificate=pkcs11:token=t;pin-value=1234;object=o?pin-value=1234\n"
	      "x509.private_key=./pkcs11:x?pin-value=1234\n"
	      "[authenticate.server]\n"
	      "x509.private_key=pkcs11:token=\xff?pin-value=1234\n"
	      "x509.pq.private_key=pkcs11:token=a\\q?pin-value=1234\n"
	      "pkcs11:token=lost;object=line?pin-value=1234\n");
	g_assert_false(ear_heard(data->ear, "1234"));
	ear_expect(data->ear, "E /etc/tlshd/config:2: x509.truststore: system:trust: only a file or a URL \"pkcs11:\" can be");
	ear_expect(data->ear, "E /etc/tlshd/config:3: x509.crl: http://ca.example/crl: it has to be a file, not a URL");
	ear_expect(data->ear, "E /etc/tlshd/config:4: x509.certificate: pkcs11:token=t;object=o: it has to be a file");
	ear_expect(data->ear, "E /etc/tlshd/config:7: x509.private_key: the value is not UTF-8");
	ear_expect(data->ear, "E /etc/tlshd/config:8: x509.pq.private_key: the value has a wrong escape sequence");
	ear_expect(data->ear, "W /etc/tlshd/config:9: pkcs11:token: unknown option");
	ear_expect_silence(data->ear);
	key = settings_path(data->settings, PROTO_ROLE_CLIENT, SETTINGS_PRIVATE_KEY);
	g_assert_false(key->url);
	g_assert_cmpstr(key->path, ==, "/etc/tlshd/pkcs11:x?pin-value=1234");
}

static void expect_keyring(struct case_data *data, guint n, guint32 serial, const char *name)
{
	const GArray *keyrings = settings_keyrings(data->settings);

	g_assert_cmpuint(n, <, keyrings->len);
	const struct snapshot_keyring *keyring = &g_array_index(keyrings, struct snapshot_keyring, n);
	g_assert_cmpuint(keyring->serial, ==, serial);
	g_assert_cmpstr(keyring->name, ==, name);
}

static void test_keyrings(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "[authenticate]\nkeyrings= mine; .nvme;12345;.nfs;;0x1F ;with\\;semicolon;mine;.nfsd;31;12ab;2147483647;\n");
	ear_expect_silence(data->ear);
	expect_keyring(data, 0, 0, "mine");
	expect_keyring(data, 1, 12345, "12345");
	expect_keyring(data, 2, 31, "0x1F");
	expect_keyring(data, 3, 0, "with;semicolon");
	expect_keyring(data, 4, 0, "12ab");
	expect_keyring(data, 5, G_MAXINT32, "2147483647");
	g_assert_cmpuint(settings_keyrings(data->settings)->len, ==, 6);
}

static void test_bad_keyrings(struct case_data *data, gconstpointer unused)
{
	g_autofree char *long_name = g_strnfill(SNAPSHOT_KEYRING_NAME_MAX + 1, 'x');
	g_autoptr(GString) text = g_string_new("[authenticate]\nkeyrings=0;2147483648;99999999999999999999;");

	(void)unused;
	g_string_append_printf(text, "%s;", long_name);
	for (int i = 0; i <= SNAPSHOT_KEYRINGS_MAX; i++)
		g_string_append_printf(text, "ring%d;", i);
	parse(data, text->str);
	g_assert_true(problems_failed(data->problems));
	ear_expect(data->ear, "E /etc/tlshd/config:2: keyrings: \"0\" is no serial number of a keyring");
	ear_expect(data->ear, "E /etc/tlshd/config:2: keyrings: \"2147483648\" is no serial number");
	ear_expect(data->ear, "E /etc/tlshd/config:2: keyrings: \"99999999999999999999\" is no serial number");
	ear_expect(data->ear, "E /etc/tlshd/config:2: keyrings: \"xxxxxxxxxxxxxxxxxxxx...\" has more than 255 bytes");
	ear_expect(data->ear, "E /etc/tlshd/config:2: keyrings: more than 32 keyrings");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(settings_keyrings(data->settings)->len, ==, SNAPSHOT_KEYRINGS_MAX);
}

static void test_bad_lines(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "tls=1\n[debug]\nhello\n; comment\n[service\n=3\n");
	g_assert_null(data->settings);
	ear_expect(data->ear, "E /etc/tlshd/config:1: a setting before the first section");
	ear_expect(data->ear, "E /etc/tlshd/config:3: neither a comment");
	ear_expect(data->ear, "E /etc/tlshd/config:4: neither a comment");
	ear_expect(data->ear, "E /etc/tlshd/config:5: a section is written [name]");
	ear_expect(data->ear, "E /etc/tlshd/config:6: neither a comment");
	ear_expect_silence(data->ear);
}

static void test_binary(struct case_data *data, gconstpointer unused)
{
	static const char zeros[] = "[debug]\0\ntls=1\n";
	g_autoptr(GBytes) bytes = g_bytes_new_static(zeros, sizeof(zeros));

	(void)unused;
	data->settings = settings_parse("/etc/tlshd/config", bytes, data->problems);
	g_assert_null(data->settings);
	ear_listen(data->ear);
	ear_expect(data->ear, "E /etc/tlshd/config: holds zero bytes");
	ear_expect_silence(data->ear);
}

/* One bad character in a value spoils that value only, and says so. */
static void test_not_utf8(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "[debug]\ntls=\xff\n");
	g_assert_true(problems_failed(data->problems));
	ear_expect(data->ear, "E /etc/tlshd/config:2: tls: ");
	ear_expect_silence(data->ear);
}

static void test_flood(struct case_data *data, gconstpointer unused)
{
	g_autoptr(GString) text = g_string_new("[debug]\n");

	(void)unused;
	for (int i = 0; i < 1000; i++)
		g_string_append_printf(text, "rubbish%d\n", i);
	parse(data, text->str);
	g_assert_cmpuint(data->ear->lines->len, ==, 101);
	ear_expect(data->ear, "E /etc/tlshd/config: more problems than 100");
}

/* A line of the log stays one line. */
static void test_control_characters(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	parse(data, "[debug]\nab\033[31mcdefghijk=1\n");
	for (guint i = 0; i < data->ear->lines->len; i++)
		g_assert_null(strchr(g_ptr_array_index(data->ear->lines, i), '\033'));
	g_assert_cmpuint(data->ear->lines->len, >, 0);
}

/* Every number: its limits are taken, what lies beyond is not. */
static void test_ranges(void)
{
	const struct option_entry *option;

	for (size_t i = 0; (option = option_at(i)); i++) {
		if (option->kind != OPTION_NUMBER)
			continue;
		const guint64 tried[] = { option->least, option->most, (guint64)option->most + 1 };
		for (unsigned int j = 0; j < G_N_ELEMENTS(tried); j++) {
			struct ear *ear = ear_new();
			struct problems *problems = problems_new(ear->channel);
			g_autofree char *text = g_strdup_printf("[%s]\n%s=%" G_GUINT64_FORMAT "\n", option->section,
								option->key, tried[j]);
			g_autoptr(GBytes) bytes = g_bytes_new_static(text, strlen(text));
			struct settings *settings = settings_parse("config", bytes, problems);
			ear_listen(ear);
			const char *numbers = (const char *)settings_numbers(settings);
			guint32 got = *(const guint32 *)(numbers + option->offset);
			g_assert_cmpuint(got, ==, j < 2 ? tried[j] : option->fallback);
			g_assert_true(ear_heard(ear, "out of range") == (j == 2));
			settings_free(settings);
			problems_free(problems);
			ear_free(ear);
		}
	}
}

#define ADD(path, function) g_test_add(path, struct case_data, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/settings/defaults", test_defaults);
	ADD("/settings/empty", test_empty);
	ADD("/settings/values", test_values);
	ADD("/settings/all-errors-at-once", test_all_errors_at_once);
	ADD("/settings/warnings", test_warnings);
	ADD("/settings/urls", test_urls);
	ADD("/settings/keyrings", test_keyrings);
	ADD("/settings/bad-keyrings", test_bad_keyrings);
	ADD("/settings/bad-lines", test_bad_lines);
	ADD("/settings/binary", test_binary);
	ADD("/settings/not-utf8", test_not_utf8);
	ADD("/settings/flood", test_flood);
	ADD("/settings/control-characters", test_control_characters);
	g_test_add_func("/settings/ranges", test_ranges);
	return g_test_run();
}
