// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Name constraints: what `tlskey pki init --permit` takes, what is refused before it is signed, and that peers refuse the same when
 * somebody else signs it with the authority's key.
 */
#include <config.h>

#include <string.h>
#include <unistd.h>

#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/constraint.h"
#include "tests/unit/keyrings_pki_fixture.h"

#define OK(call) g_assert_cmpint(call, >=, 0)
#define SERVER GNUTLS_KP_TLS_WWW_SERVER

static void test_parse(struct site *site, gconstpointer unused)
{
	static const struct {
		const char *permit, *why;
	} bad[] = {
		{ "", "empty label" },
		{ ".test", "leave the first dot out" },
		{ "*.test", "no wildcards" },
		{ "192.0.2.0/33", "no range of addresses" },
		{ "192.0.2.0/", "no range of addresses" },
		{ "2001:db8::/129", "no range of addresses" },
		{ "test/24", "no range of addresses" },
		{ "192.0.2.0/x", "no range of addresses" },
		{ "192.0.2.0/-1", "no range of addresses" },
	};

	(void)unused;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++)
		site_fails(site, STATUS_USAGE, bad[i].why, "init", "--permit", "good.test", "--permit", bad[i].permit);
	g_assert_cmpint(access(site->folder, F_OK), <, 0);
	site_must(site, "init", "--permit", "Lab.Test", "--permit", "192.0.2.77/24", "--permit", "198.51.100.7", "--permit",
		  "2001:db8::/32", "--permit", "2001:db9::1");
	gnutls_x509_crt_t crt = site_certificate(site, "ca.crt");
	g_autoptr(GPtrArray) list = constraint_list(crt);
	g_ptr_array_add(list, NULL);
	g_autofree char *text = g_strjoinv(" ", (char **)list->pdata);
	g_assert_cmpstr(text, ==, "lab.test 192.0.2.0/24 198.51.100.7/32 2001:db8::/32 2001:db9::1/128");
	gnutls_x509_name_constraints_t constraints;
	unsigned int critical = 0;
	OK(gnutls_x509_name_constraints_init(&constraints));
	OK(gnutls_x509_crt_get_name_constraints(crt, constraints, 0, &critical));
	g_assert_cmpuint(critical, ==, 1);
	gnutls_x509_name_constraints_deinit(constraints);
	gnutls_x509_crt_deinit(crt);
}

/* One authority: what is permitted, and names that are within and outside of it. */
struct limits {
	const char *permits[3];
	const char *within[4], *outside[6];
};

static const struct limits dns_only = {
	{ "lab.test" },
	{ "lab.test", "nfs.lab.test", "a.b.lab.test" },
	{ "test", "xlab.test", "lab.test.evil", "192.0.2.7", "2001:db8::7" },
};
static const struct limits range_only = {
	{ "192.0.2.0/24" },
	{ "192.0.2.0", "192.0.2.255" },
	{ "192.0.3.0", "192.0.1.255", "2001:db8::7", "nfs.lab.test", "a" },
};
static const struct limits range6_only = {
	{ "2001:db8::/33" },
	{ "2001:db8::7", "2001:db8:7fff::1" },
	{ "2001:db8:8000::1", "192.0.2.7", "::ffff:192.0.2.7", "nfs.lab.test" },
};
static const struct limits mixed = {
	{ "lab.test", "192.0.2.0/24" },
	{ "nfs.lab.test", "192.0.2.7" },
	{ "other.test", "198.51.100.1", "2001:db8::7" },
};

/* Sign without any check, as somebody with the authority's key may: RFC 5280's other half is the peer's. */
static gnutls_x509_crt_t forge(const struct site *site, const char *text)
{
	gnutls_x509_crt_t crt, anchor = site_certificate(site, "ca.crt");
	gnutls_x509_privkey_t key = site_key(site, "ca.key");
	unsigned char serial = 1;
	struct altname name;
	size_t length;

	g_assert_cmpint(altname_parse(text, &name, NULL), ==, 0);
	const void *data = altname_data(&name, &length);
	OK(gnutls_x509_crt_init(&crt));
	OK(gnutls_x509_crt_set_version(crt, 3));
	OK(gnutls_x509_crt_set_serial(crt, &serial, 1));
	OK(gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, "forged", 6));
	OK(gnutls_x509_crt_set_key(crt, key));
	OK(gnutls_x509_crt_set_activation_time(crt, time(NULL) - 60));
	OK(gnutls_x509_crt_set_expiration_time(crt, time(NULL) + DAY));
	OK(gnutls_x509_crt_set_basic_constraints(crt, 0, -1));
	OK(gnutls_x509_crt_set_subject_alt_name(crt, name.address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME, data, length, 0));
	OK(gnutls_x509_crt_set_key_purpose_oid(crt, SERVER, 0));
	OK(gnutls_x509_crt_sign2(crt, anchor, key, GNUTLS_DIG_SHA256, 0));
	g_autofree char *pem = pkicert_pem(crt);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(anchor);
	gnutls_x509_privkey_deinit(key);
	site_write(site, "forged.crt", pem);
	return site_certificate(site, "forged.crt");
}

static void check_outside(struct site *site, const char *name)
{
	g_autofree char *label = g_strconcat(name, " is outside", NULL), *before = NULL, *after = NULL;
	g_autofree char *openssl = g_find_program_in_path("openssl");

	before = site_state(site);
	site_fails(site, STATUS_INPUT, label, "issue", name);
	after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	gnutls_x509_crt_t forged = forge(site, name);
	unsigned int result = site_verify(site, forged, SERVER, name);
	/* GnuTLS does not judge addresses; see constraint.h. */
	if (g_ascii_isalpha(name[0]) && !strchr(name, ':'))
		g_assert_cmphex(result & GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, !=, 0);
	gnutls_x509_crt_deinit(forged);
	if (openssl)
		g_assert_cmpint(site_spawn("openssl", "verify", "-CAfile", site_path(site, "ca.crt"), site_path(site, "forged.crt"),
					   NULL), !=, 0);
	g_assert_cmpint(unlink(site_path(site, "forged.crt")), ==, 0);
}

static void test_limits(struct site *site, gconstpointer data)
{
	const struct limits *limits = data;
	g_autofree char *openssl = g_find_program_in_path("openssl");

	site_must(site, "init", "--permit", limits->permits[0], limits->permits[1] ? "--permit" : NULL, limits->permits[1]);
	for (int i = 0; limits->within[i]; i++) {
		g_autofree char *file = g_strconcat("hosts/", limits->within[i], ".crt", NULL);
		site_must(site, "issue", limits->within[i]);
		g_assert_cmphex(site_verify_file(site, file, SERVER, limits->within[i]), ==, 0);
		if (openssl)
			g_assert_cmpint(site_spawn("openssl", "verify", "-x509_strict", "-CAfile", site_path(site, "ca.crt"),
						   site_path(site, file), NULL), ==, 0);
	}
	for (int i = 0; limits->outside[i]; i++)
		check_outside(site, limits->outside[i]);
	/* One name of many is enough. */
	site_fails(site, STATUS_INPUT, "is outside", "issue", limits->within[0], "--force", "--san", limits->outside[0]);
	if (!openssl)
		g_test_message("openssl is not installed: its word is missing here");
}

#define ADD(path, data, function) g_test_add("/pki/constraint/" path, struct site, data, site_setup, function, site_teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("parse", NULL, test_parse);
	ADD("dns", &dns_only, test_limits);
	ADD("range", &range_only, test_limits);
	ADD("range6", &range6_only, test_limits);
	ADD("mixed", &mixed, test_limits);
	return g_test_run();
}
