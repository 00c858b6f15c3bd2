// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loader as the supervisor runs it: a whole load over the channel, with files that only root may read.
 */
#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loader/file.h"
#include "loader/identity.h"
#include "loader/tags.h"
#include "proto.h"
#include "snapshot.h"
#include "tests/unit/loader_fixture.h"

#define AUTHORITIES 150
/* The aim is some tens of milliseconds; ten times that leaves room for sanitizers and slow machines. */
#define LOAD_LIMIT_US (500 * 1000)

struct case_data {
	struct folder *folder;
	struct ear *ear;
	struct made *root, *leaf;
	const char *ca, *host, *key, *config;
	struct run run;
};

static const char *write_pem(struct folder *folder, const char *name, char *pem)
{
	const char *path = folder_write(folder, name, pem, NULL);

	g_free(pem);
	return path;
}

static void make_leaf(struct case_data *data, gnutls_pk_algorithm_t algorithm)
{
	unsigned int bits = algorithm == GNUTLS_PK_EDDSA_ED25519 ? GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_ED25519) : 0;
	struct wish leaf = { .subject = "CN=leaf", .issuer = data->root, .algorithm = algorithm, .bits = bits };

	g_clear_pointer(&data->leaf, made_free);
	data->leaf = made_new(&leaf);
	data->host = write_pem(data->folder, "host.pem", made_certificate_pem(data->leaf));
	data->key = write_pem(data->folder, "host.key", made_key_pem(data->leaf));
	chmod(data->key, 0600);
	chmod(data->host, 0600);
}

static void setup(struct case_data *data, gconstpointer unused)
{
	struct wish root = { .subject = "CN=root", .authority = true };

	(void)unused;
	data->folder = folder_new();
	data->ear = ear_new();
	data->run = (struct run){ .snapshot = -1, .keylist = -1 };
	data->root = made_new(&root);
	data->leaf = NULL;
	make_leaf(data, GNUTLS_PK_ECDSA);
	data->ca = write_pem(data->folder, "ca.pem", made_certificate_pem(data->root));
	data->config = folder_write(data->folder, "config", "[debug]\nloglevel=1\n",
				    "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=host.key\n",
				    "[authenticate.server]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=", data->key, "\n", NULL);
}

static void teardown(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	run_clear(&data->run);
	made_free(data->leaf);
	made_free(data->root);
	ear_free(data->ear);
	folder_free(data->folder);
}

static void load(struct case_data *data)
{
	run_loader(&data->run, data->ear, data->config, KERNEL_CIPHERS);
}

/* A second load within one test needs a channel of its own. */
static void reload(struct case_data *data)
{
	run_clear(&data->run);
	ear_free(data->ear);
	data->ear = ear_new();
	load(data);
}

static void refused(struct case_data *data, const char *message)
{
	load(data);
	g_assert_cmpint(data->run.status, ==, 1);
	g_assert_cmpint(data->run.snapshot, ==, -1);
	ear_expect(data->ear, message);
}

static void assert_der(const struct snapshot_bytes *bytes, const struct made *made)
{
	gnutls_datum_t der;

	g_assert_cmpint(gnutls_x509_crt_export2(made->crt, GNUTLS_X509_FMT_DER, &der), ==, 0);
	g_assert_cmpmem(bytes->data, bytes->size, der.data, der.size);
	gnutls_free(der.data);
}

static void test_both_roles(struct case_data *data, gconstpointer unused)
{
	static const gnutls_pk_algorithm_t kinds[] = { GNUTLS_PK_ECDSA, GNUTLS_PK_RSA, GNUTLS_PK_EDDSA_ED25519 };
	struct snapshot *snapshot;
	struct keylist *keys;

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++) {
		make_leaf(data, kinds[i]);
		reload(data);
		ear_expect_silence(data->ear);
		g_assert_cmpint(data->run.status, ==, 0);
		g_assert_cmpuint(data->run.keys, ==, 1);
		g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
		g_assert_cmpint(keylist_open(data->run.keylist, &keys), ==, 0);
		g_assert_cmpuint(snapshot->settings.loglevel, ==, 1);
		for (guint32 role = PROTO_ROLE_CLIENT; role <= PROTO_ROLE_SERVER; role++) {
			const struct snapshot_profile *profile = snapshot_profile(snapshot, role);
			g_assert_cmpuint(profile->anchor_count, ==, 1);
			assert_der(&profile->anchors[0], data->root);
			g_assert_cmpuint(profile->identity_count, ==, 1);
			assert_der(&profile->identities[0].chain[0], data->leaf);
			g_assert_cmpuint(profile->identities[0].key, ==, 0);
			g_assert_cmpstr(profile->identities[0].label, ==, data->host);
			g_assert_true(g_str_has_prefix(profile->priority, "NONE:+VERS-TLS1.3:"));
		}
		g_assert_cmpuint(keys->count, ==, 1);
		g_assert_cmpstr(keys->entries[0].source, ==, data->key);
		g_autofree char *origin = g_strdup_printf("%s:6", data->config);
		g_assert_cmpstr(keys->entries[0].origin, ==, origin);
		/* For good. */
		g_assert_cmpint(fcntl(data->run.snapshot, F_ADD_SEALS, F_SEAL_FUTURE_WRITE), ==, -1);
		snapshot_free(snapshot);
		keylist_free(keys);
	}
}

/* A memory file belongs to whoever made it: the loader is nobody by the time it has understood the files. */
static void test_root_is_gone(struct case_data *data, gconstpointer unused)
{
	struct stat st;

	(void)unused;
	load(data);
	g_assert_cmpint(fstat(data->run.snapshot, &st), ==, 0);
	g_assert_cmpuint(st.st_uid, !=, 0);
	g_assert_cmpuint(st.st_gid, !=, 0);
	g_assert_cmpuint(st.st_uid, ==, geteuid() == 0 ? 65534 : geteuid());
}

static void test_two_keys(struct case_data *data, gconstpointer unused)
{
	struct snapshot *snapshot;

	(void)unused;
	folder_write(data->folder, "other.key", "never opened here", NULL);
	data->config = folder_write(data->folder, "config",
				    "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=host.key\n"
				    "[authenticate.server]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=other.key\n", NULL);
	load(data);
	ear_expect_silence(data->ear);
	g_assert_cmpuint(data->run.keys, ==, 2);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpuint(snapshot->profiles[0].identities[0].key, ==, 0);
	g_assert_cmpuint(snapshot->profiles[1].identities[0].key, ==, 1);
	snapshot_free(snapshot);
}

/* Two identities of one role: the post-quantum one comes first, and each has its key. */
static void test_second_identity(struct case_data *data, gconstpointer unused)
{
	struct wish wish = { .subject = "CN=second", .issuer = data->root, .algorithm = GNUTLS_PK_RSA };
	struct made *second = made_new(&wish);
	struct snapshot *snapshot;
	struct keylist *keys;

	(void)unused;
	write_pem(data->folder, "second.pem", made_certificate_pem(second));
	write_pem(data->folder, "second.key", made_key_pem(second));
	data->config = folder_write(data->folder, "config",
				    "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=host.key\n"
				    "[authenticate.server]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=host.key\n"
				    "x509.pq.certificate=second.pem\nx509.pq.private_key=second.key\n", NULL);
	load(data);
	ear_expect(data->ear, "config:9: x509.pq.certificate: ");
	ear_expect_silence(data->ear);
	g_assert_cmpuint(data->run.keys, ==, 2);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpint(keylist_open(data->run.keylist, &keys), ==, 0);
	const struct snapshot_profile *client = snapshot_profile(snapshot, PROTO_ROLE_CLIENT);
	const struct snapshot_profile *server = snapshot_profile(snapshot, PROTO_ROLE_SERVER);
	g_assert_cmpuint(client->identity_count, ==, 1);
	g_assert_cmpuint(server->identity_count, ==, 2);
	assert_der(&server->identities[0].chain[0], second);
	assert_der(&server->identities[1].chain[0], data->leaf);
	g_assert_true(g_str_has_suffix(keys->entries[server->identities[0].key].source, "/second.key"));
	g_assert_cmpstr(keys->entries[server->identities[1].key].source, ==, data->key);
	g_assert_cmpuint(client->identities[0].key, ==, server->identities[1].key);
	keylist_free(keys);
	snapshot_free(snapshot);
	made_free(second);
}

static void test_nothing_configured(struct case_data *data, gconstpointer unused)
{
	struct snapshot *snapshot;

	(void)unused;
	data->config = folder_write(data->folder, "config", "", NULL);
	load(data);
	g_assert_cmpint(data->run.status, ==, 0);
	g_assert_cmpuint(data->run.keys, ==, 0);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpuint(snapshot->profiles[0].identity_count, ==, 0);
	guint32 anchors = snapshot->profiles[0].anchor_count;
	g_assert_cmpuint(anchors, ==, snapshot->profiles[1].anchor_count);
	snapshot_free(snapshot);
	if (anchors == 0)
		ear_expect(data->ear, "the system's trust store is empty");
	ear_expect_silence(data->ear);
	g_test_message("%u anchors of the system in %" G_GINT64_FORMAT " us of CPU time", anchors, data->run.cpu_us);
	g_assert_cmpint(data->run.cpu_us, <, LOAD_LIMIT_US);
}

static void test_many_authorities(struct case_data *data, gconstpointer unused)
{
	GString *pem = g_string_new(NULL);
	struct snapshot *snapshot;

	(void)unused;
	for (int i = 0; i < AUTHORITIES; i++) {
		g_autofree char *name = g_strdup_printf("CN=authority %d", i);
		struct wish wish = { .subject = name, .authority = true };
		struct made *made = made_new(&wish);
		g_autofree char *text = made_certificate_pem(made);
		g_string_append(pem, text);
		made_free(made);
	}
	folder_write(data->folder, "ca.pem", pem->str, NULL);
	g_string_free(pem, TRUE);
	load(data);
	ear_expect_silence(data->ear);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpuint(snapshot->profiles[0].anchor_count, ==, AUTHORITIES);
	g_assert_cmpuint(snapshot->profiles[1].anchor_count, ==, AUTHORITIES);
	snapshot_free(snapshot);
	g_test_message("2 x %d anchors of a file in %" G_GINT64_FORMAT " us of CPU time", AUTHORITIES, data->run.cpu_us);
	g_assert_cmpint(data->run.cpu_us, <, LOAD_LIMIT_US);
}

static void test_no_config(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	data->config = "/nowhere/config";
	refused(data, "E /nowhere/config: no such file: make it, or correct the path (a commented example is ");
	ear_expect_silence(data->ear);
}

static void test_config_is_folder(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	data->config = data->folder->path;
	refused(data, ": is a folder: name the file in it");
	ear_expect_silence(data->ear);
}

static void test_missing_files(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	data->config = folder_write(data->folder, "config",
				    "[authenticate.client]\nx509.truststore=/nowhere/ca.pem\n"
				    "x509.certificate=none.pem\nx509.private_key=none.key\n", NULL);
	refused(data, "config:2: x509.truststore: /nowhere/ca.pem: no such file: make it, or correct the path");
	ear_expect(data->ear, "/none.pem: no such file");
	ear_expect(data->ear, "/none.key: no such file");
	ear_expect_silence(data->ear);
}

/* A configured store that is empty is never replaced by the system's. */
static void test_empty_files(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	folder_write(data->folder, "ca.pem", "", NULL);
	folder_write(data->folder, "host.pem", "", NULL);
	refused(data, "config:4: x509.truststore: ");
	ear_expect(data->ear, "config:5: x509.certificate: ");
	ear_expect(data->ear, "config:8: x509.truststore: ");
	ear_expect(data->ear, "config:9: x509.certificate: ");
	ear_expect_silence(data->ear);
}

/* Nobody writes to it, so that whoever waits for it waits for ever. */
static void test_fifo(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	unlink(data->ca);
	g_assert_cmpint(mkfifo(data->ca, 0600), ==, 0);
	refused(data, "config:4: x509.truststore: ");
	g_assert_true(ear_heard(data->ear, "ca.pem: is not a regular file"));
}

static void test_large_files(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	g_assert_cmpint(truncate(data->ca, FILE_PEM_MAX + 1), ==, 0);
	refused(data, "ca.pem: has more than 8388608 bytes");
	g_assert_cmpint(truncate(data->config, FILE_CONFIG_MAX + 1), ==, 0);
	ear_free(data->ear);
	data->ear = ear_new();
	refused(data, "config: has more than 1048576 bytes");
}

/* Without root a file of root's is out of reach; with root it is read although the parser may not. */
static void test_unreadable(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	if (geteuid() == 0) {
		load(data);
		g_assert_cmpint(data->run.status, ==, 0);
		return;
	}
	chmod(data->host, 0);
	refused(data, "host.pem: permission denied");
}

static void test_errors_of_both_halves(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	folder_write(data->folder, "host.pem", "rubbish\n", NULL);
	data->config = folder_write(data->folder, "config", "[debug]\ntls=x\n"
				    "[authenticate.client]\nx509.certificate=host.pem\nx509.private_key=gone.key\n", NULL);
	refused(data, "config:2: tls: ");
	ear_expect(data->ear, "config:4: x509.certificate: ");
	ear_expect(data->ear, "config:5: x509.private_key: ");
}

/* What others may write they may decide; what others may only read is no secret. */
static void test_modes(struct case_data *data, gconstpointer unused)
{
	static const mode_t good[] = { 0644, 0640, 0600, 0444, 0400 };

	(void)unused;
	for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
		chmod(data->ca, good[i]);
		chmod(data->host, good[i]);
		chmod(data->config, good[i]);
		reload(data);
		ear_expect_silence(data->ear);
	}
	write_pem(data->folder, "ca.crl", made_crl_pem(data->root, NULL, -3600, 3600));
	data->config = folder_write(data->folder, "config", "[authenticate.client]\nx509.truststore=ca.pem\nx509.crl=ca.crl\n"
				    "x509.certificate=host.pem\nx509.private_key=host.key\n", NULL);
	chmod(data->config, 0664);
	chmod(data->ca, 0646);
	chmod(data->host, 0666);
	g_autofree char *crl = g_build_filename(data->folder->path, "ca.crl", NULL);
	chmod(crl, 0620);
	if (geteuid() == 0)
		g_assert_cmpint(chown(data->host, 12345, -1), ==, 0);
	reload(data);
	g_assert_cmpint(data->run.status, ==, 0);
	ear_expect(data->ear, "config: can be written by its group (mode 0664)");
	ear_expect(data->ear, "ca.pem can be written by every user (mode 0646)");
	ear_expect(data->ear, "ca.crl can be written by its group (mode 0620)");
	ear_expect(data->ear, geteuid() == 0 ? "host.pem belongs to user 12345 and can be written by every user (mode 0666)" :
						"host.pem can be written by every user (mode 0666)");
	ear_expect(data->ear, "lacks cRLSign");
	ear_expect_silence(data->ear);
}

static void test_tags(struct case_data *data, gconstpointer unused)
{
	struct problems *problems = problems_new(data->ear->channel);

	(void)unused;
	tags_check("/nowhere/tags.d", problems);
	folder_write(data->folder, "README", "", NULL);
	tags_check(data->folder->path, problems);
	ear_listen(data->ear);
	ear_expect_silence(data->ear);
	folder_write(data->folder, "one.yml", "", NULL);
	folder_write(data->folder, "two.yaml", "", NULL);
	tags_check(data->folder->path, problems);
	ear_listen(data->ear);
	ear_expect(data->ear, ": 2 files with session tags: this version gives no tags to sessions");
	ear_expect_silence(data->ear);
	g_assert_false(problems_failed(problems));
	problems_free(problems);
}

/* The keeper gets all of the URL, and nobody else its secret. */
static void test_token_key(struct case_data *data, gconstpointer unused)
{
	struct keylist *keys;

	(void)unused;
	data->config = folder_write(data->folder, "config", "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\n"
				    "x509.private_key=pkcs11:token=t;object=o?pin-value=7654321\n", NULL);
	load(data);
	g_assert_false(ear_heard(data->ear, "7654321"));
	ear_expect(data->ear, "config:4: x509.private_key: pkcs11:token=t;object=o: its PIN is in this file, which others");
	ear_expect_silence(data->ear);
	chmod(data->config, 0600);
	reload(data);
	ear_expect_silence(data->ear);
	g_assert_cmpint(data->run.status, ==, 0);
	g_assert_cmpint(keylist_open(data->run.keylist, &keys), ==, 0);
	g_assert_cmpuint(keys->count, ==, 1);
	g_assert_cmpstr(keys->entries[0].source, ==, "pkcs11:token=t;object=o?pin-value=7654321");
	keylist_free(keys);

	data->config = folder_write(data->folder, "config", "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\nx509.private_key=nonsense:key?pin-value=7654321\n"
				    "[authenticate.server]\nx509.truststore=ca.pem\n"
				    "x509.certificate=host.pem\n"
				    "x509.private_key=pkcs11:token=t?pin-value=7654321&pin-source=/p\n", NULL);
	reload(data);
	g_assert_cmpint(data->run.status, ==, 1);
	g_assert_false(ear_heard(data->ear, "7654321"));
	ear_expect(data->ear, "config:4: x509.private_key: nonsense:key: the TLS library of this system has no keys of this kind");
	ear_expect(data->ear, "config:8: x509.private_key: pkcs11:token=t has both pin-value and pin-source");
	ear_expect_silence(data->ear);
}

/* Whether this machine has p11-kit's trust module is asked of the library itself. */
static void test_token_trust(struct case_data *data, gconstpointer unused)
{
	static const char url[] = "pkcs11:model=p11-kit-trust";
	gnutls_x509_trust_list_t list;
	struct snapshot *snapshot;

	(void)unused;
	g_assert_cmpint(gnutls_x509_trust_list_init(&list, 0), ==, 0);
	int count = gnutls_x509_trust_list_add_trust_file(list, url, NULL, GNUTLS_X509_FMT_PEM, 0, 0);
	gnutls_x509_trust_list_deinit(list, 1);
	data->config = folder_write(data->folder, "config", "[authenticate.client]\nx509.truststore=", url, "\n", NULL);
	load(data);
	if (count <= 0) {
		g_assert_cmpint(data->run.status, ==, 1);
		g_test_skip("p11-kit has no trust module here (package p11-kit-modules), or it has no authorities");
		return;
	}
	ear_expect_silence(data->ear);
	g_assert_cmpint(data->run.status, ==, 0);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpuint(snapshot->profiles[0].anchor_count, ==, count);
	g_assert_cmpuint(snapshot->profiles[0].anchors[0].data[0], ==, 0x30);
	snapshot_free(snapshot);
}

/* Never the system's authorities in the place of those of a token that is not there. */
static void test_token_missing(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	data->config = folder_write(data->folder, "config",
				    "[authenticate.client]\nx509.truststore=pkcs11:token=nowhere?pin-value=7654321\n", NULL);
	refused(data, "config:2: x509.truststore: pkcs11:token=nowhere: there is no trusted authority");
	g_assert_false(ear_heard(data->ear, "7654321"));
	ear_expect_silence(data->ear);
}

static void test_revocation(struct case_data *data, gconstpointer unused)
{
	char *crl = made_crl_pem(data->root, data->leaf, -3600, -60);
	struct snapshot *snapshot;

	(void)unused;
	data->config = folder_write(data->folder, "config", "[authenticate.client]\nx509.truststore=ca.pem\n"
				    "[authenticate.server]\nx509.truststore=ca.pem\nx509.crl=ca.crl\n", NULL);
	refused(data, "config:5: x509.crl: ");
	ear_expect_silence(data->ear);
	write_pem(data->folder, "ca.crl", crl);
	reload(data);
	g_assert_cmpint(data->run.status, ==, 0);
	ear_expect(data->ear, "should have been replaced by");
	ear_expect(data->ear, "lacks cRLSign");
	ear_expect_silence(data->ear);
	g_assert_cmpint(snapshot_open(data->run.snapshot, &snapshot), ==, 0);
	g_assert_cmpuint(snapshot_profile(snapshot, PROTO_ROLE_CLIENT)->crl_count, ==, 0);
	g_assert_cmpuint(snapshot_profile(snapshot, PROTO_ROLE_SERVER)->crl_count, ==, 1);
	snapshot_free(snapshot);
}

static void test_no_cipher(struct case_data *data, gconstpointer unused)
{
	(void)unused;
	run_loader(&data->run, data->ear, data->config, "");
	g_assert_cmpint(data->run.status, ==, 1);
	ear_expect(data->ear, "this kernel's TLS takes no cipher");
	ear_expect_silence(data->ear);
}

#define ADD(path, function) g_test_add(path, struct case_data, NULL, setup, function, teardown)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/loader/both-roles", test_both_roles);
	ADD("/loader/root-is-gone", test_root_is_gone);
	ADD("/loader/two-keys", test_two_keys);
	ADD("/loader/second-identity", test_second_identity);
	ADD("/loader/nothing-configured", test_nothing_configured);
	ADD("/loader/many-authorities", test_many_authorities);
	ADD("/loader/no-config", test_no_config);
	ADD("/loader/config-is-folder", test_config_is_folder);
	ADD("/loader/missing-files", test_missing_files);
	ADD("/loader/empty-files", test_empty_files);
	ADD("/loader/fifo", test_fifo);
	ADD("/loader/large-files", test_large_files);
	ADD("/loader/unreadable", test_unreadable);
	ADD("/loader/errors-of-both-halves", test_errors_of_both_halves);
	ADD("/loader/modes", test_modes);
	ADD("/loader/tags", test_tags);
	ADD("/loader/token-key", test_token_key);
	ADD("/loader/token-trust", test_token_trust);
	ADD("/loader/token-missing", test_token_missing);
	ADD("/loader/revocation", test_revocation);
	ADD("/loader/no-cipher", test_no_cipher);
	return g_test_run();
}
