// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Will servers accept this certificate? See identity_check() in identity.h. Whether tlshd can sign
 * with its key was asked when it was read.
 */
#include <config.h>

#include <string.h>

#include "command.h"
#include "identity.h"
#include "output.h"
#include "status.h"

#define DAY_SECONDS (24 * 60 * 60)
#define EXPIRY_NOTICE_SECONDS (30 * DAY_SECONDS)

struct check {
	gboolean force;
	enum status status;
	GString *refusals; /* all of them: who has a certificate issued anew wants to do so once */
};

static void G_GNUC_PRINTF(3, 4)
	refuse(struct check *check, enum status status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	if (check->force) {
		command_warn("servers will refuse the certificate: %s", text);
		return;
	}
	/* A date may be the clock's fault, and is left to the caller; what else is wrong is not. */
	if (check->status == 0 || check->status == STATUS_EXPIRED)
		check->status = status;
	g_string_append_printf(check->refusals, "%s%s", check->refusals->len ? "; " : "", text);
}

/* Thirty days ahead, but not for most of the life of a certificate that is renewed every day. */
static void check_time(struct check *check, const struct certificate *certificate, gint64 now)
{
	g_autofree char *from = certificate_time(certificate->from),
			*until = certificate_time(certificate->until);
	gint64 notice = MIN(EXPIRY_NOTICE_SECONDS, (certificate->until - certificate->from) / 3);

	if (now < certificate->from)
		refuse(check, STATUS_EXPIRED, "it is not valid before %s: check this host's clock",
		       from);
	else if (now > certificate->until)
		refuse(check, STATUS_EXPIRED, "it expired at %s: renew it", until);
	else if (certificate->until - now < notice)
		command_warn("the certificate expires at %s: renew it soon", until);
}

static void check_uses(struct check *check, const struct certificate *certificate)
{
	if (!certificate->may_sign)
		refuse(check, STATUS_INPUT,
		       "its key usage lacks digitalSignature: have it issued anew with it");
	if (!certificate->for_clients)
		refuse(check, STATUS_INPUT,
		       "its extended key usage does not allow TLS clients, which a mount is: have "
		       "it issued anew "
		       "with clientAuth");
	if (certificate->weak_signature)
		refuse(check, STATUS_INPUT,
		       "it is signed with %s, which can be forged: have it issued anew with "
		       "SHA-256 or better",
		       certificate->weak_signature);
	if (certificate->authority)
		command_warn("the certificate is an authority's, whose key should not lie on a "
			     "host that mounts: have one issued for "
			     "this host");
}

/* cert_serial= names one key, and tlshd takes one certificate out of it. */
static void warn_of_intermediates(const struct identity *identity)
{
	g_autoptr(GString) names = g_string_new(NULL);

	if (identity->intermediates->len == 0)
		return;
	for (guint i = 0; i < identity->intermediates->len; i++) {
		g_autofree char *label = certificate_label(identity->intermediates->pdata[i]);
		g_autofree char *plain = output_plain(label);
		g_string_append_printf(names, "%s\"%s\"", i ? ", " : "", plain);
	}
	command_warn("a mount option can name one certificate, so servers do not get the "
		     "intermediate%s %s from here: add %s to the "
		     "servers' trust stores (x509.truststore), or let tlshd.conf(5) of this host "
		     "choose the chain and mount without "
		     "serial numbers",
		     identity->intermediates->len > 1 ? "s" : "", names->str,
		     identity->intermediates->len > 1 ? "them" : "it");
}

int identity_check(const struct identity *identity, gint64 now, gboolean force, GError **error)
{
	struct check check = {.force = force, .refusals = g_string_new(NULL)};
	int status = 0;

	check_time(&check, identity->certificate, now);
	check_uses(&check, identity->certificate);
	if (check.status == 0) {
		warn_of_intermediates(identity);
	} else {
		g_autofree char *label = certificate_label(identity->certificate);
		g_autofree char *plain = output_plain(label);
		status = status_set(error, check.status,
				    "servers will refuse the certificate \"%s\" of %s: %s; --force "
				    "imports it all the "
				    "same",
				    plain, identity->name, check.refusals->str);
	}
	g_string_free(check.refusals, TRUE);
	return status;
}
