// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shared parts of the loader's tests; see loader_fixture.h.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "proto.h"
#include "tests/unit/loader_fixture.h"

#define HOUR (60 * 60)
#define YEAR (365 * 24 * HOUR)

#define OK(call) g_assert_cmpint(call, >=, 0)

static unsigned int default_bits(const struct wish *wish, gnutls_pk_algorithm_t algorithm)
{
	if (wish->bits)
		return wish->bits;
	return algorithm == GNUTLS_PK_RSA ? 2048 : GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
}

struct made *made_new(const struct wish *wish)
{
	static unsigned char serial;
	gnutls_pk_algorithm_t algorithm = wish->algorithm ? wish->algorithm : GNUTLS_PK_ECDSA;
	struct made *made = g_new0(struct made, 1);
	time_t now = time(NULL);
	const char *stopped_at;

	serial++;
	OK(gnutls_x509_privkey_init(&made->key));
	OK(gnutls_x509_privkey_generate(made->key, algorithm, default_bits(wish, algorithm), 0));
	OK(gnutls_x509_crt_init(&made->crt));
	OK(gnutls_x509_crt_set_version(made->crt, 3));
	OK(gnutls_x509_crt_set_serial(made->crt, &serial, sizeof(serial)));
	OK(gnutls_x509_crt_set_dn(made->crt, wish->subject, &stopped_at));
	OK(gnutls_x509_crt_set_key(made->crt, made->key));
	OK(gnutls_x509_crt_set_activation_time(made->crt, now + (wish->from ? wish->from : -HOUR)));
	OK(gnutls_x509_crt_set_expiration_time(made->crt, now + (wish->until ? wish->until : YEAR)));
	OK(gnutls_x509_crt_set_basic_constraints(made->crt, wish->authority, -1));
	const char *name = wish->name ? wish->name : "host.example";
	if (!wish->nameless && !wish->authority)
		OK(gnutls_x509_crt_set_subject_alt_name(made->crt, GNUTLS_SAN_DNSNAME, name, strlen(name), 0));
	OK(gnutls_x509_crt_set_key_usage(made->crt, wish->usage ? wish->usage :
					 wish->authority ? GNUTLS_KEY_KEY_CERT_SIGN : GNUTLS_KEY_DIGITAL_SIGNATURE));
	if (wish->purpose)
		OK(gnutls_x509_crt_set_key_purpose_oid(made->crt, wish->purpose, 0));
	OK(gnutls_x509_crt_sign2(made->crt, wish->issuer ? wish->issuer->crt : made->crt,
				 wish->issuer ? wish->issuer->key : made->key,
				 wish->digest ? wish->digest : GNUTLS_DIG_SHA256, 0));
	return made;
}

void made_free(struct made *made)
{
	gnutls_x509_crt_deinit(made->crt);
	gnutls_x509_privkey_deinit(made->key);
	g_free(made);
}

static char *take(gnutls_datum_t *datum)
{
	char *text = g_strndup((char *)datum->data, datum->size);

	gnutls_free(datum->data);
	return text;
}

char *made_certificate_pem(const struct made *made)
{
	gnutls_datum_t datum;

	OK(gnutls_x509_crt_export2(made->crt, GNUTLS_X509_FMT_PEM, &datum));
	return take(&datum);
}

char *made_key_pem(const struct made *made)
{
	gnutls_datum_t datum;

	OK(gnutls_x509_privkey_export2_pkcs8(made->key, GNUTLS_X509_FMT_PEM, NULL, 0, &datum));
	return take(&datum);
}

char *made_crl_pem(const struct made *made, const struct made *revoked, long from, long until)
{
	unsigned char serial[20], number = 1;
	size_t size = sizeof(serial);
	time_t now = time(NULL);
	gnutls_datum_t datum;
	gnutls_x509_crl_t crl;

	OK(gnutls_x509_crl_init(&crl));
	OK(gnutls_x509_crl_set_version(crl, 2));
	OK(gnutls_x509_crl_set_this_update(crl, now + from));
	if (until)
		OK(gnutls_x509_crl_set_next_update(crl, now + until));
	if (revoked) {
		OK(gnutls_x509_crt_get_serial(revoked->crt, serial, &size));
		OK(gnutls_x509_crl_set_crt_serial(crl, serial, size, now + from));
	}
	OK(gnutls_x509_crl_set_number(crl, &number, 1));
	OK(gnutls_x509_crl_sign2(crl, made->crt, made->key, GNUTLS_DIG_SHA256, 0));
	OK(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &datum));
	gnutls_x509_crl_deinit(crl);
	return take(&datum);
}

struct folder *folder_new(void)
{
	struct folder *folder = g_new0(struct folder, 1);

	folder->path = g_dir_make_tmp("tlshd-loader-XXXXXX", NULL);
	g_assert_nonnull(folder->path);
	return folder;
}

void folder_free(struct folder *folder)
{
	GDir *dir = g_dir_open(folder->path, 0, NULL);
	const char *name;

	while ((name = g_dir_read_name(dir))) {
		char *path = g_build_filename(folder->path, name, NULL);
		remove(path);
		g_free(path);
	}
	g_dir_close(dir);
	rmdir(folder->path);
	g_free(folder->path);
	g_free(folder);
}

const char *folder_write(struct folder *folder, const char *name, const char *text, ...)
{
	GString *whole = g_string_new(text);
	const char *more;
	va_list args;

	va_start(args, text);
	while ((more = va_arg(args, const char *)))
		g_string_append(whole, more);
	va_end(args);
	char *path = g_build_filename(folder->path, name, NULL);
	g_assert_true(g_file_set_contents(path, whole->str, whole->len, NULL));
	g_assert_cmpint(chmod(path, 0644), ==, 0);
	g_string_free(whole, TRUE);
	const char *kept = g_intern_string(path);
	g_free(path);
	return kept;
}

struct ear *ear_new(void)
{
	struct ear *ear = g_new0(struct ear, 1);
	int pair[2], room = 1 << 20;

	OK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	ear->channel = pair[0];
	ear->side = pair[1];
	/* Nobody reads while a module runs, so all that it says has to fit. */
	setsockopt(ear->channel, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room));
	ear->lines = g_ptr_array_new_with_free_func(g_free);
	return ear;
}

void ear_free(struct ear *ear)
{
	if (ear->channel >= 0)
		close(ear->channel);
	close(ear->side);
	g_ptr_array_unref(ear->lines);
	g_free(ear);
}

static void note(struct ear *ear, const struct proto_notice *notice)
{
	g_assert_true(notice->priority == LOG_ERR || notice->priority == LOG_WARNING);
	g_ptr_array_add(ear->lines, g_strdup_printf("%c %s", notice->priority == LOG_ERR ? 'E' : 'W', notice->text));
}

void ear_listen(struct ear *ear)
{
	union proto_message message;

	while (proto_receive(ear->side, &message, MSG_DONTWAIT, NULL, 0) == 0) {
		g_assert_cmpint(message.header.type, ==, PROTO_NOTICE);
		note(ear, &message.notice);
	}
}

static bool find(const struct ear *ear, const char *part, guint *where)
{
	for (*where = 0; *where < ear->lines->len; (*where)++) {
		if (strstr(g_ptr_array_index(ear->lines, *where), part))
			return true;
	}
	return false;
}

bool ear_heard(const struct ear *ear, const char *part)
{
	guint where;

	return find(ear, part, &where);
}

static void show(const struct ear *ear)
{
	for (guint i = 0; i < ear->lines->len; i++)
		g_test_message("heard: %s", (char *)g_ptr_array_index(ear->lines, i));
}

void ear_expect(struct ear *ear, const char *part)
{
	guint where;

	if (!find(ear, part, &where)) {
		show(ear);
		g_error("not heard: %s", part);
	}
	g_ptr_array_remove_index(ear->lines, where);
}

void ear_expect_silence(const struct ear *ear)
{
	show(ear);
	g_assert_cmpuint(ear->lines->len, ==, 0);
}

static void receive_all(struct run *run, struct ear *ear)
{
	union proto_message message;
	int fds[2], ret;

	while ((ret = proto_receive(ear->side, &message, 0, fds, 2)) == 0) {
		if (message.header.type == PROTO_NOTICE) {
			note(ear, &message.notice);
			continue;
		}
		g_assert_cmpint(message.header.type, ==, PROTO_LOADED);
		g_assert_cmpint(run->snapshot, ==, -1);
		run->snapshot = fds[0];
		run->keylist = fds[1];
		run->keys = message.loaded.keys;
	}
	g_assert_cmpint(ret, ==, -EPIPE);
}

/* Root becomes nobody; anybody else stays who he is, as tlshd --check-config does. */
void run_loader(struct run *run, struct ear *ear, const char *config, const char *kernel_ciphers)
{
	unsigned int nobody = 65534;
	char *uid = g_strdup_printf("%u", geteuid() == 0 ? nobody : geteuid());
	char *gid = g_strdup_printf("%u", geteuid() == 0 ? nobody : getegid());
	struct rusage usage;
	int status;

	*run = (struct run){ .snapshot = -1, .keylist = -1 };
	pid_t pid = fork();
	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		if (ear->channel == PROTO_FD_SUPERVISOR)
			fcntl(ear->channel, F_SETFD, 0);
		else
			dup2(ear->channel, PROTO_FD_SUPERVISOR);
		execl(LOADER_PROGRAM, "loader", uid, gid, config, kernel_ciphers, NULL);
		_exit(127);
	}
	close(ear->channel);
	ear->channel = -1;
	receive_all(run, ear);
	g_assert_cmpint(wait4(pid, &status, 0, &usage), ==, pid);
	run->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	run->cpu_us = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC +
		      usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
	g_free(uid);
	g_free(gid);
}

void run_clear(struct run *run)
{
	if (run->snapshot >= 0)
		close(run->snapshot);
	if (run->keylist >= 0)
		close(run->keylist);
}
