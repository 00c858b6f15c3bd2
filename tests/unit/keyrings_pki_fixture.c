// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The shared parts of the tests of tlskey pki; see keyrings_pki_fixture.h.
 */
#include <config.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pki/pki.h"
#include "tests/unit/keyrings_pki_fixture.h"

#define OK(call) g_assert_cmpint(call, >=, 0)

time_t site_clock;

time_t __real_time(time_t *now);
time_t __wrap_time(time_t *now);

time_t __wrap_time(time_t *now)
{
	time_t shifted = __real_time(NULL) + site_clock;

	if (now)
		*now = shifted;
	return shifted;
}

void site_setup(struct site *site, gconstpointer unused)
{
	(void)unused;
	site_clock = 0;
	gnutls_global_set_time_function(__wrap_time);
	site->base = g_dir_make_tmp("tlskey-pki-XXXXXX", NULL);
	g_assert_nonnull(site->base);
	site->folder = g_build_filename(site->base, "pki", NULL);
}

static void remove_all(const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		char *below = g_build_filename(path, name, NULL);
		if (remove(below) != 0)
			remove_all(below);
		g_free(below);
	}
	if (dir)
		g_dir_close(dir);
	remove(path);
}

void site_teardown(struct site *site, gconstpointer unused)
{
	(void)unused;
	remove_all(site->base);
	g_free(site->base);
	g_free(site->folder);
	g_free(site->output);
	g_clear_error(&site->error);
}

static const struct command *find(const char *name)
{
	const struct command *command = pki_commands;

	while (command->name && strcmp(command->name, name) != 0)
		command++;
	g_assert_nonnull(command->name);
	return command;
}

/* Standard output goes into a file meanwhile. */
static char *run_caught(const struct command *command, GPtrArray *arguments, int *status, GError **error)
{
	FILE *file = tmpfile();
	char *text = NULL;
	size_t length = 0;

	fflush(stdout);
	int saved = dup(STDOUT_FILENO);
	g_assert_cmpint(dup2(fileno(file), STDOUT_FILENO), ==, STDOUT_FILENO);
	*status = command->run(command, arguments->len - 1, (char **)arguments->pdata, error);
	fflush(stdout);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	rewind(file);
	FILE *memory = open_memstream(&text, &length);
	for (int c; (c = fgetc(file)) != EOF; )
		fputc(c, memory);
	fclose(memory);
	fclose(file);
	return text;
}

int site_run(struct site *site, const char *command, ...)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new();
	const char *argument;
	va_list rest;
	int status;

	g_ptr_array_add(arguments, (char *)command);
	g_ptr_array_add(arguments, "--directory");
	g_ptr_array_add(arguments, site->folder);
	va_start(rest, command);
	while ((argument = va_arg(rest, const char *)))
		g_ptr_array_add(arguments, (char *)argument);
	va_end(rest);
	g_ptr_array_add(arguments, NULL);
	g_clear_error(&site->error);
	free(site->output);
	site->output = run_caught(find(command), arguments, &status, &site->error);
	/* What main() relies on */
	g_assert_cmpint(status == 0, ==, site->error == NULL);
	if (status != 0)
		g_assert_cmpint(status_of(site->error), ==, status);
	return status;
}

void site_says(const struct site *site, const char *part)
{
	const char *said = site->error ? site->error->message : "(success)";

	if (!strstr(said, part))
		g_error("expected \"%s\", got \"%s\"", part, said);
}

const char *site_path(const struct site *site, const char *name)
{
	/* The folder itself may be missing. */
	gboolean above = g_str_has_prefix(name, "..");
	g_autofree char *path = g_build_filename(above ? site->base : site->folder, above ? name + 2 : name, NULL);

	return g_intern_string(path);
}

char *site_read(const struct site *site, const char *name)
{
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	g_file_get_contents(site_path(site, name), &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

void site_write(const struct site *site, const char *name, const char *text)
{
	int fd = open(site_path(site, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, text, strlen(text)), ==, strlen(text));
	close(fd);
}

guint site_count(const struct site *site, const char *folder)
{
	GDir *dir = g_dir_open(site_path(site, folder), 0, NULL);
	guint count = 0;

	while (dir && g_dir_read_name(dir))
		count++;
	if (dir)
		g_dir_close(dir);
	return count;
}

static int by_name(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void add_state(GString *state, const char *path)
{
	GDir *dir = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *text = NULL;
	struct stat st;
	const char *name;

	g_assert_cmpint(lstat(path, &st), ==, 0);
	if (!dir)
		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_string_append_printf(state, "%s %o\n%s\n", path, st.st_mode, text ? text : "");
	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	if (dir)
		g_dir_close(dir);
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *below = g_build_filename(path, names->pdata[i], NULL);
		add_state(state, below);
	}
}

char *site_state(const struct site *site)
{
	GString *state = g_string_new(NULL);

	add_state(state, site->base);
	return g_string_free(state, FALSE);
}

gnutls_x509_crt_t site_certificate(const struct site *site, const char *name)
{
	g_autofree char *pem = site_read(site, name);
	gnutls_datum_t data = { (unsigned char *)pem, strlen(pem) };
	gnutls_x509_crt_t crt;

	OK(gnutls_x509_crt_init(&crt));
	OK(gnutls_x509_crt_import(crt, &data, GNUTLS_X509_FMT_PEM));
	return crt;
}

gnutls_x509_privkey_t site_key(const struct site *site, const char *name)
{
	g_autofree char *pem = site_read(site, name);
	gnutls_datum_t data = { (unsigned char *)pem, strlen(pem) };
	gnutls_x509_privkey_t key;

	OK(gnutls_x509_privkey_init(&key));
	OK(gnutls_x509_privkey_import2(key, &data, GNUTLS_X509_FMT_PEM, NULL, 0));
	return key;
}

gnutls_x509_crl_t site_list(const struct site *site)
{
	g_autofree char *pem = site_read(site, "ca.crl");
	gnutls_datum_t data = { (unsigned char *)pem, strlen(pem) };
	gnutls_x509_crl_t crl;

	OK(gnutls_x509_crl_init(&crl));
	OK(gnutls_x509_crl_import(crl, &data, GNUTLS_X509_FMT_PEM));
	return crl;
}

static guint fill_expectation(gnutls_typed_vdata_st *data, const char *purpose, const char *host, unsigned char *address)
{
	guint count = 0;

	if (purpose)
		data[count++] = (gnutls_typed_vdata_st){ .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose };
	if (host && inet_pton(AF_INET, host, address) == 1)
		data[count++] = (gnutls_typed_vdata_st){ .type = GNUTLS_DT_IP_ADDRESS, .data = address, .size = 4 };
	else if (host && inet_pton(AF_INET6, host, address) == 1)
		data[count++] = (gnutls_typed_vdata_st){ .type = GNUTLS_DT_IP_ADDRESS, .data = address, .size = 16 };
	else if (host)
		data[count++] = (gnutls_typed_vdata_st){ .type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)host };
	return count;
}

unsigned int site_verify(const struct site *site, gnutls_x509_crt_t crt, const char *purpose, const char *host)
{
	gnutls_x509_crt_t anchor = site_certificate(site, "ca.crt");
	gnutls_x509_crl_t crl = site_list(site);
	gnutls_x509_trust_list_t trust;
	gnutls_typed_vdata_st data[2];
	unsigned char address[16];
	unsigned int result = ~0U;

	OK(gnutls_x509_trust_list_init(&trust, 0));
	g_assert_cmpint(gnutls_x509_trust_list_add_cas(trust, &anchor, 1, 0), ==, 1);
	g_assert_cmpint(gnutls_x509_trust_list_add_crls(trust, &crl, 1, GNUTLS_TL_VERIFY_CRL, 0), ==, 1);
	guint count = fill_expectation(data, purpose, host, address);
	OK(gnutls_x509_trust_list_verify_crt2(trust, &crt, 1, data, count, GNUTLS_VERIFY_DO_NOT_ALLOW_WILDCARDS, &result, NULL));
	gnutls_x509_trust_list_deinit(trust, 1);
	return result;
}

unsigned int site_verify_file(const struct site *site, const char *name, const char *purpose, const char *host)
{
	gnutls_x509_crt_t crt = site_certificate(site, name);
	unsigned int result = site_verify(site, crt, purpose, host);

	gnutls_x509_crt_deinit(crt);
	return result;
}

int site_spawn(const char *program, ...)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new();
	g_autofree char *output = NULL, *problem = NULL;
	g_autoptr(GError) error = NULL;
	const char *argument;
	va_list rest;
	int status;

	g_ptr_array_add(arguments, (char *)program);
	va_start(rest, program);
	while ((argument = va_arg(rest, const char *)))
		g_ptr_array_add(arguments, (char *)argument);
	va_end(rest);
	g_ptr_array_add(arguments, NULL);
	g_spawn_sync(NULL, (char **)arguments->pdata, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &problem, &status, &error);
	g_assert_no_error(error);
	if (status != 0)
		g_test_message("%s: %s%s", program, output, problem);
	return status;
}
