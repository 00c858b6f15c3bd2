// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys in a token, with the whole keeper: SoftHSM is the token, behind a module that takes its time and counts logins.
 */
#include <config.h>

#include <errno.h>
#include <ftw.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keeper_fixture.h"

#define PIN "24680864"
#define WRONG_PIN "97531357"

enum { P256, RSA, CERTIFIED, KEYS };

static char *home;		/* of SoftHSM */
static char *logins;		/* file with a byte for each login */
static GBytes *spkis[KEYS];

static const char *softhsm(void)
{
	static const char *const places[] = {
		"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/lib/pkcs11/libsofthsm2.so",
		"/usr/lib64/softhsm/libsofthsm2.so",
	};

	for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
		if (access(places[i], R_OK) == 0)
			return places[i];
	}
	return NULL;
}

/* NULL, or what is missing. */
static const char *missing(void)
{
	g_autofree char *util = g_find_program_in_path("softhsm2-util");
	g_autofree char *p11tool = g_find_program_in_path("p11tool");

	if (!util || !softhsm())
		return "SoftHSM is not installed (package softhsm2)";
	if (!p11tool)
		return "p11tool is not installed (package gnutls-bin)";
	return access(SLOWTOKEN, R_OK) == 0 ? NULL : "the test's module was not built (package libp11-kit-dev)";
}

/* The words are divided by spaces; what it says is shown when it fails. */
static bool try(const char *format, ...) G_GNUC_PRINTF(1, 2);
static bool try(const char *format, ...)
{
	g_autofree char *out = NULL, *err = NULL;
	va_list arguments;
	int status = -1;

	va_start(arguments, format);
	g_autofree char *command = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_assert_true(g_spawn_command_line_sync(command, &out, &err, &status, NULL));
	if (status != 0)
		g_test_message("%s: %s%s", command, out, err);
	return status == 0;
}

#define must(...) g_assert_true(try(__VA_ARGS__))

static void make_key(unsigned int number, const char *label, gnutls_x509_privkey_t key)
{
	g_autofree char *file = fixture_key_file(label, key, FORM_PKCS8);

	must("softhsm2-util --import %s --token ours --label %s --id 0%u --pin " PIN, file, label, number + 1);
	spkis[number] = fixture_spki(key);
	if (number == CERTIFIED) {
		g_autoptr(GBytes) pem = fixture_certificate(key, GNUTLS_X509_FMT_PEM);
		g_autofree char *path = fixture_file("certificate", g_bytes_get_data(pem, NULL), g_bytes_get_size(pem), 0600);
		must("p11tool --batch --provider %s --login --set-pin=" PIN " --delete pkcs11:token=ours;object=%s;type=public",
		     softhsm(), label);
		must("p11tool --batch --provider %s --login --set-pin=" PIN " --write --load-certificate %s --label %s "
		     "--id 0%u pkcs11:token=ours", softhsm(), path, label, number + 1);
	}
	gnutls_x509_privkey_deinit(key);
}

/* The keeper's user has to reach the token, as with a real one. */
static int give_away(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st, (void)kind, (void)walk;
	return getuid() == 0 ? chown(path, 65534, 65534) : 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
	(void)st, (void)kind, (void)walk;
	return remove(path);
}

static void make_token(void)
{
	home = g_dir_make_tmp("keeper-token-XXXXXX", NULL);
	g_autofree char *tokens = g_build_filename(home, "tokens", NULL);
	g_autofree char *conf = g_build_filename(home, "softhsm2.conf", NULL);
	g_autofree char *text = g_strdup_printf("directories.tokendir = %s\nobjectstore.backend = file\n", tokens);

	logins = g_build_filename(home, "logins", NULL);
	g_assert_cmpint(mkdir(tokens, 0700), ==, 0);
	g_assert_true(g_file_set_contents(conf, text, -1, NULL));
	g_assert_true(g_file_set_contents(logins, "", 0, NULL));
	setenv("SOFTHSM2_CONF", conf, 1);
	setenv("SLOWTOKEN_MODULE", softhsm(), 1);
	setenv("SLOWTOKEN_MS", "0", 1);
	setenv("SLOWTOKEN_LOGINS", logins, 1);
	must("softhsm2-util --init-token --free --label ours --pin " PIN " --so-pin 13571357");
	make_key(P256, "p256", fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)));
	make_key(RSA, "rsa", fixture_key(GNUTLS_PK_RSA, 2048));
	make_key(CERTIFIED, "certified", fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)));
	g_assert_cmpint(nftw(home, give_away, 8, FTW_PHYS), ==, 0);
}

#define URL(object, query) "pkcs11:token=ours;object=" object "?module-path=" SLOWTOKEN query

static char *pin_file(const char *name, const char *pin, mode_t mode)
{
	g_autofree char *line = g_strdup_printf("%s\n", pin);

	return fixture_file(name, line, strlen(line), mode);
}

/* Who logged in since the last call, and how that went. */
static char *read_logins(void)
{
	char *text;

	g_assert_true(g_file_get_contents(logins, &text, NULL, NULL));
	g_assert_cmpint(truncate(logins, 0), ==, 0);
	return text;
}

static int ask(int channel, uint64_t job, uint32_t key, uint16_t scheme, union proto_message *message)
{
	fixture_call(message, job, key, scheme);
	return fixture_ask(channel, message);
}

static void signs(struct fixture_keeper *keeper, int channel, uint32_t key, uint16_t scheme)
{
	static uint64_t jobs;
	union proto_message message;
	uint8_t input[PROTO_SIGN_INPUT_MAX];
	size_t length = fixture_input(scheme, input);

	fixture_open(keeper, ++jobs, 1, 1u << key);
	g_assert_cmpint(ask(channel, jobs, key, scheme, &message), ==, 0);
	g_assert_true(fixture_verifies(keeper->key[key].spki, keeper->key[key].spki_length, scheme, input, length,
				       message.signature.signature, message.signature.length));
	fixture_close(keeper, jobs);
}

static void has_spki(const struct fixture_keeper *keeper, uint32_t key, unsigned int number)
{
	g_assert_cmpmem(keeper->key[key].spki, keeper->key[key].spki_length, g_bytes_get_data(spkis[number], NULL),
			g_bytes_get_size(spkis[number]));
}

static void test_sign(void)
{
	g_autofree char *pin = pin_file("pin", PIN, 0600);
	g_autofree char *source = g_strdup_printf(URL("p256", "&pin-source=file:%s"), pin);
	gnutls_x509_privkey_t made = fixture_key(GNUTLS_PK_EDDSA_ED25519, 256);
	g_autofree char *file = fixture_key_file("file", made, FORM_PKCS8);
	struct fixture_keeper keeper;

	fixture_start(&keeper, (const char *[]){ source, URL("rsa", "&pin-value=" PIN), file,
						 URL("certified;type=private", "&pin-value=%324680864"), NULL });
	has_spki(&keeper, 0, P256);
	has_spki(&keeper, 1, RSA);
	has_spki(&keeper, 3, CERTIFIED);
	int channel = fixture_attach(&keeper, 1);
	signs(&keeper, channel, 0, 0x0403);
	signs(&keeper, channel, 1, 0x0804);
	signs(&keeper, channel, 1, 0x0805);
	signs(&keeper, channel, 1, 0x0806);
	signs(&keeper, channel, 2, 0x0807);
	signs(&keeper, channel, 3, 0x0503);
	close(channel);
	g_assert_null(strstr(keeper.notices->str, "private key"));
	fixture_stop(&keeper);
	g_autofree char *seen = read_logins();
	g_assert_cmpstr(seen, ==, "+");
	gnutls_x509_privkey_deinit(made);
}

/* It ends with these words and without the PIN; and where that is the trouble, the supervisor is told. */
static void refuses(const char *const *keys, bool pin_trouble, const char *const *texts)
{
	struct fixture_keeper keeper;
	union proto_message message;

	fixture_spawn(&keeper, fixture_keylist(keys), NULL);
	int ret = fixture_next(&keeper, &message);
	if (pin_trouble) {
		g_assert_cmpint(ret, ==, 0);
		g_assert_cmpstr(proto_name(message.header.type), ==, "PIN_TROUBLE");
		ret = fixture_next(&keeper, &message);
	}
	g_assert_cmpint(ret, ==, -EPIPE);
	for (; *texts; texts++) {
		if (!strstr(keeper.notices->str, *texts))
			g_error("\"%s\" is not in: %s", *texts, keeper.notices->str);
	}
	g_assert_null(strstr(keeper.notices->str, PIN));
	g_assert_null(strstr(keeper.notices->str, WRONG_PIN));
	g_assert_null(strstr(keeper.notices->str, "pin-value="));
	g_assert_cmpint(fixture_wait(&keeper), ==, 1);
}

#define refuses_one(url, ...) refuses((const char *[]){ url, NULL }, false, (const char *[]){ __VA_ARGS__, NULL })
#define refuses_pin(url, ...) refuses((const char *[]){ url, NULL }, true, (const char *[]){ __VA_ARGS__, NULL })
#define SAYS(object) "<3>private key pkcs11:token=ours;object=" object " (/etc/tlshd/config:10) "

static void test_refused(void)
{
	refuses_one(URL("other", "&pin-value=" PIN), SAYS("other") "names no private key of its token");
	refuses_pin(URL("p256", ""), SAYS("p256") "is in a token that wants a PIN", "?pin-source=FILE");
	refuses_one("pkcs11:token=theirs;object=p256?module-path=" SLOWTOKEN "&pin-value=" PIN,
		    "names a token that is not there (found: \"ours\"", "module-path names its module");
	refuses_one("pkcs11:token=ours;object=p256?module-path=/nonexistent.so&pin-value=" PIN,
		    SAYS("p256") "needs the PKCS#11 module /nonexistent.so, which cannot be loaded (No such file");
	refuses_one("pkcs11:token=ours;object=p256?module-path=/etc/hostname&pin-value=" PIN,
		    SAYS("p256") "needs the PKCS#11 module /etc/hostname, which cannot be loaded (PKCS #11");
	refuses_one("pkcs11:token=ours?module-path=" SLOWTOKEN "&pin-value=" PIN, "does not say which key of the token");
	refuses_one("https://example.test/key?pin-value=" PIN, "private key https://example.test/key (", "of a kind that");
	refuses_one("pkcs11:object=o?pin-value=" PIN "&pin-source=/p", "has both pin-value and pin-source");
	g_autofree char *seen = read_logins();
	g_assert_cmpstr(seen, ==, "+");		/* for the object that is not there */
}

static void test_pin_files(void)
{
	g_autofree char *open = pin_file("open", PIN, 0644);
	g_autofree char *empty = pin_file("empty", "", 0600);
	g_autofree char *open_url = g_strdup_printf(URL("p256", "&pin-source=%s"), open);
	g_autofree char *empty_url = g_strdup_printf(URL("p256", "&pin-source=%s"), empty);

	refuses_one(open_url, SAYS("p256") "has its PIN in ", "which can be read by every user (mode 0644)");
	refuses_one(empty_url, SAYS("p256") "has its PIN in ", "which has to hold the PIN in one line");
	refuses_one(URL("p256", "&pin-source=/nonexistent"), "has its PIN in /nonexistent, which cannot be opened (No such");
	g_autofree char *seen = read_logins();
	g_assert_cmpstr(seen, ==, "");
}

/* One try, for all keys and all keepers, until a person has logged in. */
static void test_wrong_pin(void)
{
	static const char *const keys[] = {
		URL("p256", "&pin-value=" WRONG_PIN), URL("rsa", "&pin-value=" WRONG_PIN), NULL,
	};
	struct fixture_keeper keeper;

	refuses(keys, true, (const char *[]){
		SAYS("p256") "is in a token that refuses the PIN; it was tried once",
		"object=rsa (/etc/tlshd/config:11) is in a token that has just refused a PIN", NULL,
	});
	refuses(keys, true, (const char *[]){
		SAYS("p256") "is in a token where the last PIN was wrong",
		"object=rsa (/etc/tlshd/config:11) is in a token where the last PIN was wrong", NULL,
	});
	refuses_pin(URL("p256", "&pin-value=" PIN), SAYS("p256") "is in a token where the last PIN was wrong");
	g_autofree char *seen = read_logins();
	g_assert_cmpstr(seen, ==, "-");
	must("p11tool --batch --provider %s --login --set-pin=" PIN " --list-keys pkcs11:token=ours", softhsm());
	g_assert_cmpint(nftw(home, give_away, 8, FTW_PHYS), ==, 0);
	fixture_start(&keeper, (const char *[]){ URL("p256", "&pin-value=" PIN), NULL });
	fixture_stop(&keeper);
	g_autofree char *later = read_logins();
	g_assert_cmpstr(later, ==, "+");
}

static bool is_readable(int fd)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };

	return poll(&pollfd, 1, 0) == 1;
}

/* While the token makes one signature, keys from files make a hundred for another worker. */
static void test_slow(void)
{
	gnutls_x509_privkey_t made = fixture_key(GNUTLS_PK_EDDSA_ED25519, 256);
	g_autofree char *file = fixture_key_file("file", made, FORM_PKCS8);
	struct fixture_keeper keeper;
	union proto_message slow, message;

	setenv("SLOWTOKEN_MS", "700", 1);
	fixture_start(&keeper, (const char *[]){ URL("rsa", "&pin-value=" PIN), file, NULL });
	setenv("SLOWTOKEN_MS", "0", 1);
	g_assert_cmpuint(keeper.key[0].trial_us, >, 700 * 1000);
	g_assert_cmpuint(keeper.key[1].trial_us, <=, PROTO_SLOW_US);
	int waiting = fixture_attach(&keeper, 2), channel = fixture_attach(&keeper, 1);
	signs(&keeper, channel, 1, 0x0807);
	fixture_open(&keeper, 10000, 2, 1);
	fixture_call(&slow, 10000, 0, 0x0804);
	g_assert_cmpint(proto_send(waiting, &slow, NULL, 0), ==, 0);
	for (unsigned int i = 0; i < 100; i++)
		signs(&keeper, channel, 1, 0x0807);
	fixture_ping(&keeper);
	g_assert_false(is_readable(waiting));
	g_assert_cmpint(proto_receive(waiting, &message, 0, NULL, 0), ==, 0);
	g_assert_cmpint(message.signature.status, ==, 0);
	close(waiting);
	close(channel);
	fixture_stop(&keeper);
	gnutls_x509_privkey_deinit(made);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	const char *lack = missing();
	if (lack) {
		g_print("1..0 # SKIP %s\n", lack);
		return 77;
	}
	make_token();
	g_test_add_func("/token/sign", test_sign);
	g_test_add_func("/token/refused", test_refused);
	g_test_add_func("/token/pin-files", test_pin_files);
	g_test_add_func("/token/wrong-pin", test_wrong_pin);
	g_test_add_func("/token/slow", test_slow);
	int ret = g_test_run();
	g_assert_cmpint(nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS), ==, 0);
	for (unsigned int i = 0; i < KEYS; i++)
		g_bytes_unref(spkis[i]);
	g_free(home);
	g_free(logins);
	fixture_done();
	return ret;
}
