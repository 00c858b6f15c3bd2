// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys, files and a keeper for tests.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper_fixture.h"
#include "scheme.h"
#include "snapshot_format.h"

#define NOBODY "65534"
#define PATIENCE_S 60	/* nothing takes so long, not even under valgrind: a hang fails instead */

static char *folder;

#define must(code) fixture_must((code), #code)
static void fixture_must(int code, const char *what)
{
	if (code < 0)
		g_error("%s: %s", what, gnutls_strerror(code));
}

const char *fixture_folder(void)
{
	if (!folder) {
		folder = g_dir_make_tmp("keeper-test-XXXXXX", NULL);
		g_assert_nonnull(folder);
	}
	return folder;
}

void fixture_done(void)
{
	if (!folder)
		return;
	GDir *dir = g_dir_open(folder, 0, NULL);
	for (const char *name; (name = g_dir_read_name(dir));) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_remove(path);
	}
	g_dir_close(dir);
	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_clear_pointer(&folder, g_free);
}

char *fixture_file(const char *name, const void *data, size_t size, mode_t mode)
{
	char *path = g_build_filename(fixture_folder(), name, NULL);

	/* An older one may have a mode that keeps us out. */
	g_remove(path);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, data, size), ==, size);
	g_assert_cmpint(fchmod(fd, mode), ==, 0);
	close(fd);
	return path;
}

gnutls_x509_privkey_t fixture_key(gnutls_pk_algorithm_t pk, unsigned int bits)
{
	gnutls_x509_privkey_t key;

	must(gnutls_x509_privkey_init(&key));
	must(gnutls_x509_privkey_generate(key, pk, bits, 0));
	return key;
}

gnutls_x509_privkey_t fixture_pss_key(gnutls_digest_algorithm_t digest)
{
	gnutls_x509_privkey_t key = fixture_key(GNUTLS_PK_RSA_PSS, 2048);
	gnutls_x509_spki_t spki;

	must(gnutls_x509_spki_init(&spki));
	gnutls_x509_spki_set_rsa_pss_params(spki, digest, gnutls_hash_get_len(digest));
	must(gnutls_x509_privkey_set_spki(key, spki, 0));
	gnutls_x509_spki_deinit(spki);
	return key;
}

static GBytes *take(gnutls_datum_t *datum)
{
	GBytes *bytes = g_bytes_new(datum->data, datum->size);

	gnutls_free(datum->data);
	return bytes;
}

GBytes *fixture_export(gnutls_x509_privkey_t key, enum fixture_form form)
{
	bool der = form == FORM_PKCS8_DER || form == FORM_TRADITIONAL_DER || form == FORM_ENCRYPTED_DER;
	gnutls_x509_crt_fmt_t format = der ? GNUTLS_X509_FMT_DER : GNUTLS_X509_FMT_PEM;
	gnutls_datum_t out;

	if (form == FORM_TRADITIONAL || form == FORM_TRADITIONAL_DER)
		must(gnutls_x509_privkey_export2(key, format, &out));
	else if (form == FORM_ENCRYPTED || form == FORM_ENCRYPTED_DER)
		must(gnutls_x509_privkey_export2_pkcs8(key, format, "passphrase", GNUTLS_PKCS_PBES2_AES_256, &out));
	else
		must(gnutls_x509_privkey_export2_pkcs8(key, format, NULL, GNUTLS_PKCS_PLAIN, &out));
	return take(&out);
}

char *fixture_key_file(const char *name, gnutls_x509_privkey_t key, enum fixture_form form)
{
	g_autoptr(GBytes) bytes = fixture_export(key, form);
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);

	return fixture_file(name, data, size, 0600);
}

GBytes *fixture_certificate(gnutls_x509_privkey_t key, gnutls_x509_crt_fmt_t format)
{
	gnutls_x509_crt_t certificate;
	gnutls_datum_t out;

	must(gnutls_x509_crt_init(&certificate));
	must(gnutls_x509_crt_set_version(certificate, 3));
	must(gnutls_x509_crt_set_key(certificate, key));
	must(gnutls_x509_crt_set_serial(certificate, "\1", 1));
	must(gnutls_x509_crt_set_activation_time(certificate, 1700000000));
	must(gnutls_x509_crt_set_expiration_time(certificate, 1900000000));
	must(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0));
	must(gnutls_x509_crt_export2(certificate, format, &out));
	gnutls_x509_crt_deinit(certificate);
	return take(&out);
}

GBytes *fixture_spki(gnutls_x509_privkey_t key)
{
	gnutls_privkey_t private;
	gnutls_pubkey_t public;
	gnutls_datum_t out;

	must(gnutls_privkey_init(&private));
	must(gnutls_privkey_import_x509(private, key, 0));
	must(gnutls_pubkey_init(&public));
	must(gnutls_pubkey_import_privkey(public, private, 0, 0));
	must(gnutls_pubkey_export2(public, GNUTLS_X509_FMT_DER, &out));
	gnutls_pubkey_deinit(public);
	gnutls_privkey_deinit(private);
	return take(&out);
}

gboolean fixture_verifies(const void *spki, size_t spki_size, uint16_t scheme, const uint8_t *input, size_t length,
			  const uint8_t *signature, size_t signature_length)
{
	const gnutls_datum_t key = { (unsigned char *)spki, spki_size };
	const gnutls_datum_t data = { (unsigned char *)input, length };
	const gnutls_datum_t made = { (unsigned char *)signature, signature_length };
	const struct scheme *entry = scheme_by_code(scheme);
	gnutls_pubkey_t public;
	int ret;

	must(gnutls_pubkey_init(&public));
	must(gnutls_pubkey_import(public, &key, GNUTLS_X509_FMT_DER));
	if (entry->digest_length > 0)
		ret = gnutls_pubkey_verify_hash2(public, entry->algorithm, 0, &data, &made);
	else
		ret = gnutls_pubkey_verify_data2(public, entry->algorithm, 0, &data, &made);
	gnutls_pubkey_deinit(public);
	return ret >= 0;
}

size_t fixture_input(uint16_t scheme, uint8_t *input)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";
	const struct scheme *entry = scheme_by_code(scheme);
	size_t length = entry ? entry->digest_length : 32;

	if (length == 0) {
		memset(input, ' ', 64);
		memcpy(input + 64, context, sizeof(context));
		length = 64 + sizeof(context) + 32;
		memset(input + length - 32, 0x5a, 32);
	} else {
		memset(input, 0x5a, length);
	}
	return length;
}

static void put(GByteArray *image, uint32_t number)
{
	g_byte_array_append(image, (const guint8 *)&number, sizeof(number));
}

static void put_text(GByteArray *image, const char *text)
{
	put(image, strlen(text));
	g_byte_array_append(image, (const guint8 *)text, strlen(text) + 1);
}

int fixture_keylist(const char *const *paths)
{
	g_autoptr(GByteArray) image = g_byte_array_new();
	uint32_t count = g_strv_length((char **)paths);

	put(image, KEYLIST_MAGIC);
	put(image, SNAPSHOT_FORMAT);
	put(image, 0);
	put(image, count);
	for (uint32_t i = 0; i < count; i++) {
		g_autofree char *origin = g_strdup_printf("/etc/tlshd/config:%u", 10 + i);
		put_text(image, paths[i]);
		put_text(image, origin);
	}
	memcpy(image->data + 2 * sizeof(uint32_t), &image->len, sizeof(uint32_t));
	int fd = memfd_create("keylist", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, image->data, image->len), ==, image->len);
	g_assert_cmpint(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), ==, 0);
	return fd;
}

/* Fails instead of waiting for ever. */
static void limit_patience(int fd)
{
	const struct timeval limit = { .tv_sec = PATIENCE_S };

	g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), ==, 0);
	g_assert_cmpint(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)), ==, 0);
}

static void pair(int *ours, int *theirs)
{
	int fds[2];

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), ==, 0);
	limit_patience(fds[0]);
	*ours = fds[0];
	*theirs = fds[1];
}

int fixture_keyring;

void fixture_spawn(struct fixture_keeper *keeper, int keylist, const char *uid)
{
	g_autofree char *own = g_strdup_printf("%u", getuid());
	int control, grants;

	memset(keeper, 0, sizeof(*keeper));
	keeper->notices = g_string_new(NULL);
	pair(&keeper->control, &control);
	pair(&keeper->grants, &grants);
	if (!uid)
		uid = getuid() == 0 ? NOBODY : own;
	keeper->pid = fork();
	g_assert_cmpint(keeper->pid, >=, 0);
	if (keeper->pid == 0) {
		/* Out of the way first: one may lie where another belongs. */
		int high_control = fcntl(control, F_DUPFD_CLOEXEC, 20);
		int high_keylist = fcntl(keylist, F_DUPFD_CLOEXEC, 20);
		int high_grants = fcntl(grants, F_DUPFD_CLOEXEC, 20);
		dup2(high_control, PROTO_FD_SUPERVISOR);
		dup2(high_grants, PROTO_FD_GRANTS);
		dup2(high_keylist, PROTO_FD_SNAPSHOT);
		/* Left open by mistake, between and beyond the two. */
		dup2(STDERR_FILENO, PROTO_FD_SIGN);
		dup2(STDERR_FILENO, 30);
		g_autofree char *keyring = g_strdup_printf("%d", fixture_keyring);
		execl(KEEPER_PROGRAM, "keeper", uid, NOBODY, fixture_keyring ? keyring : NULL, (char *)NULL);
		_exit(127);
	}
	close(control);
	close(grants);
	close(keylist);
}

static void keep_notice(struct fixture_keeper *keeper, const struct proto_notice *notice)
{
	g_string_append_printf(keeper->notices, "<%u>%s\n", notice->priority, notice->text);
}

int fixture_next(struct fixture_keeper *keeper, union proto_message *message)
{
	for (;;) {
		int ret = proto_receive(keeper->control, message, 0, NULL, 0);
		if (ret < 0 || message->header.type != PROTO_NOTICE)
			return ret;
		keep_notice(keeper, &message->notice);
	}
}

void fixture_await_notice(struct fixture_keeper *keeper, const char *text)
{
	union proto_message message;

	while (!strstr(keeper->notices->str, text)) {
		if (proto_receive(keeper->control, &message, 0, NULL, 0) < 0)
			g_error("no notice \"%s\" in: %s", text, keeper->notices->str);
		g_assert_cmpstr(proto_name(message.header.type), ==, "NOTICE");
		keep_notice(keeper, &message.notice);
	}
}

void fixture_start(struct fixture_keeper *keeper, const char *const *paths)
{
	union proto_message message;

	fixture_spawn(keeper, fixture_keylist(paths), NULL);
	for (;;) {
		int ret = fixture_next(keeper, &message);
		if (ret < 0)
			g_error("the keeper does not start (%s): %s", g_strerror(-ret), keeper->notices->str);
		if (message.header.type == PROTO_KEEPER_READY)
			break;
		g_assert_cmpint(message.header.type, ==, PROTO_KEY);
		g_assert_cmpuint(message.key.key, ==, keeper->keys);
		keeper->key[keeper->keys++] = message.key;
	}
	g_assert_cmpuint(message.keeper_ready.keys, ==, keeper->keys);
	g_assert_cmpuint(keeper->keys, ==, g_strv_length((char **)paths));
}

int fixture_wait(struct fixture_keeper *keeper)
{
	int status;

	g_assert_cmpint(waitpid(keeper->pid, &status, 0), ==, keeper->pid);
	if (keeper->control >= 0)
		close(keeper->control);
	close(keeper->grants);
	g_string_free(keeper->notices, TRUE);
	if (WIFSIGNALED(status))
		g_error("the keeper died of signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

void fixture_stop(struct fixture_keeper *keeper)
{
	close(keeper->control);
	keeper->control = -1;
	g_assert_cmpint(fixture_wait(keeper), ==, 0);
}

int fixture_attach(struct fixture_keeper *keeper, uint32_t worker)
{
	union proto_message message;
	int ours, theirs;

	pair(&ours, &theirs);
	proto_init(&message, PROTO_ATTACH);
	message.attach.worker = worker;
	g_assert_cmpint(proto_send(keeper->control, &message, &theirs, 1), ==, 0);
	close(theirs);
	return ours;
}

static void send_open(int channel, uint64_t job, uint32_t worker, uint32_t keys)
{
	union proto_message message;

	proto_init(&message, PROTO_OPEN);
	message.open.job = job;
	message.open.worker = worker;
	message.open.keys = keys;
	g_assert_cmpint(proto_send(channel, &message, NULL, 0), ==, 0);
}

static void send_close(int channel, uint64_t job)
{
	union proto_message message;

	proto_init(&message, PROTO_CLOSE);
	message.close.job = job;
	g_assert_cmpint(proto_send(channel, &message, NULL, 0), ==, 0);
}

void fixture_open(struct fixture_keeper *keeper, uint64_t job, uint32_t worker, uint32_t keys)
{
	send_open(keeper->control, job, worker, keys);
}

void fixture_close(struct fixture_keeper *keeper, uint64_t job)
{
	send_close(keeper->control, job);
}

void fixture_grant(struct fixture_keeper *keeper, uint64_t job, uint32_t worker, uint32_t keys)
{
	send_open(keeper->grants, job, worker, keys);
}

void fixture_withdraw(struct fixture_keeper *keeper, uint64_t job)
{
	send_close(keeper->grants, job);
}

void fixture_grants(struct fixture_keeper *keeper)
{
	union proto_message message;

	proto_init(&message, PROTO_GRANTS);
	g_assert_cmpint(proto_send(keeper->control, &message, NULL, 0), ==, 0);
}

void fixture_ping(struct fixture_keeper *keeper)
{
	static uint32_t serial;
	union proto_message message;

	proto_init(&message, PROTO_PING);
	message.ping.serial = ++serial;
	g_assert_cmpint(proto_send(keeper->control, &message, NULL, 0), ==, 0);
	g_assert_cmpint(fixture_next(keeper, &message), ==, 0);
	g_assert_cmpstr(proto_name(message.header.type), ==, "PONG");
	g_assert_cmpuint(message.ping.serial, ==, serial);
}

void fixture_call(union proto_message *message, uint64_t job, uint32_t key, uint16_t scheme)
{
	static uint32_t calls;

	proto_init(message, PROTO_SIGN);
	message->sign.job = job;
	message->sign.call = __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	message->sign.key = key;
	message->sign.scheme = scheme;
	message->sign.length = fixture_input(scheme, message->sign.input);
}

int fixture_ask(int channel, union proto_message *message)
{
	uint32_t call = message->sign.call;

	g_assert_cmpint(proto_send(channel, message, NULL, 0), ==, 0);
	g_assert_cmpint(proto_receive(channel, message, 0, NULL, 0), ==, 0);
	g_assert_cmpstr(proto_name(message->header.type), ==, "SIGNATURE");
	g_assert_cmpuint(message->signature.call, ==, call);
	return message->signature.status;
}
