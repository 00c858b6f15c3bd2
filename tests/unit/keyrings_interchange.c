// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * NVMe's interchange format: what is a key, and what is said of what is none.
 */
#include <config.h>

#include <string.h>

#include <glib.h>

#include "nvme/interchange.h"
#include "status.h"

/* Of the bytes 00 01 02 ..., written by nvme-cli 2.13 and 2.16 alike (nvme gen-tls-key -s). */
#define KEY32 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR"
#define KEY48 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vcSEgBQ=="

static void check_good(const char *text, enum interchange_hash hash, size_t length)
{
	enum interchange_hash found;
	struct secret *key;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(interchange_parse(text, strlen(text), &found, &key, &error), ==, 0);
	g_assert_no_error(error);
	g_assert_cmpint(found, ==, hash);
	g_assert_cmpuint(secret_length(key), ==, length);
	for (size_t i = 0; i < length; i++)
		g_assert_cmpuint(secret_data(key)[i], ==, i);
	struct secret *again = interchange_format(hash, key);
	g_autofree char *line = g_strndup(text, strcspn(text, "\r\n"));
	g_assert_cmpstr(secret_text(again), ==, line);
	secret_free(again);
	secret_free(key);
}

static void test_good(void)
{
	check_good("NVMeTLSkey-1:00:" KEY32 ":", INTERCHANGE_NONE, 32);
	check_good("NVMeTLSkey-1:01:" KEY32 ":", INTERCHANGE_SHA256, 32);
	check_good("NVMeTLSkey-1:00:" KEY48 ":", INTERCHANGE_NONE, 48);
	check_good("NVMeTLSkey-1:02:" KEY48 ":", INTERCHANGE_SHA384, 48);
	check_good("NVMeTLSkey-1:01:" KEY32 ":\n", INTERCHANGE_SHA256, 32);
	check_good("NVMeTLSkey-1:01:" KEY32 ":\r\n", INTERCHANGE_SHA256, 32);
	check_good("NVMeTLSkey-1:01:" KEY32 ":\n\n", INTERCHANGE_SHA256, 32);
	check_good("NVMeTLSkey-1:01:" KEY32 ":\r\n\r\n", INTERCHANGE_SHA256, 32);
}

static void test_bad(void)
{
	static const struct {
		const char *text;
		const char *says;
	} bad[] = {
		{ "", "wrong beginning" },
		{ "\n", "wrong beginning" },
		{ "NVMeTLSkey", "wrong beginning" },
		{ " NVMeTLSkey-1:01:" KEY32 ":", "wrong beginning" },
		{ "nvmetlskey-1:01:" KEY32 ":", "wrong beginning" },
		{ "NVMeTLSkey-2:01:" KEY32 ":", "only version 1" },
		{ "NVMeTLSkey-1", "only version 1" },
		{ "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:",
		  "in-band authentication" },
		{ "NVMeTLSkey-1:", "wrong hash" },
		{ "NVMeTLSkey-1:01", "wrong hash" },
		{ "NVMeTLSkey-1:03:" KEY32 ":", "wrong hash" },
		{ "NVMeTLSkey-1:1:" KEY32 ":", "wrong hash" },
		{ "NVMeTLSkey-1:01:", "wrong end" },
		{ "NVMeTLSkey-1:01:" KEY32, "wrong end" },
		{ "NVMeTLSkey-1:01::", "wrong length" },
		{ "NVMeTLSkey-1:01:" KEY32 "AAAA:", "wrong length" },
		{ "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaRx:",
		  "wrong length" },
		{ "NVMeTLSkey-1:01:AAECAw==:", "wrong length: 8" },
		{ "NVMeTLSkey-1:01:" KEY32 ": ", "last colon (bytes: 1)" },
		{ "NVMeTLSkey-1:01:" KEY32 ":\n \n", "last colon (bytes: 2)" },
		{ "\nNVMeTLSkey-1:01:" KEY32 ":\n", "wrong beginning" },
		{ "NVMeTLSkey-1:01:" KEY32 ":\nNVMeTLSkey-1:01:" KEY32 ":\n",
		  "last colon (bytes: 66)" },
		{ "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh KfiaR:",
		  "character 59 of" },
		{ "NVMeTLSkey-1:01:A=ECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
		  "character 18 of" },
		{ "NVMeTLSkey-1:01:-AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
		  "character 17 of" },
		{ "NVMeTLSkey-1:01:BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:",
		  "wrong CRC" },
		{ "NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaS:",
		  "wrong CRC" },
		{ "NVMeTLSkey-1:02:"
		  "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vcSEgBR==:",
		  "not as an encoder" },
		{ "NVMeTLSkey-1:02:" KEY32 ":",
		  "does not go with the length: 02 (SHA-384) needs a key of 48 bytes" },
		{ "NVMeTLSkey-1:01:" KEY48 ":",
		  "does not go with the length: 01 (SHA-256) needs a key of 32 bytes" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		enum interchange_hash hash;
		struct secret *key;
		g_autoptr(GError) error = NULL;
		g_assert_cmpint(interchange_parse(bad[i].text, strlen(bad[i].text), &hash, &key,
						  &error),
				==, STATUS_INPUT);
		g_assert_error(error, STATUS_ERROR, STATUS_INPUT);
		g_test_message("%s", error->message);
		g_assert_nonnull(strstr(error->message, bad[i].says));
		/* Nothing of the key is in the message. */
		g_assert_null(strstr(error->message, "AAEC"));
		g_assert_null(key);
	}
}

static void test_zero(void)
{
	static const char text[] =
		"NVMeTLSkey-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh\0KfiaR:";
	enum interchange_hash hash;
	struct secret *key;
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(interchange_parse(text, sizeof(text) - 1, &hash, &key, &error), ==,
			STATUS_INPUT);
	g_assert_nonnull(strstr(error->message, "character 59 of"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/interchange/good", test_good);
	g_test_add_func("/interchange/bad", test_bad);
	g_test_add_func("/interchange/zero", test_zero);
	return g_test_run();
}
