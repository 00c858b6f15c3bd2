// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole keeper over its channels: how it starts, how it refuses to, what it signs, and what hostile workers get.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "keeper/oracle.h"
#include "keeper_fixture.h"

enum { P256, P384, P521, RSA, PSS, ED25519, ED448, RSA_8192, KEYS };

static char *paths[KEYS + 1];
static GBytes *spkis[KEYS];

#define ALL_KEYS ((1u << KEYS) - 1)

static void make_key(unsigned int number, const char *name, gnutls_x509_privkey_t key)
{
	paths[number] = fixture_key_file(name, key, FORM_PKCS8);
	spkis[number] = fixture_spki(key);
	gnutls_x509_privkey_deinit(key);
}

/* Made beforehand: making it takes long. */
static gnutls_x509_privkey_t rsa_8192(void)
{
	gnutls_x509_privkey_t key;
	g_autofree char *text = NULL;
	gsize size;

	g_assert_true(g_file_get_contents(TEST_RSA_8192, &text, &size, NULL));
	const gnutls_datum_t datum = { (unsigned char *)text, size };
	g_assert_cmpint(gnutls_x509_privkey_init(&key), ==, 0);
	g_assert_cmpint(gnutls_x509_privkey_import(key, &datum, GNUTLS_X509_FMT_PEM), ==, 0);
	return key;
}

static void make_keys(void)
{
	make_key(P256, "p256", fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1)));
	make_key(P384, "p384", fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP384R1)));
	make_key(P521, "p521", fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP521R1)));
	make_key(RSA, "rsa", fixture_key(GNUTLS_PK_RSA, 2048));
	make_key(PSS, "pss", fixture_key(GNUTLS_PK_RSA_PSS, 2048));
	make_key(ED25519, "ed25519", fixture_key(GNUTLS_PK_EDDSA_ED25519, 256));
	make_key(ED448, "ed448", fixture_key(GNUTLS_PK_EDDSA_ED448, 456));
	make_key(RSA_8192, "rsa8192", rsa_8192());
}

static void start(struct fixture_keeper *keeper)
{
	fixture_start(keeper, (const char *const *)paths);
}

/* One signature by the rules, verified. */
static void sign_well(struct fixture_keeper *keeper, int channel, uint32_t worker, uint64_t job, uint32_t key,
		      uint16_t scheme)
{
	union proto_message message;
	uint8_t input[PROTO_SIGN_INPUT_MAX];

	fixture_open(keeper, job, worker, 1u << key);
	fixture_call(&message, job, key, scheme);
	size_t length = message.sign.length;
	memcpy(input, message.sign.input, length);
	g_assert_cmpint(fixture_ask(channel, &message), ==, 0);
	g_assert_true(fixture_verifies(keeper->key[key].spki, keeper->key[key].spki_length, scheme, input, length,
				       message.signature.signature, message.signature.length));
	fixture_close(keeper, job);
}

static int ask(int channel, uint64_t job, uint32_t key, uint16_t scheme)
{
	union proto_message message;

	fixture_call(&message, job, key, scheme);
	return fixture_ask(channel, &message);
}

/* A field of /proc/PID/status as number; the base is that of the field. */
static unsigned long long status_field(pid_t pid, const char *field, int base)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	const char *at = strstr(text, field);
	g_assert_nonnull(at);
	return strtoull(at + strlen(field), NULL, base);
}

static uint64_t threads(pid_t pid)
{
	return status_field(pid, "\nThreads:", 10);
}

static uint64_t open_fds(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/fd", (int)pid);
	uint64_t count = 0;

	GDir *dir = g_dir_open(path, 0, NULL);
	if (!dir)
		return 0;	/* only root can look into a keeper */
	while (g_dir_read_name(dir))
		count++;
	g_dir_close(dir);
	return count;
}

static void test_start(void)
{
	struct fixture_keeper keeper;

	start(&keeper);
	for (uint32_t i = 0; i < KEYS; i++) {
		g_assert_cmpmem(keeper.key[i].spki, keeper.key[i].spki_length, g_bytes_get_data(spkis[i], NULL),
				g_bytes_get_size(spkis[i]));
		g_assert_cmpuint(keeper.key[i].trial_us, >, 0);
		g_assert_cmpuint(keeper.key[i].trial_us, <, 60 * 1000 * 1000);
	}
	g_assert_cmpuint(status_field(keeper.pid, "\nSeccomp:", 10), ==, 2);
	g_assert_cmpuint(status_field(keeper.pid, "\nNoNewPrivs:", 10), ==, 1);
	g_assert_cmpuint(status_field(keeper.pid, "\nCapPrm:", 16), ==, 0);
	g_assert_cmpuint(status_field(keeper.pid, "\nUid:", 10), !=, 0);
	g_assert_cmpuint(threads(keeper.pid), ==, 1);
	/* Standard input and the two outputs, and the control channel. */
	if (getuid() == 0)
		g_assert_cmpuint(open_fds(keeper.pid), ==, 5);
	fixture_ping(&keeper);
	fixture_stop(&keeper);
}

static void test_no_keys(void)
{
	static const char *const none[] = { NULL };
	struct fixture_keeper keeper;

	fixture_start(&keeper, none);
	int channel = fixture_attach(&keeper, 1);
	fixture_open(&keeper, 1, 1, UINT32_MAX);
	g_assert_cmpint(ask(channel, 1, 0, 0x0403), ==, -EBADMSG);
	close(channel);
	fixture_stop(&keeper);
}

/* It says why, never says READY, and its status is 1. */
static void refuses(int keylist, const char *uid, const char *const *texts)
{
	struct fixture_keeper keeper;
	union proto_message message;

	fixture_spawn(&keeper, keylist, uid);
	g_assert_cmpint(fixture_next(&keeper, &message), ==, -EPIPE);
	for (; *texts; texts++)
		if (!strstr(keeper.notices->str, *texts))
			g_error("\"%s\" is not in: %s", *texts, keeper.notices->str);
	g_assert_cmpint(fixture_wait(&keeper), ==, 1);
}

static void test_refused_files(void)
{
	gnutls_x509_privkey_t key = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) bytes = fixture_export(key, FORM_PKCS8);
	g_autofree char *open = fixture_file("others", g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0644);
	g_autofree char *garbage = fixture_file("garbage", "garbage\n", 8, 0600);
	g_autofree char *fifo = g_build_filename(fixture_folder(), "pipe", NULL);
	g_autofree char *remedy =
		g_strdup_printf("<3>private key %s (/etc/tlshd/config:11) can be read by every user (mode 0644), "
				"so it is no secret: run `chmod o-rwx %s`",
				open, open);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);

	/* Both wrong files are named at once. */
	refuses(fixture_keylist((const char *[]){ paths[P256], open, fifo, NULL }), NULL,
		(const char *[]){ remedy, "config:12) is a pipe", NULL });
	refuses(fixture_keylist((const char *[]){"/nonexistent", NULL}), NULL,
		(const char *[]){"<3>private key /nonexistent (/etc/tlshd/config:10) cannot be opened (No such file",
				 NULL});
	refuses(fixture_keylist((const char *[]){ paths[RSA], garbage, NULL }), NULL,
		(const char *[]){ "config:11) is not a private key", NULL });
	gnutls_x509_privkey_deinit(key);
}

static void test_warned_file(void)
{
	gnutls_x509_privkey_t key = fixture_key(GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1));
	g_autoptr(GBytes) bytes = fixture_export(key, FORM_PKCS8);
	g_autofree char *path = fixture_file("group", g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), 0640);
	struct fixture_keeper keeper;

	fixture_start(&keeper, (const char *[]){ path, NULL });
	g_assert_nonnull(strstr(keeper.notices->str, "<4>private key "));
	g_assert_nonnull(strstr(keeper.notices->str, "`chmod g-rwx "));
	fixture_stop(&keeper);
	gnutls_x509_privkey_deinit(key);
}

static void test_refused_start(void)
{
	int unsealed = memfd_create("keylist", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int garbage = memfd_create("keylist", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	refuses(unsealed, NULL, (const char *[]){ "<3>keeper cannot start: ", NULL });
	g_assert_cmpint(write(garbage, "garbage, and more of it", 23), ==, 23);
	g_assert_cmpint(fcntl(garbage, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL), ==, 0);
	refuses(garbage, NULL, (const char *[]){ "<3>keeper cannot start: ", NULL });
	refuses(fixture_keylist((const char *const *)paths), "0", (const char *[]){ "<3>keeper cannot start: ", NULL });
	refuses(fixture_keylist((const char *const *)paths), "root",
		(const char *[]){"<3>keeper cannot start: ", NULL});
}

static void test_each_scheme(void)
{
	static const struct {
		uint32_t key;
		uint16_t scheme;
	} all[] = {
		{ P256, 0x0403 }, { P384, 0x0503 }, { P521, 0x0603 }, { RSA, 0x0804 }, { RSA, 0x0805 },
		{ RSA, 0x0806 }, { PSS, 0x0809 }, { PSS, 0x080a }, { PSS, 0x080b }, { ED25519, 0x0807 },
		{ ED448, 0x0808 }, { RSA_8192, 0x0804 }, { RSA_8192, 0x0805 }, { RSA_8192, 0x0806 },
	};
	struct fixture_keeper keeper;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++)
		sign_well(&keeper, channel, 1, 1 + i, all[i].key, all[i].scheme);
	close(channel);
	fixture_stop(&keeper);
}

/* What a worker that an attacker has taken over may try with well-formed messages. */
static void test_refused_calls(void)
{
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	int one = fixture_attach(&keeper, 1), two = fixture_attach(&keeper, 2);
	g_assert_cmpint(ask(one, 1, P256, 0x0403), ==, -EPERM);		/* no such job */
	fixture_await_notice(&keeper, "worker 1 was refused a signature (job 1, key 0, scheme 0x0403, 32 bytes): "
				      "the job is not open; 1 refused");
	fixture_open(&keeper, 2, 1, 1u << P256 | 1u << RSA);
	g_assert_cmpint(ask(two, 2, P256, 0x0403), ==, -EPERM);		/* another worker's */
	fixture_await_notice(&keeper, "worker 2 was refused");
	g_assert_cmpint(ask(one, 2, ED25519, 0x0807), ==, -EPERM);	/* a key that is not the job's */
	g_assert_cmpint(ask(one, 2, P256, 0x0403), ==, 0);
	g_assert_cmpint(ask(one, 2, P256, 0x0403), ==, -EPERM);		/* twice */
	g_assert_cmpint(ask(one, 2, RSA, 0x0401), ==, -EBADMSG);	/* rsa_pkcs1_sha256 */
	fixture_close(&keeper, 2);
	g_assert_cmpint(ask(one, 2, RSA, 0x0804), ==, -EPERM);		/* closed */
	fixture_open(&keeper, 3, 2, ALL_KEYS);
	fixture_call(&message, 3, ED25519, 0x0807);
	message.sign.input[80] ^= 1;
	g_assert_cmpint(fixture_ask(two, &message), ==, -EBADMSG);	/* not a CertificateVerify */
	g_assert_cmpint(ask(two, 3, P256, 0x0403), ==, 0);
	/* Many refusals are a few lines in the log. */
	g_string_truncate(keeper.notices, 0);
	for (unsigned int i = 0; i < 2000; i++)
		g_assert_cmpint(ask(one, 1, P256, 0x0403), ==, -EPERM);
	fixture_ping(&keeper);
	unsigned int lines = 0;
	for (const char *at = keeper.notices->str; (at = strchr(at, '\n')); at++)
		lines++;
	g_assert_cmpuint(lines, <, 16);
	close(one);
	close(two);
	fixture_stop(&keeper);
}

/* Both messages wait when the keeper wakes up: whichever of its threads comes first, the call is granted. */
static void test_call_overtakes_open(void)
{
	struct fixture_keeper keeper;
	union proto_message message;
	int status;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	sign_well(&keeper, channel, 1, 1000, P256, 0x0403);
	for (uint64_t job = 1; job <= 200; job++) {
		g_assert_cmpint(kill(keeper.pid, SIGSTOP), ==, 0);
		g_assert_cmpint(waitpid(keeper.pid, &status, WUNTRACED), ==, keeper.pid);
		fixture_call(&message, job, P256, 0x0403);
		g_assert_cmpint(proto_send(channel, &message, NULL, 0), ==, 0);
		fixture_open(&keeper, job, 1, 1u << P256);
		g_assert_cmpint(kill(keeper.pid, SIGCONT), ==, 0);
		g_assert_cmpint(proto_receive(channel, &message, 0, NULL, 0), ==, 0);
		g_assert_cmpint(message.signature.status, ==, 0);
	}
	close(channel);
	fixture_stop(&keeper);
}

/* Nobody waits on the channel of grants, and yet each call is judged by all that was sent there before. */
static void test_grants(void)
{
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	for (uint64_t job = 1; job <= 100; job++) {
		fixture_grant(&keeper, job, 1, 1u << P256 | 1u << RSA);
		g_assert_cmpint(ask(channel, job, P256, 0x0403), ==, 0);
		fixture_withdraw(&keeper, job);
		g_assert_cmpint(ask(channel, job, RSA, 0x0804), ==, -EPERM);
	}
	/* One that came on the control channel ends here, too. */
	fixture_open(&keeper, 101, 1, 1u << P256);
	fixture_ping(&keeper);
	fixture_withdraw(&keeper, 101);
	g_assert_cmpint(ask(channel, 101, P256, 0x0403), ==, -EPERM);
	/* Without any call: when the supervisor says so. */
	fixture_grant(&keeper, 102, 1, 1u << P256);
	fixture_grant(&keeper, 102, 1, 1u << P256);
	fixture_ping(&keeper);
	g_assert_null(strstr(keeper.notices->str, "OPEN of job 102"));
	fixture_grants(&keeper);
	fixture_await_notice(&keeper, "<4>OPEN of job 102");
	proto_init(&message, PROTO_PING);
	g_assert_cmpint(proto_send(keeper.grants, &message, NULL, 0), ==, 0);
	fixture_grants(&keeper);
	fixture_await_notice(&keeper, "<4>keeper: a PING message has no meaning as a grant");
	g_assert_cmpint(ask(channel, 102, P256, 0x0403), ==, 0);
	close(channel);
	fixture_stop(&keeper);
}

/* The channel is closed, with a line that names the worker; the others go on. */
static void breaks(struct fixture_keeper *keeper, uint32_t worker, const void *data, size_t size)
{
	g_autofree char *line = g_strdup_printf("<4>worker %u broke the contract", worker);
	union proto_message answer;

	int channel = fixture_attach(keeper, worker);
	g_assert_cmpint(send(channel, data, size, MSG_NOSIGNAL), ==, size);
	g_assert_cmpint(proto_receive(channel, &answer, 0, NULL, 0), ==, -EPIPE);
	fixture_await_notice(keeper, line);
	close(channel);
}

static void test_garbage(void)
{
	struct fixture_keeper keeper;
	union proto_message message;
	g_autofree uint8_t *noise = g_malloc(65536);
	uint32_t worker = 100;

	start(&keeper);
	int good = fixture_attach(&keeper, 1);
	fixture_call(&message, 1, P256, 0x0403);
	size_t size = message.header.size;
	breaks(&keeper, worker++, &message, 1);
	breaks(&keeper, worker++, &message, size - 1);
	breaks(&keeper, worker++, &message, size + 1);
	message.header.version++;
	breaks(&keeper, worker++, &message, size);
	for (unsigned int type = 0; type < PROTO_TYPES + 2; type++) {
		if (type == PROTO_SIGN)
			continue;
		proto_init(&message, PROTO_SIGN);
		message.header.type = type;
		message.header.size = proto_size(type);
		breaks(&keeper, worker++, &message, proto_size(type) > 0 ? proto_size(type) : size);
	}
	fixture_call(&message, 0, P256, 0x0403);	/* job 0 */
	breaks(&keeper, worker++, &message, size);
	fixture_call(&message, 1, PROTO_KEY_REQUESTED + 1, 0x0403);
	breaks(&keeper, worker++, &message, size);
	fixture_call(&message, 1, P256, 0x0403);
	message.sign.length = PROTO_SIGN_INPUT_MAX + 1;
	breaks(&keeper, worker++, &message, size);
	for (unsigned int i = 0; i < 64; i++) {
		size_t length = g_test_rand_int_range(1, 65536);
		for (size_t j = 0; j < length; j++)
			noise[j] = g_test_rand_int();
		breaks(&keeper, worker++, noise, length);
	}
	sign_well(&keeper, good, 1, 1, P256, 0x0403);
	close(good);
	fixture_stop(&keeper);
}

/* A thread that has closed its channel is about to end; nothing tells when it has. */
static void await_count(uint64_t (*count)(pid_t), pid_t pid, uint64_t wanted)
{
	int64_t patience = g_get_monotonic_time() + 60 * G_TIME_SPAN_SECOND;

	while (count(pid) != wanted && g_get_monotonic_time() < patience)
		g_thread_yield();
	g_assert_cmpuint(count(pid), ==, wanted);
}

static void test_surplus_fds(void)
{
	struct fixture_keeper keeper;
	union proto_message message;
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	start(&keeper);
	int good = fixture_attach(&keeper, 1);
	fixture_ping(&keeper);
	uint64_t before = open_fds(keeper.pid);
	/* A worker has no room for them at all. */
	int bad = fixture_attach(&keeper, 2);
	fixture_call(&message, 1, P256, 0x0403);
	g_assert_cmpint(proto_send(bad, &message, (const int[]){ null, null }, 2), ==, 0);
	g_assert_cmpint(proto_receive(bad, &message, 0, NULL, 0), ==, -EPIPE);
	fixture_await_notice(&keeper, "<4>worker 2 broke the contract");
	close(bad);
	/* The supervisor's are closed, and it is told. */
	proto_init(&message, PROTO_OPEN);
	message.open.job = 5;
	message.open.worker = 1;
	message.open.keys = 1u << P256;
	g_assert_cmpint(proto_send(keeper.control, &message, &null, 1), ==, 0);
	g_assert_cmpint(ask(good, 5, P256, 0x0403), ==, 0);
	proto_init(&message, PROTO_ATTACH);
	g_assert_cmpint(proto_send(keeper.control, &message, (const int[]){ null, null }, 2), ==, 0);
	fixture_await_notice(&keeper, "<4>keeper: a malformed control message is ignored");
	/* A channel that is no channel. */
	g_assert_cmpint(proto_send(keeper.control, &message, &null, 1), ==, 0);
	fixture_await_notice(&keeper, "<4>worker 0 broke the contract");
	g_assert_cmpint(proto_send(keeper.control, &message, NULL, 0), ==, 0);
	fixture_await_notice(&keeper, "<4>ATTACH of worker 0 came without its channel");
	fixture_ping(&keeper);
	await_count(open_fds, keeper.pid, before);
	close(null);
	close(good);
	fixture_stop(&keeper);
}

/* What the supervisor should not send ends nothing. */
static void test_odd_control(void)
{
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	fixture_close(&keeper, 77);
	fixture_await_notice(&keeper, "<4>CLOSE of job 77");
	fixture_open(&keeper, 78, 1, 1u << P256);
	fixture_open(&keeper, 78, 2, ALL_KEYS);
	fixture_await_notice(&keeper, "<4>OPEN of job 78");
	g_assert_cmpint(ask(channel, 78, P256, 0x0403), ==, 0);
	proto_init(&message, PROTO_WORKER_READY);
	g_assert_cmpint(proto_send(keeper.control, &message, NULL, 0), ==, 0);
	fixture_await_notice(&keeper, "<4>keeper: a WORKER_READY message has no meaning here");
	g_assert_cmpint(send(keeper.control, "x", 1, MSG_NOSIGNAL), ==, 1);
	fixture_ping(&keeper);
	proto_init(&message, PROTO_PING);
	message.header.version++;
	g_assert_cmpint(proto_send(keeper.control, &message, NULL, 0), ==, 0);
	fixture_await_notice(&keeper, "<3>supervisor and keeper are of different builds");
	g_assert_cmpint(fixture_next(&keeper, &message), ==, -EPIPE);
	close(channel);
	g_assert_cmpint(fixture_wait(&keeper), ==, 1);
}

/* The table is full: the job gets no signature, and there is a line about it. */
static void test_many_jobs(void)
{
	struct fixture_keeper keeper;

	start(&keeper);
	int channel = fixture_attach(&keeper, 1);
	for (uint64_t job = 1; job <= ORACLE_JOBS_MAX + 4; job++)
		fixture_open(&keeper, job, 1, 1u << P256);
	fixture_await_notice(&keeper, "<3>keeper: job 65537 gets no signature, 65536 jobs are open; 1 refused");
	g_assert_cmpint(ask(channel, ORACLE_JOBS_MAX + 1, P256, 0x0403), ==, -EPERM);
	g_assert_cmpint(ask(channel, ORACLE_JOBS_MAX, P256, 0x0403), ==, 0);
	fixture_close(&keeper, 17);
	sign_well(&keeper, channel, 1, ORACLE_JOBS_MAX + 9, P256, 0x0403);
	close(channel);
	fixture_stop(&keeper);
}

#define WORKERS 4
#define SIGNATURES 200

struct crowd {
	struct fixture_keeper *keeper;
	uint32_t worker;
	int channel;
};

static gpointer crowd(gpointer data)
{
	static const struct {
		uint32_t key;
		uint16_t scheme;
	} mix[] = { { P256, 0x0403 }, { RSA, 0x0804 }, { ED25519, 0x0807 }, { PSS, 0x080a }, { P384, 0x0503 } };
	struct crowd *member = data;

	for (unsigned int i = 0; i < SIGNATURES; i++) {
		uint64_t job = (uint64_t)member->worker << 32 | (i + 1);
		sign_well(member->keeper, member->channel, member->worker, job, mix[i % G_N_ELEMENTS(mix)].key,
			  mix[i % G_N_ELEMENTS(mix)].scheme);
	}
	return NULL;
}

static void test_crowd(void)
{
	struct fixture_keeper keeper;
	struct crowd members[WORKERS];
	GThread *threads[WORKERS];

	start(&keeper);
	for (uint32_t i = 0; i < WORKERS; i++) {
		members[i] = (struct crowd){ &keeper, i + 1, fixture_attach(&keeper, i + 1) };
		threads[i] = g_thread_new("crowd", crowd, &members[i]);
	}
	for (uint32_t i = 0; i < WORKERS; i++) {
		g_thread_join(threads[i]);
		close(members[i].channel);
	}
	fixture_ping(&keeper);
	fixture_stop(&keeper);
}

/* Workers come and go; one that does not read its answers holds up nobody. */
static void test_coming_and_going(void)
{
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	int good = fixture_attach(&keeper, 2);
	fixture_ping(&keeper);
	uint64_t before = threads(keeper.pid);
	int deaf = fixture_attach(&keeper, 1);
	g_assert_cmpint(fcntl(deaf, F_SETFL, O_NONBLOCK), ==, 0);
	do {
		fixture_call(&message, 1, P256, 0x0403);
	} while (proto_send(deaf, &message, NULL, 0) == 0);
	for (uint32_t worker = 10; worker < 510; worker++) {
		int channel = fixture_attach(&keeper, worker);
		if (worker % 2)
			sign_well(&keeper, channel, worker, worker, P256, 0x0403);
		close(channel);
	}
	sign_well(&keeper, good, 2, 2, RSA, 0x0804);
	close(deaf);
	await_count(threads, keeper.pid, before);
	sign_well(&keeper, good, 2, 3, RSA, 0x0804);
	close(good);
	fixture_stop(&keeper);
}

/* It ends with its supervisor, also when threads of it wait for workers or are at work. */
static void test_end(void)
{
	struct fixture_keeper keeper;
	union proto_message message;

	start(&keeper);
	int idle = fixture_attach(&keeper, 1), busy = fixture_attach(&keeper, 2);
	fixture_open(&keeper, 1, 2, ALL_KEYS);
	fixture_call(&message, 1, RSA_8192, 0x0806);
	g_assert_cmpint(proto_send(busy, &message, NULL, 0), ==, 0);
	fixture_stop(&keeper);
	g_assert_cmpint(proto_receive(idle, &message, 0, NULL, 0), ==, -EPIPE);
	close(idle);
	close(busy);
}

static void test_by_hand(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execl(KEEPER_PROGRAM, "keeper", (char *)NULL);
		_exit(127);
	}
	g_assert_cmpint(waitpid(pid, &status, 0), ==, pid);
	g_assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	make_keys();
	g_test_add_func("/keeper/start", test_start);
	g_test_add_func("/keeper/no-keys", test_no_keys);
	g_test_add_func("/keeper/refused-files", test_refused_files);
	g_test_add_func("/keeper/warned-file", test_warned_file);
	g_test_add_func("/keeper/refused-start", test_refused_start);
	g_test_add_func("/keeper/each-scheme", test_each_scheme);
	g_test_add_func("/keeper/refused-calls", test_refused_calls);
	g_test_add_func("/keeper/call-overtakes-open", test_call_overtakes_open);
	g_test_add_func("/keeper/grants", test_grants);
	g_test_add_func("/keeper/garbage", test_garbage);
	g_test_add_func("/keeper/surplus-fds", test_surplus_fds);
	g_test_add_func("/keeper/odd-control", test_odd_control);
	g_test_add_func("/keeper/many-jobs", test_many_jobs);
	g_test_add_func("/keeper/crowd", test_crowd);
	g_test_add_func("/keeper/coming-and-going", test_coming_and_going);
	g_test_add_func("/keeper/end", test_end);
	g_test_add_func("/keeper/by-hand", test_by_hand);
	int ret = g_test_run();
	for (unsigned int i = 0; i < KEYS; i++) {
		g_free(paths[i]);
		g_bytes_unref(spkis[i]);
	}
	fixture_done();
	return ret;
}
