// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Private keys that requests name: keys of this kernel, lent to the real keeper for a moment.
 */
#include <config.h>

#include <errno.h>
#include <keyutils.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/unit/keeper_fixture.h"

#define BURST 100	/* far more answers than its channel holds */

static key_serial_t keyring;	/* that the keeper possesses */

static key_serial_t add(const char *name, GBytes *payload)
{
	gsize size;
	const void *data = g_bytes_get_data(payload, &size);
	key_serial_t serial = add_key("user", name, data, size, KEY_SPEC_SESSION_KEYRING);

	g_assert_cmpint(serial, >, 0);
	return serial;
}

static void start(struct fixture_keeper *keeper)
{
	static const char *const none[] = { NULL };

	keyring = add_key("keyring", "tlshd-test-keeper", NULL, 0, KEY_SPEC_SESSION_KEYRING);
	g_assert_cmpint(keyring, >, 0);
	g_assert_cmpint(keyctl_setperm(keyring, KEY_POS_ALL | KEY_USR_ALL), ==, 0);
	fixture_keyring = keyring;
	fixture_start(keeper, none);
}

static void stop(struct fixture_keeper *keeper)
{
	fixture_stop(keeper);
	keyctl_unlink(keyring, KEY_SPEC_SESSION_KEYRING);
	fixture_keyring = 0;
}

/* Lends the key if @lent, and returns the keeper's status. */
static int load(struct fixture_keeper *keeper, uint64_t job, key_serial_t serial, gboolean lent,
		union proto_message *answer)
{
	union proto_message message;

	if (lent)
		g_assert_cmpint(keyctl_link(serial, keyring), ==, 0);
	proto_init(&message, PROTO_LOAD);
	message.load.job = job;
	message.load.serial = serial;
	g_assert_cmpint(proto_send(keeper->control, &message, NULL, 0), ==, 0);
	g_assert_cmpint(fixture_next(keeper, answer), ==, 0);
	g_assert_cmpint(answer->header.type, ==, PROTO_KEY_LOADED);
	g_assert_cmpuint(answer->key_loaded.job, ==, job);
	if (lent)
		g_assert_cmpint(keyctl_unlink(serial, keyring), ==, 0);
	return answer->key_loaded.status;
}

static void open_requested(struct fixture_keeper *keeper, uint64_t job, uint32_t worker)
{
	union proto_message message;

	proto_init(&message, PROTO_OPEN);
	message.open.job = job;
	message.open.worker = worker;
	message.open.requested = 1;
	g_assert_cmpint(proto_send(keeper->control, &message, NULL, 0), ==, 0);
}

static int ask(int channel, uint64_t job, uint16_t scheme, union proto_message *message)
{
	fixture_call(message, job, PROTO_KEY_REQUESTED, scheme);
	return fixture_ask(channel, message);
}

static void test_signs(void)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned int bits;
		uint16_t scheme;
	} cases[] = {
		{ GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0x0403 },
		{ GNUTLS_PK_RSA, 2048, 0x0804 },
		{ GNUTLS_PK_EDDSA_ED25519, 0, 0x0807 },
	};
	struct fixture_keeper keeper;
	union proto_message message, loaded;
	uint8_t input[PROTO_SIGN_INPUT_MAX];

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	for (uint64_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		gnutls_x509_privkey_t private = fixture_key(cases[i].pk, cases[i].bits);
		g_autoptr(GBytes) der = fixture_export(private, FORM_PKCS8_DER);
		g_autoptr(GBytes) spki = fixture_spki(private);
		key_serial_t serial = add("tlshd-test-key", der);
		g_assert_cmpint(load(&keeper, i + 1, serial, TRUE, &loaded), ==, 0);
		g_assert_cmpmem(loaded.key_loaded.spki, loaded.key_loaded.spki_length, g_bytes_get_data(spki, NULL),
				g_bytes_get_size(spki));
		/* Loaded is not opened. */
		g_assert_cmpint(ask(channel, i + 1, cases[i].scheme, &message), ==, -EPERM);
		open_requested(&keeper, i + 1, 1);
		fixture_call(&message, i + 1, PROTO_KEY_REQUESTED, cases[i].scheme);
		size_t length = message.sign.length;
		memcpy(input, message.sign.input, length);
		g_assert_cmpint(fixture_ask(channel, &message), ==, 0);
		g_assert_true(fixture_verifies(loaded.key_loaded.spki, loaded.key_loaded.spki_length, cases[i].scheme,
					       input, length, message.signature.signature, message.signature.length));
		g_assert_cmpint(ask(channel, i + 1, cases[i].scheme, &message), ==, -EPERM);
		fixture_close(&keeper, i + 1);
		gnutls_x509_privkey_deinit(private);
		keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
	}
	close(channel);
	stop(&keeper);
}

/* What is not lent cannot be read, whoever's it is: possession is all that the keeper has. */
static void test_not_lent(void)
{
	gnutls_x509_privkey_t private = fixture_key(GNUTLS_PK_EDDSA_ED25519, 0);
	g_autoptr(GBytes) der = fixture_export(private, FORM_PKCS8_DER);
	struct fixture_keeper keeper;
	union proto_message loaded;

	start(&keeper);
	key_serial_t serial = add("tlshd-test-key", der);
	g_assert_cmpint(load(&keeper, 1, serial, FALSE, &loaded), ==, -EACCES);
	g_assert_cmpint(load(&keeper, 2, serial, TRUE, &loaded), ==, 0);
	g_assert_cmpint(load(&keeper, 3, serial, FALSE, &loaded), ==, -EACCES);
	fixture_close(&keeper, 2);
	stop(&keeper);
	keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
	gnutls_x509_privkey_deinit(private);
}

static void test_unusable(void)
{
	gnutls_x509_privkey_t private = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) certificate = fixture_certificate(private, GNUTLS_X509_FMT_DER);
	g_autoptr(GBytes) garbage = g_bytes_new_static("garbage", 7);
	struct fixture_keeper keeper;
	union proto_message loaded;

	start(&keeper);
	key_serial_t serial = add("tlshd-test-certificate", certificate);
	g_assert_cmpint(load(&keeper, 1, serial, TRUE, &loaded), ==, -EKEYREJECTED);
	fixture_await_notice(&keeper, "which a mount names, holds a certificate, not a private key");
	key_serial_t other = add("tlshd-test-garbage", garbage);
	g_assert_cmpint(load(&keeper, 2, other, TRUE, &loaded), ==, -EKEYREJECTED);
	g_assert_cmpint(load(&keeper, 3, INT32_MAX, FALSE, &loaded), ==, -ENOKEY);
	keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
	stop(&keeper);
	gnutls_x509_privkey_deinit(private);
}

/* After CLOSE, and for a second key of one job. */
static void test_ends(void)
{
	gnutls_x509_privkey_t private = fixture_key(GNUTLS_PK_EDDSA_ED25519, 0);
	g_autoptr(GBytes) der = fixture_export(private, FORM_PKCS8_DER);
	struct fixture_keeper keeper;
	union proto_message loaded, message;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	key_serial_t serial = add("tlshd-test-key", der);
	g_assert_cmpint(load(&keeper, 1, serial, TRUE, &loaded), ==, 0);
	g_assert_cmpint(load(&keeper, 1, serial, TRUE, &loaded), ==, -EEXIST);
	fixture_close(&keeper, 1);
	open_requested(&keeper, 1, 1);
	g_assert_cmpint(ask(channel, 1, 0x0807, &message), ==, -EPERM);
	fixture_close(&keeper, 1);
	close(channel);
	stop(&keeper);
	keyctl_unlink(serial, KEY_SPEC_SESSION_KEYRING);
	gnutls_x509_privkey_deinit(private);
}

static gboolean sleeps(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return strstr(text, ") S ") != NULL;
}

/* Until it has nothing to do for a while. */
static void await_rest(const struct fixture_keeper *keeper)
{
	for (unsigned int calm = 0; calm < 50; g_usleep(100))
		calm = sleeps(keeper->pid) ? calm + 1 : 0;
}

/* Many mounts at once, and a supervisor that is busy elsewhere: each answer comes, and the ping's, too. */
static void test_burst(void)
{
	gnutls_x509_privkey_t private = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) der = fixture_export(private, FORM_PKCS8_DER);
	static const struct timeval patience = { .tv_sec = 5 };
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	key_serial_t serial = add("tlshd-test-key", der);
	g_assert_cmpint(keyctl_link(serial, keyring), ==, 0);
	for (unsigned int job = 1; job <= BURST; job++) {
		proto_init(&message, PROTO_LOAD);
		message.load.job = job;
		message.load.serial = serial;
		g_assert_cmpint(proto_send(keeper.control, &message, NULL, 0), ==, 0);
	}
	proto_init(&message, PROTO_PING);
	message.ping.serial = 7;
	g_assert_cmpint(proto_send(keeper.control, &message, NULL, 0), ==, 0);
	/* It has read all there is, or waits for room to answer. */
	await_rest(&keeper);
	g_assert_cmpint(setsockopt(keeper.control, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), ==, 0);
	for (unsigned int job = 1; job <= BURST; job++) {
		g_assert_cmpint(proto_receive(keeper.control, &message, 0, NULL, 0), ==, 0);
		g_assert_cmpint(message.header.type, ==, PROTO_KEY_LOADED);
		g_assert_cmpuint(message.key_loaded.job, ==, job);
		g_assert_cmpint(message.key_loaded.status, ==, 0);
	}
	g_assert_cmpint(proto_receive(keeper.control, &message, 0, NULL, 0), ==, 0);
	g_assert_cmpint(message.header.type, ==, PROTO_PONG);
	stop(&keeper);
	gnutls_x509_privkey_deinit(private);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	if (keyctl_join_session_keyring(NULL) < 0) {
		g_test_message("no keyrings here: %s", g_strerror(errno));
		return 77;
	}
	g_test_add_func("/requested/burst", test_burst);
	g_test_add_func("/requested/signs", test_signs);
	g_test_add_func("/requested/not-lent", test_not_lent);
	g_test_add_func("/requested/unusable", test_unusable);
	g_test_add_func("/requested/ends", test_ends);
	int ret = g_test_run();
	fixture_done();
	return ret;
}
