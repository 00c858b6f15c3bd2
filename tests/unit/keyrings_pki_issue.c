// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki init, issue and renew: what is in the certificates, and that peers take them; GnuTLS, OpenSSL and certtool are the
 * judges.
 */
#include <config.h>

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/keyrings_pki_fixture.h"

#define OK(call) g_assert_cmpint(call, >=, 0)
#define CLIENT GNUTLS_KP_TLS_WWW_CLIENT
#define SERVER GNUTLS_KP_TLS_WWW_SERVER

static void check_mode(const struct site *site, const char *name, unsigned int mode)
{
	struct stat st;

	g_assert_cmpint(stat(site_path(site, name), &st), ==, 0);
	g_assert_cmphex(st.st_mode & 07777, ==, mode);
}

/* RFC 5280, 4.1.2.2: positive, not zero, at most 20 bytes; ours always have all of them. */
static void check_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[64];
	size_t size = sizeof(serial);

	OK(gnutls_x509_crt_get_serial(crt, serial, &size));
	g_assert_cmpuint(size, ==, 20);
	g_assert_cmpuint(serial[0], <, 0x80);
	g_assert_cmpuint(serial[0], >, 0);
}

static void check_key_ids(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned char subject[64], authority[64], issuers[64];
	size_t sizes[3] = { sizeof(subject), sizeof(authority), sizeof(issuers) };
	unsigned int critical = 1;

	OK(gnutls_x509_crt_get_subject_key_id(crt, subject, &sizes[0], &critical));
	g_assert_cmpuint(critical, ==, 0);
	OK(gnutls_x509_crt_get_authority_key_id(crt, authority, &sizes[1], NULL));
	OK(gnutls_x509_crt_get_subject_key_id(issuer, issuers, &sizes[2], NULL));
	g_assert_cmpuint(sizes[0], ==, 20);
	g_assert_cmpmem(authority, sizes[1], issuers, sizes[2]);
}

static void check_usage(gnutls_x509_crt_t crt, unsigned int expected)
{
	unsigned int usage, critical = 0;

	OK(gnutls_x509_crt_get_key_usage(crt, &usage, &critical));
	g_assert_cmphex(usage, ==, expected);
	g_assert_cmpuint(critical, ==, 1);
}

static void check_days(gnutls_x509_crt_t crt, long days)
{
	time_t now = time(NULL), from = gnutls_x509_crt_get_activation_time(crt), until = gnutls_x509_crt_get_expiration_time(crt);

	g_assert_cmpint(now - from, >=, 30 * 60);
	g_assert_cmpint(now - from, <=, 2 * 60 * 60);
	g_assert_cmpint(labs((long)(until - now) - days * DAY), <, 60 * 60);
}

static void test_init(struct site *site, gconstpointer unused)
{
	unsigned int critical = 0, authority = 0;
	int path_length = -1;

	(void)unused;
	site_must(site, "init");
	check_mode(site, ".", 0700);
	check_mode(site, "ca.key", 0600);
	check_mode(site, "ca.crt", 0644);
	check_mode(site, "ca.crl", 0644);
	check_mode(site, "issued", 0700);
	check_mode(site, "hosts", 0700);
	gnutls_x509_crt_t crt = site_certificate(site, "ca.crt");
	g_assert_cmpint(gnutls_x509_crt_get_version(crt), ==, 3);
	g_assert_cmpint(gnutls_x509_crt_get_pk_algorithm(crt, NULL), ==, GNUTLS_PK_ECDSA);
	g_assert_cmpint(gnutls_x509_crt_get_signature_algorithm(crt), ==, GNUTLS_SIGN_ECDSA_SHA256);
	OK(gnutls_x509_crt_get_basic_constraints(crt, &critical, &authority, &path_length));
	g_assert_cmpuint(critical, ==, 1);
	g_assert_cmpuint(authority, ==, 1);
	g_assert_cmpint(path_length, ==, 0);
	check_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	check_serial(crt);
	check_key_ids(crt, crt);
	check_days(crt, 3650);
	gnutls_x509_crt_deinit(crt);
	g_assert_nonnull(strstr(site->output, "every name"));
	g_autofree char *key = site_read(site, "ca.key");
	g_assert_true(g_str_has_prefix(key, "-----BEGIN PRIVATE KEY-----"));
	/* Nothing else is left beside it. */
	g_assert_cmpuint(site_count(site, ".."), ==, 1);
}

static void test_init_options(struct site *site, gconstpointer unused)
{
	g_autofree char *long_name = g_strnfill(65, 'x');
	char name[128];
	size_t size = sizeof(name);

	(void)unused;
	site_fails(site, STATUS_USAGE, "is empty", "init", "--name", "");
	site_fails(site, STATUS_USAGE, "1 to 64", "init", "--name", long_name);
	site_fails(site, STATUS_USAGE, "UTF-8", "init", "--name", "\xff");
	site_fails(site, STATUS_USAGE, "printed", "init", "--name", "a\nb");
	site_fails(site, STATUS_USAGE, "no key type \"rsa\"", "init", "--key-type", "rsa");
	site_fails(site, STATUS_USAGE, "from 1 to 36500", "init", "--days", "0");
	site_fails(site, STATUS_USAGE, "from 1 to 36500", "init", "--days", "1e3");
	site_fails(site, STATUS_USAGE, "from 1 to 36500", "init", "--days", "36501");
	site_fails(site, STATUS_USAGE, "too many arguments", "init", "more");
	g_assert_cmpint(access(site->folder, F_OK), <, 0);
	site_must(site, "init", "--name", "Ünïcode, CA=1", "--days", "36500", "--key-type", "ed25519");
	gnutls_x509_crt_t crt = site_certificate(site, "ca.crt");
	OK(gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size));
	/* As RFC 4514 writes it */
	g_assert_cmpstr(name, ==, "Ünïcode\\, CA=1");
	g_assert_cmpint(gnutls_x509_crt_get_pk_algorithm(crt, NULL), ==, GNUTLS_PK_EDDSA_ED25519);
	check_days(crt, 36500);
	gnutls_x509_crt_deinit(crt);
	site_must(site, "issue", "a.test");
	crt = site_certificate(site, "hosts/a.test.crt");
	/* As the authority, unless another is asked for */
	g_assert_cmpint(gnutls_x509_crt_get_pk_algorithm(crt, NULL), ==, GNUTLS_PK_EDDSA_ED25519);
	g_assert_cmpint(gnutls_x509_crt_get_signature_algorithm(crt), ==, GNUTLS_SIGN_EDDSA_ED25519);
	gnutls_x509_crt_deinit(crt);
	g_assert_cmpuint(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL), ==, 0);
	site_must(site, "issue", "b.test", "--key-type", "ECDSA");
	crt = site_certificate(site, "hosts/b.test.crt");
	g_assert_cmpint(gnutls_x509_crt_get_pk_algorithm(crt, NULL), ==, GNUTLS_PK_ECDSA);
	gnutls_x509_crt_deinit(crt);
}

static void check_fit(const struct site *site, const char *crt_name, const char *key_name)
{
	gnutls_x509_crt_t crt = site_certificate(site, crt_name);
	gnutls_x509_privkey_t key = site_key(site, key_name);
	unsigned char ids[2][64];
	size_t sizes[2] = { 64, 64 };

	OK(gnutls_x509_crt_get_key_id(crt, 0, ids[0], &sizes[0]));
	OK(gnutls_x509_privkey_get_key_id(key, 0, ids[1], &sizes[1]));
	g_assert_cmpmem(ids[0], sizes[0], ids[1], sizes[1]);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void test_issue(struct site *site, gconstpointer unused)
{
	unsigned int critical = 0, authority = 1;

	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "NFS1.test", "--san", "DNS:nfs.test,IP:192.0.2.7", "--san", "2001:db8::7");
	check_mode(site, "hosts/nfs1.test.key", 0600);
	check_mode(site, "hosts/nfs1.test.crt", 0644);
	check_fit(site, "hosts/nfs1.test.crt", "hosts/nfs1.test.key");
	gnutls_x509_crt_t crt = site_certificate(site, "hosts/nfs1.test.crt"), anchor = site_certificate(site, "ca.crt");
	check_serial(crt);
	check_key_ids(crt, anchor);
	check_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	check_days(crt, 730);
	OK(gnutls_x509_crt_get_basic_constraints(crt, &critical, &authority, NULL));
	g_assert_cmpuint(authority, ==, 0);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_crt_deinit(anchor);
	static const char *const names[] = { "nfs1.test", "nfs.test", "192.0.2.7", "2001:db8::7" };
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		g_assert_cmpuint(site_verify_file(site, "hosts/nfs1.test.crt", SERVER, names[i]), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/nfs1.test.crt", CLIENT, NULL), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/nfs1.test.crt", SERVER, "a.nfs1.test") & GNUTLS_CERT_UNEXPECTED_OWNER, !=, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/nfs1.test.crt", SERVER, "192.0.2.8") & GNUTLS_CERT_UNEXPECTED_OWNER, !=, 0);
	g_assert_cmpuint(site_count(site, "issued"), ==, 1);
}

/* The lines for the configuration, and that they name files which are there. */
static void test_lines(struct site *site, gconstpointer unused)
{
	g_autofree char *output = NULL, *elsewhere = NULL;
	g_autoptr(GError) error = NULL;

	(void)unused;
	site_must(site, "init");
	elsewhere = g_build_filename(site->base, "elsewhere", NULL);
	site_fails(site, STATUS_FILE, "folder has to be made first", "issue", "a.test", "--output", elsewhere);
	g_assert_cmpint(mkdir(elsewhere, 0700), ==, 0);
	site_must(site, "issue", "a.test", "--output", elsewhere);
	g_assert_cmpuint(site_count(site, "hosts"), ==, 0);
	static const char *const sections[] = { "authenticate.client", "authenticate.server" };
	static const char *const options[] = { "x509.truststore", "x509.crl", "x509.certificate", "x509.private_key" };
	g_autoptr(GKeyFile) config = g_key_file_new();
	g_assert_true(g_key_file_load_from_data(config, site->output, -1, G_KEY_FILE_NONE, &error));
	for (size_t i = 0; i < 2 * 4; i++) {
		g_autofree char *path = g_key_file_get_string(config, sections[i / 4], options[i % 4], &error);
		g_assert_no_error(error);
		g_assert_true(g_path_is_absolute(path));
		g_assert_cmpint(access(path, R_OK), ==, 0);
	}
	site_must(site, "issue", "b.test", "--client");
	g_assert_nonnull(strstr(site->output, "[authenticate.client]"));
	g_assert_null(strstr(site->output, "[authenticate.server]"));
}

static void test_purposes(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "client.test", "--client");
	site_must(site, "issue", "server.test", "--server");
	site_must(site, "issue", "both.test", "--client", "--server");
	g_assert_cmpuint(site_verify_file(site, "hosts/client.test.crt", CLIENT, NULL), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/client.test.crt", SERVER, NULL), !=, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/server.test.crt", CLIENT, NULL), !=, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/server.test.crt", SERVER, NULL), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/both.test.crt", CLIENT, NULL), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/both.test.crt", SERVER, NULL), ==, 0);
}

/* A name that is too long for a common name, and hosts without a DNS name */
static void test_subjects(struct site *site, gconstpointer unused)
{
	static const char long_name[] = "a-host-with-a-rather-long-name.in-a-department.of-a-very-large-institute.example";
	char name[128];
	size_t size = sizeof(name);

	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", long_name);
	g_autofree char *file = g_strconcat("hosts/", long_name, ".crt", NULL);
	gnutls_x509_crt_t crt = site_certificate(site, file);
	OK(gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size));
	g_assert_cmpstr(name, ==, "a-host-with-a-rather-long-name");
	gnutls_x509_crt_deinit(crt);
	g_assert_cmpuint(site_verify_file(site, file, SERVER, long_name), ==, 0);
	site_must(site, "issue", "2001:db8::7");
	g_assert_cmpuint(site_verify_file(site, "hosts/2001:db8::7.crt", SERVER, "2001:db8::7"), ==, 0);
	crt = site_certificate(site, "hosts/2001:db8::7.crt");
	size = sizeof(name);
	g_assert_cmpint(gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size), ==,
			GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE);
	gnutls_x509_crt_deinit(crt);
}

/* Each program that is here has to agree. */
static void test_others(struct site *site, gconstpointer type)
{
	g_autofree char *openssl = g_find_program_in_path("openssl"), *certtool = g_find_program_in_path("certtool");

	if (!openssl || !certtool) {
		g_test_skip("openssl or certtool (package gnutls-bin) is not installed");
		return;
	}
	site_must(site, "init", "--key-type", type, "--permit", "test", "--permit", "192.0.2.0/24", "--permit", "2001:db8::/32");
	site_must(site, "issue", "nfs1.test", "--san", "IP:192.0.2.7,IP:2001:db8::7");
	site_must(site, "issue", "192.0.2.9", "--client");
	const char *anchor = site_path(site, "ca.crt"), *list = site_path(site, "ca.crl");
	const char *both = site_path(site, "hosts/nfs1.test.crt"), *address = site_path(site, "hosts/192.0.2.9.crt");
#define OPENSSL(...) site_spawn("openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", anchor, "-CRLfile", list, __VA_ARGS__, NULL)
	g_assert_cmpint(OPENSSL("-purpose", "sslserver", "-verify_hostname", "nfs1.test", both), ==, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslserver", "-verify_ip", "2001:db8::7", both), ==, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslclient", both), ==, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslclient", address), ==, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslserver", address), !=, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslserver", "-verify_hostname", "other.test", both), !=, 0);
	g_assert_cmpint(site_spawn("certtool", "--verify", "--load-ca-certificate", anchor, "--load-crl", list, "--verify-hostname",
				   "nfs1.test", "--verify-purpose", SERVER, "--infile", both, NULL), ==, 0);
	g_assert_cmpint(site_spawn("certtool", "--verify-crl", "--load-ca-certificate", anchor, "--infile", list, NULL), ==, 0);
	site_must(site, "revoke", "nfs1.test");
	g_assert_cmpint(OPENSSL("-purpose", "sslclient", both), !=, 0);
	g_assert_cmpint(OPENSSL("-purpose", "sslclient", address), ==, 0);
	g_assert_cmpint(site_spawn("certtool", "--verify", "--load-ca-certificate", anchor, "--load-crl", list, "--infile", both, NULL),
			!=, 0);
}

static void test_second(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_must(site, "issue", "a.test");
	g_autofree char *before = site_state(site);
	site_fails(site, STATUS_EXISTS, "`tlskey pki renew a.test`", "issue", "A.test");
	g_autofree char *after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	site_must(site, "issue", "a.test", "--force", "--client");
	g_assert_cmpuint(site_count(site, "issued"), ==, 2);
	check_fit(site, "hosts/a.test.crt", "hosts/a.test.key");
	g_assert_cmpuint(site_verify_file(site, "hosts/a.test.crt", SERVER, NULL), !=, 0);
	/* When the last one expired, nothing is in the way but the files. */
	site_clock = 800 * DAY;
	site_fails(site, STATUS_EXISTS, "a.test.key is there already", "issue", "a.test");
	g_assert_cmpuint(site_count(site, "issued"), ==, 2);
	site_must(site, "issue", "a.test", "--output", site->base);
	g_assert_cmpuint(site_count(site, "issued"), ==, 3);
}

static void test_renew(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init");
	site_fails(site, STATUS_NOT_FOUND, "`tlskey pki issue a.test`", "renew", "a.test");
	site_must(site, "issue", "a.test", "--san", "IP:192.0.2.7,b.test", "--server", "--key-type", "ed25519");
	g_autofree char *key = site_read(site, "hosts/a.test.key");
	site_clock = 700 * DAY;
	/* By its host, not by another of its names */
	site_fails(site, STATUS_NOT_FOUND, "b.test has no certificate", "renew", "b.test");
	site_must(site, "renew", "A.TEST", "--days", "30");
	g_autofree char *new_key = site_read(site, "hosts/a.test.key");
	g_assert_cmpstr(key, !=, new_key);
	check_fit(site, "hosts/a.test.crt", "hosts/a.test.key");
	gnutls_x509_crt_t crt = site_certificate(site, "hosts/a.test.crt");
	g_assert_cmpint(gnutls_x509_crt_get_pk_algorithm(crt, NULL), ==, GNUTLS_PK_EDDSA_ED25519);
	g_assert_cmpint(labs((long)(gnutls_x509_crt_get_expiration_time(crt) - time(NULL)) - 30 * DAY), <, DAY);
	gnutls_x509_crt_deinit(crt);
	site_must(site, "crl");
	g_assert_cmpuint(site_verify_file(site, "hosts/a.test.crt", SERVER, "b.test"), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/a.test.crt", SERVER, "192.0.2.7"), ==, 0);
	g_assert_cmpuint(site_verify_file(site, "hosts/a.test.crt", CLIENT, NULL), !=, 0);
	/* One that is expired can be renewed, one that is revoked cannot. */
	site_clock = 800 * DAY;
	site_must(site, "renew", "a.test");
	site_must(site, "revoke", "a.test");
	site_fails(site, STATUS_NOT_FOUND, "not revoked", "renew", "a.test");
}

static void test_dates(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_must(site, "init", "--days", "1000");
	gnutls_x509_crt_t anchor = site_certificate(site, "ca.crt");
	time_t end = gnutls_x509_crt_get_expiration_time(anchor), from = gnutls_x509_crt_get_activation_time(anchor);
	gnutls_x509_crt_deinit(anchor);
	site_must(site, "issue", "a.test", "--days", "1001");
	g_assert_nonnull(strstr(site->output, "when the authority expires"));
	gnutls_x509_crt_t crt = site_certificate(site, "hosts/a.test.crt");
	g_assert_cmpint(gnutls_x509_crt_get_expiration_time(crt), ==, end);
	g_assert_cmpint(gnutls_x509_crt_get_activation_time(crt), >=, from);
	gnutls_x509_crt_deinit(crt);
	/* A clock that is a little behind that of init: no certificate begins before its authority. */
	site_clock = -30 * 60;
	site_must(site, "issue", "b.test");
	crt = site_certificate(site, "hosts/b.test.crt");
	g_assert_cmpint(gnutls_x509_crt_get_activation_time(crt), ==, from);
	gnutls_x509_crt_deinit(crt);
	site_clock = 999 * DAY;
	site_must(site, "issue", "c.test");
	g_autofree char *before = site_state(site);
	site_clock = 1001 * DAY;
	site_fails(site, STATUS_EXPIRED, "make another one", "issue", "d.test");
	site_fails(site, STATUS_EXPIRED, "make another one", "renew", "c.test");
	site_fails(site, STATUS_EXPIRED, "make another one", "revoke", "c.test");
	site_fails(site, STATUS_EXPIRED, "make another one", "crl");
	site_clock = -2 * DAY;
	site_fails(site, STATUS_EXPIRED, "set this machine's clock", "issue", "d.test");
	g_autofree char *after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	site_must(site, "list");
}

static void test_password(struct site *site, gconstpointer unused)
{
	g_autofree char *right = g_build_filename(site->base, "right", NULL), *wrong = g_build_filename(site->base, "wrong", NULL);
	g_autofree char *open = g_build_filename(site->base, "open", NULL), *empty = g_build_filename(site->base, "empty", NULL);

	(void)unused;
	site_write(site, "../right", "a secret of the site\nand a second line\n");
	site_write(site, "../wrong", "no secret\n");
	site_write(site, "../open", "a secret of the site\n");
	site_write(site, "../empty", "\n");
	g_assert_cmpint(chmod(open, 0644), ==, 0);
	site_fails(site, STATUS_FILE, "can be read by others", "init", "--password-file", open);
	site_fails(site, STATUS_INPUT, "is empty", "init", "--password-file", empty);
	g_assert_true(g_file_set_contents(empty, "a\0bcdefghij", 11, NULL));
	g_assert_cmpint(chmod(empty, 0600), ==, 0);
	site_fails(site, STATUS_INPUT, "zero byte", "init", "--password-file", empty);
	site_fails(site, STATUS_FILE, "No such file", "init", "--password-file", "/nonexistent");
	g_assert_cmpint(access(site->folder, F_OK), <, 0);
	site_must(site, "init", "--password-file", right);
	g_autofree char *key = site_read(site, "ca.key");
	g_assert_true(g_str_has_prefix(key, "-----BEGIN ENCRYPTED PRIVATE KEY-----"));
	g_autofree char *before = site_state(site);
	site_fails(site, STATUS_INPUT, "--password-file", "issue", "a.test");
	site_fails(site, STATUS_INPUT, "right password?", "issue", "a.test", "--password-file", wrong);
	site_fails(site, STATUS_INPUT, "--password-file", "crl");
	g_autofree char *after = site_state(site);
	g_assert_cmpstr(before, ==, after);
	site_must(site, "issue", "a.test", "--password-file", right);
	/* tlshd asks nobody for a password. */
	g_autofree char *host = site_read(site, "hosts/a.test.key");
	g_assert_true(g_str_has_prefix(host, "-----BEGIN PRIVATE KEY-----"));
	site_must(site, "revoke", "a.test", "--password-file", right);
	site_must(site, "list");
}

#define ADD(path, data, function) g_test_add("/pki/issue/" path, struct site, data, site_setup, function, site_teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("init", NULL, test_init);
	ADD("init-options", NULL, test_init_options);
	ADD("issue", NULL, test_issue);
	ADD("lines", NULL, test_lines);
	ADD("purposes", NULL, test_purposes);
	ADD("subjects", NULL, test_subjects);
	ADD("others-ecdsa", "ecdsa", test_others);
	ADD("others-ed25519", "ed25519", test_others);
	ADD("second", NULL, test_second);
	ADD("renew", NULL, test_renew);
	ADD("dates", NULL, test_dates);
	ADD("password", NULL, test_password);
	return g_test_run();
}
