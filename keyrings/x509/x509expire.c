// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey x509 expire: the kernel's own time-out of keys. What has expired can be used by nobody any
 * more, and the kernel clears it away some minutes later.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "status.h"
#include "x509commands.h"
#include "x509options.h"

/* The shortest that there is: 0 is for ever. */
#define AT_ONCE_SECONDS 1

struct expire {
	struct x509options options;
	char *in;
	char *at;
	gboolean with_certificate;
	gboolean never;
};

static int read_in(const char *text, gint64 *seconds, GError **error)
{
	static const struct {
		char unit;
		gint64 seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t length = strlen(text);
	g_autofree char *digits = g_strdup(text);
	gint64 factor = 1;

	for (size_t i = 0; i < G_N_ELEMENTS(units) && length > 1; i++) {
		if (text[length - 1] != units[i].unit)
			continue;
		factor = units[i].seconds;
		digits[length - 1] = '\0';
		break;
	}
	if (!command_number(digits, 1, G_MAXINT32 / factor, seconds))
		return status_set(
			error, STATUS_USAGE,
			"--in takes seconds, or a number with s, m, h or d behind it, not \"%s\"",
			text);
	*seconds *= factor;
	return 0;
}

static int read_at(const char *text, gint64 *when, GError **error)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autofree char *day = g_strconcat(text, "T00:00:00", NULL);
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, local);
	g_autoptr(GDateTime) midnight = time ? NULL : g_date_time_new_from_iso8601(day, local);

	if (!time && !midnight)
		return status_set(
			error, STATUS_USAGE,
			"--at takes a time as in 2027-03-31 or 2027-03-31T12:00:00Z, not \"%s\"",
			text);
	*when = g_date_time_to_unix(time ? time : midnight);
	return 0;
}

/* Of seconds from now; 0 for never. */
static int until(gint64 when, unsigned int *timeout_s, GError **error)
{
	gint64 left = when - g_get_real_time() / G_USEC_PER_SEC;

	if (left < AT_ONCE_SECONDS || left > G_MAXINT32)
		return status_set(
			error, STATUS_USAGE,
			left < AT_ONCE_SECONDS
				? "that time is past: without --at, the key expires at once"
				: "that time is too far away: up to 68 years are possible");
	*timeout_s = left;
	return 0;
}

static int choose(const struct expire *expire, const struct x509_pair *pair,
		  unsigned int *timeout_s, GError **error)
{
	gint64 number = AT_ONCE_SECONDS;
	int status = 0;

	*timeout_s = 0;
	if (expire->never)
		return 0;
	if (expire->with_certificate && !pair->facts)
		return status_set(
			error, STATUS_NOT_FOUND,
			"its certificate is not there, or cannot be read: give the time with --at");
	if (expire->with_certificate)
		return until(pair->facts->until, timeout_s, error);
	if (expire->at) {
		status = read_at(expire->at, &number, error);
		return status == 0 ? until(number, timeout_s, error) : status;
	}
	if (expire->in)
		status = read_in(expire->in, &number, error);
	*timeout_s = number;
	return status;
}

/*
 * Nothing is set before all of it can be: a time-out is not taken back, since the kernel says in
 * weeks or days only what it was.
 */
static int check(const struct x509_pair *pair, GError **error)
{
	const struct store_entry *halves[] = { pair->certificate, pair->key };

	for (size_t i = 0; i < G_N_ELEMENTS(halves); i++) {
		int number = halves[i] ? halves[i]->error : 0;
		if (number == EKEYEXPIRED || number == EKEYREVOKED)
			return status_set(error, STATUS_EXPIRED, "key %d %s already",
					  halves[i]->serial,
					  number == EKEYEXPIRED ? "has expired" : "was revoked");
	}
	return 0;
}

static int set(struct store *store, const struct x509_pair *pair, unsigned int timeout_s,
	       GError **error)
{
	int status = 0;

	if (pair->key)
		status = store_expire(store, pair->key->serial, timeout_s, error);
	if (status != 0 || !pair->certificate)
		return status;
	status = store_expire(store, pair->certificate->serial, timeout_s, error);
	if (status != 0 && pair->key)
		command_warn("the time-out of key %d, its private key, is set already, and stays",
			     pair->key->serial);
	return status;
}

static int expire_pairs(const struct expire *expire, struct store *store, const GPtrArray *pairs,
			GError **error)
{
	g_autofree unsigned int *timeouts_s = g_new0(unsigned int, pairs->len);
	int status = 0;

	for (guint i = 0; i < pairs->len && status == 0; i++) {
		status = check(pairs->pdata[i], error);
		if (status == 0)
			status = choose(expire, pairs->pdata[i], &timeouts_s[i], error);
	}
	for (guint i = 0; i < pairs->len && status == 0; i++)
		status = set(store, pairs->pdata[i], timeouts_s[i], error);
	return status;
}

static int run(const struct expire *expire, const char *which, GError **error)
{
	g_autoptr(GPtrArray) pairs = NULL;
	struct store *store = NULL;
	key_serial_t keyring;

	if ((expire->in != NULL) + (expire->at != NULL) + expire->with_certificate + expire->never >
	    1)
		return status_set(error, STATUS_USAGE,
				  "--in, --at, --with-certificate and --never exclude each other");
	int status = x509options_open(&expire->options, &store, &keyring, error);
	if (status == 0)
		status = x509store_find(store, keyring, which, &pairs, error);
	if (status == 0)
		status = expire_pairs(expire, store, pairs, error);
	if (status == 0)
		printf(expire->never ? "%s in %s does not expire\n" : "%s in %s expires\n", which,
		       x509options_keyring(&expire->options));
	store_free(store);
	return status;
}

int x509expire_run(const struct command *command, int argc, char **argv, GError **error)
{
	struct expire arguments = { 0 };
	const GOptionEntry entries[] = {
		{ "in", 'i', 0, G_OPTION_ARG_FILENAME, &arguments.in,
		  "seconds from now, or a number with m, h or d (default: at once)", "TIME" },
		{ "at", 'a', 0, G_OPTION_ARG_FILENAME, &arguments.at,
		  "a date, or a time as in 2027-03-31T12:00:00Z", "DATE" },
		{ "with-certificate", 'w', 0, G_OPTION_ARG_NONE, &arguments.with_certificate,
		  "when its certificate expires", NULL },
		{ "never", 0, 0, G_OPTION_ARG_NONE, &arguments.never,
		  "take an expiry that was set back", NULL },
		X509OPTIONS_KEYRING(&arguments.options),
		{ 0 }
	};
	int status = STATUS_USAGE;

	if (command_parse(command, entries, argc, argv, 1, 1, error) >= 0)
		status = run(&arguments, argv[1], error);
	x509options_clear(&arguments.options);
	g_free(arguments.in);
	g_free(arguments.at);
	return status;
}
