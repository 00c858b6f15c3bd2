// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * URLs of keys: what is secret about them is found, and is in no name.
 */
#include <config.h>

#include <errno.h>
#include <glib.h>
#include <string.h>

#include "keyurl.h"

static void test_is(void)
{
	static const char *const urls[] = { "pkcs11:token=a", "tpmkey:uuid=1", "system:id=1", "https://x/", "a+b.c-d1:" };
	static const char *const paths[] = { "/etc/key", "./pkcs11:x", "key.pem", "", ":", "1a:b", "a b:c", "a/b:c" };

	for (size_t i = 0; i < G_N_ELEMENTS(urls); i++)
		g_assert_true(keyurl_is(urls[i]));
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		g_assert_false(keyurl_is(paths[i]));
}

/* Whatever a URL looks like, and however wrong it is, "1234" is its PIN, and what comes before it is not said. */
static void test_names(void)
{
	static const char *const pairs[][2] = {
		{ "/etc/key?pin-value=x", "/etc/key?pin-value=x" },
		{ "pkcs11:", "pkcs11:" },
		{ "pkcs11:token=t;object=o", "pkcs11:token=t;object=o" },
		{ "pkcs11:token=t;object=o?pin-value=1234", "pkcs11:token=t;object=o" },
		{ "pkcs11:token=t?module-path=/m.so&pin-value=1234&x=1", "pkcs11:token=t" },
		{ "pkcs11:token=t?pin-source=/p1234", "pkcs11:token=t" },
		{ "pkcs11:token=t?PIN-Value=1234", "pkcs11:token=t" },
		{ "pkcs11:token=t;pin-value=1234;object=o", "pkcs11:token=t;object=o" },
		{ "pkcs11:pin-value=1234;object=o", "pkcs11:object=o" },
		{ "pkcs11:pinfile=/1234", "pkcs11:" },
		{ "pkcs11:token=t?pin-value=x&1234", "pkcs11:token=t" },
		{ "pkcs11:token=t?pin-value=x;1234", "pkcs11:token=t" },
		{ "pkcs11:token=t?pin-value=x?1234", "pkcs11:token=t" },
		{ "pkcs11:token=t;object=o; pin-value=1234", "pkcs11:token=t;object=o" },
		{ "pkcs11:\tpin-value=1234;object=o", "pkcs11:object=o" },
		{ "tpmkey:uuid=1;storage=user?pin-value=1234", "tpmkey:uuid=1;storage=user" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		char *name = keyurl_name(pairs[i][0]);
		g_assert_cmpstr(name, ==, pairs[i][1]);
		g_assert_null(strstr(name, "1234"));
		free(name);
	}
}

static void test_parts(void)
{
	struct keyurl *url;
	const char *why;

	g_assert_cmpint(keyurl_parse("pkcs11:token=a%20b;object=o?module-path=/usr/lib/m%2e.so&pin-value=1%262%253&vendor=7",
				     &url, &why), ==, 0);
	g_assert_cmpstr(url->name, ==, "pkcs11:token=a%20b;object=o");
	g_assert_cmpstr(url->module, ==, "/usr/lib/m..so");
	g_assert_cmpstr(url->pin, ==, "1&2%3");
	g_assert_null(url->pin_file);
	keyurl_free(url);
	g_assert_cmpint(keyurl_parse("pkcs11:id=%01", &url, &why), ==, 0);
	g_assert_cmpstr(url->name, ==, "pkcs11:id=%01");
	g_assert_null(url->module);
	g_assert_null(url->pin);
	keyurl_free(url);
}

static void test_pin_files(void)
{
	static const char *const sources[] = { "/etc/pin", "file:/etc/pin", "file:///etc/pin", "file%3a%2Fetc/pin" };
	static const char *const refused[] = { "|cat%20/etc/pin", "pin", "file:pin", "file://host/etc/pin", "", "//x/pin" };
	struct keyurl *url;
	const char *why;

	for (size_t i = 0; i < G_N_ELEMENTS(sources); i++) {
		g_autofree char *text = g_strdup_printf("pkcs11:object=o?pin-source=%s", sources[i]);
		g_assert_cmpint(keyurl_parse(text, &url, &why), ==, 0);
		g_assert_cmpstr(url->pin_file, ==, "/etc/pin");
		keyurl_free(url);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(refused); i++) {
		g_autofree char *text = g_strdup_printf("pkcs11:object=o?pin-source=%s", refused[i]);
		g_assert_cmpint(keyurl_parse(text, &url, &why), ==, -EINVAL);
		g_assert_nonnull(strstr(why, "absolute path"));
		g_assert_null(url);
	}
}

static void test_refused(void)
{
	g_autofree char *digits = g_strnfill(KEYURL_PIN_MAX + 1, '1');
	g_autofree char *too_long = g_strdup_printf("pkcs11:object=o?pin-value=%s", digits);
	const char *const cases[][2] = {
		{ "pkcs11:token=t;object=o? pin-value=1", "blank" },
		{ "pkcs11:token=t; pin-value=1", "blank" },
		{ "pkcs11:object=o?pin-value=1%", "percent-encoded" },
		{ "pkcs11:object=o?pin-value=1%4", "percent-encoded" },
		{ "pkcs11:object=o?pin-value=1%zz", "percent-encoded" },
		{ "pkcs11:object=o?pin-value=1%0034", "percent-encoded" },
		{ "pkcs11:object=o?pin-value=1&pin-value=2", "twice" },
		{ "pkcs11:object=o?pin-value=1&pin-source=/p", "both" },
		{ "pkcs11:object=o?pin-value=", "empty" },
		{ too_long, "too long" },
		{ "pkcs11:object=o?pinfile=/p", "unknown attribute about a PIN" },
		{ "pkcs11:object=o;pin-value=1", "in front of the question mark" },
		{ "pkcs11:pinfile=/p;object=o", "in front of the question mark" },
	};
	struct keyurl *url;
	const char *why;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_assert_cmpint(keyurl_parse(cases[i][0], &url, &why), ==, -EINVAL);
		if (!strstr(why, cases[i][1]))
			g_error("\"%s\" is not in: %s", cases[i][1], why);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/url/is", test_is);
	g_test_add_func("/url/names", test_names);
	g_test_add_func("/url/parts", test_parts);
	g_test_add_func("/url/pin-files", test_pin_files);
	g_test_add_func("/url/refused", test_refused);
	return g_test_run();
}
