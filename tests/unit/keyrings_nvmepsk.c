// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Derivation of NVMe's TLS PSKs, against what nvme-cli derives, and identities.
 */
#include <config.h>

#include <string.h>

#include <glib.h>

#include "keyrings_vectors.h"
#include "nvme/nqn.h"
#include "nvme/nvmeidentity.h"
#include "nvme/nvmepsk.h"
#include "status.h"

#define HOST "nqn.2014-08.org.nvmexpress:uuid:2f3bba5c-0000-4000-8000-000000000001"
#define SUBSYSTEM "nqn.2026-01.test:storage"

static char *long_name(char letter)
{
	g_autofree char *rest = g_strnfill(206, letter);

	return g_strconcat("nqn.2026-01.test:", rest, NULL);
}

static struct secret *make_key(size_t length)
{
	struct secret *key = secret_new(length);

	for (size_t i = 0; i < length; i++)
		secret_data(key)[i] = i;
	secret_set_length(key, length);
	return key;
}

static void check_key(struct secret *key, const char *digits)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (size_t i = 0; i < secret_length(key); i++)
		g_string_append_printf(text, "%02x", secret_data(key)[i]);
	g_assert_cmpstr(text->str, ==, digits);
}

static void check_vector(const struct vector *vector)
{
	g_autofree char *host = vector->long_names ? long_name('h') : g_strdup(HOST);
	g_autofree char *subsystem = vector->long_names ? long_name('s') : g_strdup(SUBSYSTEM);
	struct nvmepsk_source source = { make_key(vector->length), vector->hash, host, subsystem };
	struct nvmepsk_form form = { vector->version, NVMEPSK_RETAINED, vector->rule };
	struct nvmepsk psk;
	g_autoptr(GError) error = NULL;

	int status = nvmepsk_derive(&source, &form, &psk, &error);
	if (!vector->key) {
		g_assert_cmpint(status, ==, STATUS_INPUT);
		g_assert_nonnull(strstr(error->message,
					"identity of version 0 is too long: it has 456 bytes"));
		g_assert_null(psk.identity);
		g_assert_null(psk.key);
	} else {
		g_autofree char *identity =
			g_strdup_printf("NVMe%dR%02d %s %s%s%s", vector->version,
					vector->length == 32 ? 1 : 2, host, subsystem,
					vector->digest ? " " : "",
					vector->digest ? vector->digest : "");
		g_assert_no_error(error);
		g_assert_cmpstr(psk.identity, ==, identity);
		check_key(psk.key, vector->key);
	}
	nvmepsk_clear(&psk);
	secret_free(source.key);
}

static void test_vectors(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(vectors); i++)
		check_vector(&vectors[i]);
	g_test_message("%zu vectors", G_N_ELEMENTS(vectors));
}

/* What in-band authentication made is used as it is, whatever hash the text said. */
static void test_generated(void)
{
	struct nvmepsk_source source = { make_key(32), INTERCHANGE_SHA256, HOST, SUBSYSTEM };
	struct nvmepsk_form retained = { 1, NVMEPSK_RETAINED, NVMEPSK_STANDARD };
	struct nvmepsk_form generated = { 1, NVMEPSK_GENERATED, NVMEPSK_STANDARD };
	struct nvmepsk one, other;

	g_assert_cmpint(nvmepsk_derive(&source, &generated, &one, NULL), ==, 0);
	source.hash = INTERCHANGE_NONE;
	g_assert_cmpint(nvmepsk_derive(&source, &retained, &other, NULL), ==, 0);
	g_assert_true(g_str_has_prefix(one.identity, "NVMe1G01 " HOST " " SUBSYSTEM " "));
	g_assert_cmpstr(one.identity + 8, ==, other.identity + 8);
	g_assert_true(secret_equal(one.key, other.key));
	nvmepsk_clear(&one);
	nvmepsk_clear(&other);
	secret_free(source.key);
}

static void test_fingerprint(void)
{
	struct secret *key = make_key(32), *other = make_key(48);
	g_autofree char *one = nvmepsk_fingerprint(key), *two = nvmepsk_fingerprint(other),
			*again = nvmepsk_fingerprint(key);

	g_assert_cmpuint(strlen(one), ==, 16);
	g_assert_cmpstr(one, !=, two);
	g_assert_cmpstr(one, ==, again);
	secret_free(key);
	secret_free(other);
}

static void test_names(void)
{
	g_autofree char *longest = long_name('x'), *too_long = g_strconcat(longest, "x", NULL);
	static const char *const bad[] = {
		"",	    "nqn.a b",	"nqn.a\tb",	    "nqn.a\n",
		"nqn.\x7f", "nqn.\xff", "nqn.\xe2\x80\x83", /* a blank of Unicode's */
	};

	g_assert_cmpint(nqn_check(longest, "host", NULL), ==, 0);
	g_assert_cmpint(nqn_check("nqn.\xc3\xa4", "host", NULL), ==, 0);
	g_autoptr(GError) error = NULL;
	g_assert_cmpint(nqn_check(too_long, "host", &error), ==, STATUS_INPUT);
	g_assert_nonnull(strstr(error->message, "224 bytes, and may have 223"));
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		g_assert_cmpint(nqn_check(bad[i], "host", NULL), ==, STATUS_INPUT);
}

#define DIGEST32 "5ZKH957CJVutE/YwE5zjoFGbqorBdpWxf6FYKsZmgdE="

static void test_identities(void)
{
	static const char *const bad[] = {
		"",
		"N",
		"NVMe0R01",
		"NVMe0R01 ",
		"NVMe0R01 nqn.h",
		"NVMe0R01 nqn.h ",
		"NVMe0R01 nqn.h nqn.s ",
		"NVMe2R01 nqn.h nqn.s",
		"NVMe0X01 nqn.h nqn.s",
		"NVMe0R00 nqn.h nqn.s",
		"NVMe0R11 nqn.h nqn.s",
		"NVMe0R03 nqn.h nqn.s",
		"NVMe0R01 nqn.h nqn.s x",
		"NVMe1R01 nqn.h nqn.s",
		"NVMe1R01 nqn.h nqn.s x",
		"NVMe1R02 nqn.h nqn.s " DIGEST32,
		"nvme0R01 nqn.h nqn.s",
		"NVMe0R01  nqn.s",
	};
	struct nvmeidentity identity;

	g_assert_true(nvmeidentity_parse("NVMe0G02 nqn.h nqn.s", &identity));
	g_assert_cmpint(identity.version, ==, 0);
	g_assert_cmpint(identity.kind, ==, NVMEPSK_GENERATED);
	g_assert_cmpint(identity.hash, ==, INTERCHANGE_SHA384);
	g_assert_null(identity.digest);
	g_assert_true(nvmeidentity_is_of(&identity, "nqn.h", "nqn.s"));
	g_assert_false(nvmeidentity_is_of(&identity, "nqn.h", "nqn.s1"));
	g_assert_false(nvmeidentity_is_of(&identity, "nqn.hh", "nqn.s"));
	nvmeidentity_clear(&identity);
	g_assert_true(nvmeidentity_parse("NVMe1R01 nqn.h nqn.s " DIGEST32, &identity));
	g_assert_cmpstr(identity.digest, ==, DIGEST32);
	nvmeidentity_clear(&identity);
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		g_assert_false(nvmeidentity_parse(bad[i], &identity));
		nvmeidentity_clear(&identity);
	}
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/nvmepsk/vectors", test_vectors);
	g_test_add_func("/nvmepsk/generated", test_generated);
	g_test_add_func("/nvmepsk/fingerprint", test_fingerprint);
	g_test_add_func("/nvmepsk/names", test_names);
	g_test_add_func("/nvmepsk/identities", test_identities);
	return g_test_run();
}
