// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Names for certificates: which are taken, in which spelling, and why others are not.
 */
#include <config.h>

#include <string.h>

#include "pki/altname.h"
#include "status.h"

static void test_good(void)
{
	static const struct {
		const char *text, *label;
		size_t length;
	} cases[] = {
		{ "nfs1.example.net", "DNS:nfs1.example.net", 16 },
		{ "NFS1.Example.NET", "DNS:nfs1.example.net", 16 },
		{ "nas", "DNS:nas", 3 },
		{ "3com.example", "DNS:3com.example", 12 },
		{ "xn--bcher-kva.example", "DNS:xn--bcher-kva.example", 21 },
		{ "a-b.1-2.x1", "DNS:a-b.1-2.x1", 10 },
		{ "192.0.2.7", "IP:192.0.2.7", 4 },
		{ "2001:DB8:0::7", "IP:2001:db8::7", 16 },
		{ "::ffff:192.0.2.7", "IP:::ffff:192.0.2.7", 16 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GError) error = NULL;
		struct altname name;
		size_t length;
		g_assert_cmpint(altname_parse(cases[i].text, &name, &error), ==, 0);
		g_assert_no_error(error);
		g_autofree char *label = altname_label(&name);
		g_assert_cmpstr(label, ==, cases[i].label);
		g_assert_nonnull(altname_data(&name, &length));
		g_assert_cmpuint(length, ==, cases[i].length);
	}
}

static void refused(const char *text, const char *why)
{
	g_autoptr(GError) error = NULL;
	struct altname name;

	g_assert_cmpint(altname_parse(text, &name, &error), ==, STATUS_USAGE);
	g_assert_error(error, STATUS_ERROR, STATUS_USAGE);
	if (!strstr(error->message, why))
		g_error("\"%s\": expected \"%s\", got \"%s\"", text, why, error->message);
	for (const char *at = error->message; *at; at++)
		g_assert_true(g_ascii_isprint(*at));
}

static void test_bad(void)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "empty label" },
		{ ".", "empty label" },
		{ ".example.net", "empty label" },
		{ "a..b", "empty label" },
		{ "nfs1.example.net.", "leave that dot out" },
		{ "*.example.net", "no wildcards" },
		{ "n*.example.net", "no wildcards" },
		{ "a_b.example", "only letters, digits, hyphens" },
		{ "a b", "only letters" },
		{ "a/b", "only letters" },
		{ "a\nb\x1b[1m", "only letters" },
		{ "[2001:db8::7]", "neither brackets nor zone" },
		{ "fe80::1%eth0", "neither brackets nor zone" },
		{ "b\xc3\xbc" "cher.example", "xn--" },
		{ "-a.example", "hyphen" },
		{ "a-.example", "hyphen" },
		{ "192.0.2.300", "ends in a number" },
		{ "192.0.2", "ends in a number" },
		{ "2001:db8::g", "only letters" },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		refused(cases[i].text, cases[i].why);
}

static void test_lengths(void)
{
	g_autofree char *label = g_strnfill(63, 'a'), *long_label = g_strnfill(64, 'a');
	g_autofree char *longest = g_strdup_printf("%s.%s.%s.%.61s", label, label, label, label);
	g_autofree char *too_long = g_strdup_printf("%s.%s.%s.%.62s", label, label, label, label);
	struct altname name;

	g_assert_cmpuint(strlen(longest), ==, 253);
	g_assert_cmpint(altname_parse(longest, &name, NULL), ==, 0);
	g_assert_cmpstr(name.text, ==, longest);
	refused(too_long, "more than 253");
	g_assert_cmpint(altname_parse(label, &name, NULL), ==, 0);
	refused(long_label, "more than 63");
}

static void check_list(const char *list, const char *expected)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(altname_parse_list(list, names, &error), ==, 0);
	g_assert_no_error(error);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *label = altname_label(&g_array_index(names, struct altname, i));
		g_string_append_printf(text, "%s ", label);
	}
	g_assert_cmpstr(text->str, ==, expected);
}

static void list_refused(const char *list, const char *why)
{
	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	g_autoptr(GError) error = NULL;

	g_assert_cmpint(altname_parse_list(list, names, &error), ==, STATUS_USAGE);
	if (!strstr(error->message, why))
		g_error("\"%s\": expected \"%s\", got \"%s\"", list, why, error->message);
}

static void test_list(void)
{
	g_autoptr(GString) many = g_string_new("h0");

	check_list("DNS:a,IP:192.0.2.7", "DNS:a IP:192.0.2.7 ");
	check_list("a, 192.0.2.7 ,dns:B,ip:2001:db8::7", "DNS:a IP:192.0.2.7 DNS:b IP:2001:db8::7 ");
	check_list("a,A,DNS:a,IP:192.0.2.7,192.0.2.7", "DNS:a IP:192.0.2.7 ");
	list_refused("", "empty label");
	list_refused("a,,b", "empty label");
	list_refused("IP:a", "\"a\" is no IP address");
	list_refused("DNS:192.0.2.7", "ends in a number");
	list_refused("URI:nfs://a", "DNS:NAME or its address as IP:ADDRESS");
	list_refused("EMAIL:foo", "DNS:NAME or its address as IP:ADDRESS");
	check_list("fe80::1,abcd::1", "IP:fe80::1 IP:abcd::1 ");
	for (int i = 1; i < ALTNAMES_MAX; i++)
		g_string_append_printf(many, ",h%d", i);

	g_autoptr(GArray) names = g_array_new(FALSE, FALSE, sizeof(struct altname));
	g_assert_cmpint(altname_parse_list(many->str, names, NULL), ==, 0);
	g_assert_cmpuint(names->len, ==, ALTNAMES_MAX);
	g_assert_cmpint(altname_parse_list("h0", names, NULL), ==, 0);
	g_assert_cmpint(altname_parse_list("one-more", names, NULL), ==, STATUS_USAGE);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/pki/altname/good", test_good);
	g_test_add_func("/pki/altname/bad", test_bad);
	g_test_add_func("/pki/altname/lengths", test_lengths);
	g_test_add_func("/pki/altname/list", test_list);
	return g_test_run();
}
