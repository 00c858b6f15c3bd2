// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Facts of certificates whose every byte a peer chose; the heap of deadlines; peers' names.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "tests/unit/worker_fixture.h"
#include "worker/altnames.h"
#include "worker/facts.h"
#include "worker/name.h"
#include "worker/timers.h"

static union proto_message facts_of(const struct wish *wish)
{
	union proto_message message;

	proto_init(&message, PROTO_RESULT);
	message.result.job = 1;
	const struct issued *issued = issue(wish);
	gnutls_subject_alt_names_t names = NULL;
	if (altnames_read(issued->crt, &names) < 0)
		names = NULL;
	facts_of_certificate(issued->crt, names, &message.result);
	if (names)
		gnutls_subject_alt_names_deinit(names);
	g_assert_cmpstr(message.result.peer_issuer, ==, "");
	facts_of_issuer(issued->crt, &message.result);
	g_assert_cmpint(proto_check(&message, sizeof(message.result)), ==, 0);
	const char *const texts[] = { message.result.peer_subject, message.result.peer_san, message.result.peer_issuer,
				      message.result.peer_serial };
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_assert_true(g_utf8_validate(texts[i], -1, NULL));
		for (const char *c = texts[i]; *c; c++)
			g_assert_false((unsigned char)*c < 0x20 || *c == 0x7f);
	}
	return message;
}

static void test_plain(void)
{
	const struct issued *ca = issue(&(struct wish){ .subject = "CN=ca,O=Example", .authority = true });
	union proto_message message = facts_of(&(struct wish){
		.issuer = ca, .subject = "CN=host,O=Example", .dns = "host.example", .ip = "2001:db8::7" });

	g_assert_cmpstr(message.result.peer_subject, ==, "CN=host,O=Example");
	g_assert_cmpstr(message.result.peer_issuer, ==, "CN=ca,O=Example");
	g_assert_cmpstr(message.result.peer_san, ==, "DNS:host.example, IP:2001:db8::7");
	g_assert_cmpint(strlen(message.result.peer_serial), ==, 2);
	g_assert_cmpint(message.result.peer_not_before, <, message.result.peer_not_after);
}

static void set_san(gnutls_x509_crt_t certificate, const char *der, size_t size)
{
	OK(gnutls_x509_crt_set_extension_by_oid(certificate, "2.5.29.17", der, size, 0));
}

/* A NUL, a line feed, a comma that would make two names of one, and half of a UTF-8 sequence. */
static void hostile_san(gnutls_x509_crt_t certificate)
{
	static const char der[] = "\x30\x1d\x82\x07""a\0b\nc\xc3(\x82\x0f""x, IP:192.0.2.7"
				  "\x87\x01\x05";

	set_san(certificate, der, sizeof(der) - 1);
}

static void many_names(gnutls_x509_crt_t certificate)
{
	for (int i = 0; i < 100; i++)
		OK(gnutls_x509_crt_set_subject_alt_name(certificate, GNUTLS_SAN_DNSNAME, "long-name.example", 17,
							GNUTLS_FSAN_APPEND));
}

static void hostile_subject(gnutls_x509_crt_t certificate)
{
	static const char name[] = "x\x1b[2J\xe2\x80\xae,\"\x01 \xc3\xa9";

	OK(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, name, sizeof(name) - 1));
}

static void long_subject(gnutls_x509_crt_t certificate)
{
	char name[64];

	memset(name, 'x', sizeof(name));
	for (int i = 0; i < 10; i++)
		OK(gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_ORGANIZATIONAL_UNIT_NAME, 0, name,
						 sizeof(name)));
}

static void long_serial(gnutls_x509_crt_t certificate)
{
	unsigned char serial[60];

	memset(serial, 0x5a, sizeof(serial));
	OK(gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial)));
}

static void test_hostile(void)
{
	union proto_message message;

	message = facts_of(&(struct wish){ .decorate = hostile_san });
	g_test_message("%s", message.result.peer_san);
	g_assert_nonnull(strstr(message.result.peer_san, "DNS:a\\x00b\\x0ac\\xc3("));
	g_assert_nonnull(strstr(message.result.peer_san, "DNS:x\\x2c\\x20IP:192.0.2.7"));
	g_assert_null(strstr(message.result.peer_san, ", IP:192"));
	g_assert_nonnull(strstr(message.result.peer_san, "IP:malformed"));

	message = facts_of(&(struct wish){ .decorate = many_names });
	g_assert_true(g_str_has_suffix(message.result.peer_san, "..."));
	g_assert_cmpint(strlen(message.result.peer_san), >, 450);

	message = facts_of(&(struct wish){ .decorate = hostile_subject });
	g_test_message("%s", message.result.peer_subject);
	g_assert_null(strstr(message.result.peer_subject, "\xe2\x80\xae"));

	message = facts_of(&(struct wish){ .decorate = long_subject });
	g_assert_true(g_str_has_suffix(message.result.peer_subject, "..."));

	message = facts_of(&(struct wish){ .decorate = long_serial });
	g_assert_true(g_str_has_suffix(message.result.peer_serial, "..."));
}

static void test_timers(void)
{
	enum { COUNT = 500 };
	struct timers timers = { 0 };
	struct timer timer[COUNT];
	int64_t last = 0;

	g_assert_null(timers_first(&timers));
	for (int i = 0; i < COUNT; i++)
		OK(timers_add(&timers, &timer[i], g_test_rand_int_range(1, 100)));
	for (int i = 0; i < COUNT; i += 3)
		timers_move(&timers, &timer[i], g_test_rand_int_range(1, 200));
	for (int i = 0; i < COUNT; i += 7)
		timers_remove(&timers, &timer[i]);
	int left = 0;
	for (struct timer *first; (first = timers_first(&timers)); left++) {
		g_assert_cmpint((first - timer) % 7, !=, 0);
		g_assert_cmpint(first->due_ms, >=, last);
		last = first->due_ms;
		timers_remove(&timers, first);
	}
	g_assert_cmpint(left, ==, COUNT - (COUNT + 6) / 7);
	timers_free(&timers);
}

static void test_names(void)
{
	static const struct {
		const char *text, *dns;
		int ret, address_size;
	} cases[] = {
		{ "nfs1.example.net", "nfs1.example.net", 0, 0 },
		{ "nfs1.example.net.", "nfs1.example.net", 0, 0 },
		{ "host_1", "host_1", 0, 0 },
		{ "b\xc3\xbc""cher.example", "xn--bcher-kva.example", 0, 0 },
		{ "192.0.2.7", "", 0, 4 },
		{ "::1", "", 0, 16 },
		{ "fe80::1%eth0", "", 0, 16 },
		{ "", "", -EINVAL, 0 },
		{ ".", "", -EINVAL, 0 },
		{ "a b", "", -EINVAL, 0 },
		{ "a\nb", "", -EINVAL, 0 },
		{ "b\xc3\xbc""cher .example", "", -EINVAL, 0 },
		{ "\xff\xff", "", -EINVAL, 0 },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct name name;

		g_assert_cmpint(name_parse(cases[i].text, &name), ==, cases[i].ret);
		g_assert_cmpstr(name.dns, ==, cases[i].dns);
		g_assert_cmpint(name.address_size, ==, cases[i].address_size);
		g_assert_cmpint(name_is_set(&name), ==, cases[i].ret == 0);
	}
	/* The longest that the kernel can hand over. */
	struct name name;
	char text[PROTO_NAME_MAX];
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	g_assert_cmpint(name_parse(text, &name), ==, 0);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/facts/plain", test_plain);
	g_test_add_func("/facts/hostile", test_hostile);
	g_test_add_func("/timers", test_timers);
	g_test_add_func("/names", test_names);
	int ret = g_test_run();
	issued_done();
	return ret;
}
