// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What servers would refuse, and what no mount option can name.
 */
#include <config.h>

#include <string.h>
#include <time.h>

#include "status.h"
#include "tests/unit/x509_fixture.h"

#define DAY (24 * 60 * 60)

static char *intermediates(const struct identity *identity)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < identity->intermediates->len; i++) {
		const struct certificate *certificate = identity->intermediates->pdata[i];
		g_string_append_printf(text, "%s ", certificate->subject);
	}
	return g_string_free(text, FALSE);
}

/* The certificate is found by its key, and what is above it is told in order, wherever it stands.
 */
static void test_chain(void)
{
	struct made *ca = made_new(&(struct wish){ .subject = "CN=ca", .authority = true });
	struct made *upper =
		made_new(&(struct wish){ .subject = "CN=upper", .authority = true, .issuer = ca });
	struct made *lower = made_new(
		&(struct wish){ .subject = "CN=lower", .authority = true, .issuer = upper });
	struct made *made = made_new(&(struct wish){ .subject = "CN=client", .issuer = lower });
	struct made *stranger = made_new(&(struct wish){ .subject = "CN=stranger", .issuer = ca });
	const struct made *orders[][5] = {
		{ made, lower, upper, ca, stranger },
		{ ca, stranger, upper, lower, made },
		{ upper, made, ca, lower, stranger },
	};
	struct identity *identity;
	g_autoptr(GError) error = NULL;

	for (size_t i = 0; i < G_N_ELEMENTS(orders); i++) {
		struct secret *chain = certificate_of(orders[i][0], PEM);
		for (size_t j = 1; j < G_N_ELEMENTS(orders[i]); j++)
			chain = join(chain, certificate_of(orders[i][j], PEM));
		parse(chain, pkcs8_of(made, PEM, NULL), NULL, NULL, &identity, &error);
		g_assert_no_error(error);
		g_autofree char *above = intermediates(identity);
		g_assert_cmpstr(identity->certificate->subject, ==, "CN=client");
		g_assert_cmpstr(above, ==, "CN=lower CN=upper ");
		g_assert_cmpint(identity_check(identity, time(NULL), FALSE, &error), ==, 0);
		expect_warning("intermediates \"CN=lower\", \"CN=upper\" from here: add them");
		identity_free(identity);
	}
	/* Its root alone is in every trust store. */
	parse(join(certificate_of(lower, PEM), certificate_of(ca, PEM)), pkcs8_of(lower, PEM, NULL),
	      NULL, NULL, &identity, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(identity->intermediates->len, ==, 0);
	identity_free(identity);
	made_free(stranger);
	made_free(made);
	made_free(lower);
	made_free(upper);
	made_free(ca);
}

struct fitness {
	struct wish wish;
	int status;	   /* without --force */
	const char *says;  /* in the error, or with --force in the warning */
	const char *warns; /* without an error; NULL: of nothing */
};

static void check_fitness(const struct fitness *fitness, const struct made *ca)
{
	struct wish wish = fitness->wish;
	struct identity *identity;
	g_autoptr(GError) error = NULL;

	wish.subject = "CN=client";
	wish.issuer = wish.issuer ? wish.issuer : ca;
	struct made *made = made_new(&wish);
	parse(certificate_of(made, PEM), pkcs8_of(made, PEM, NULL), NULL, NULL, &identity, &error);
	g_assert_no_error(error);
	g_assert_cmpint(identity_check(identity, time(NULL), FALSE, &error), ==, fitness->status);
	if (fitness->says)
		g_assert_nonnull(strstr(error->message, fitness->says));
	expect_warning(fitness->warns);
	g_clear_error(&error);
	g_assert_cmpint(identity_check(identity, time(NULL), TRUE, &error), ==, 0);
	g_assert_no_error(error);
	expect_warning(fitness->says ? fitness->says : fitness->warns);
	identity_free(identity);
	made_free(made);
}

static void test_fitness(void)
{
	static const struct fitness cases[] = {
		{ { 0 }, 0, NULL, NULL },
		{ { .purpose = GNUTLS_KP_TLS_WWW_CLIENT }, 0, NULL, NULL },
		{ { .purpose = GNUTLS_KP_ANY }, 0, NULL, NULL },
		{ { .purpose = GNUTLS_KP_TLS_WWW_SERVER }, STATUS_INPUT, "clientAuth", NULL },
		{ { .usage = GNUTLS_KEY_KEY_ENCIPHERMENT },
		  STATUS_INPUT,
		  "digitalSignature",
		  NULL },
		{ { .from = -9 * DAY, .until = -2 * DAY }, STATUS_EXPIRED, "it expired at", NULL },
		{ { .from = 2 * DAY, .until = 9 * DAY },
		  STATUS_EXPIRED,
		  "it is not valid before",
		  NULL },
		{ { .from = -300 * DAY, .until = 29 * DAY }, 0, NULL, "renew it soon" },
		{ { .from = -300 * DAY, .until = 31 * DAY }, 0, NULL, NULL },
		/* One that is renewed every day is not always about to expire. */
		{ { .from = -DAY / 4, .until = DAY / 2 }, 0, NULL, NULL },
		{ { .from = -DAY, .until = DAY / 4 }, 0, NULL, "renew it soon" },
		{ { .digest = GNUTLS_DIG_SHA1 }, STATUS_INPUT, "which can be forged", NULL },
		{ { .authority = true, .usage = GNUTLS_KEY_DIGITAL_SIGNATURE },
		  0,
		  NULL,
		  "authority" },
	};
	struct made *ca = made_new(&(struct wish){ .subject = "CN=ca", .authority = true });

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++)
		check_fitness(&cases[i], ca);
	made_free(ca);
}

/* All that is wrong, not only the first thing. */
static void test_several(void)
{
	struct made *ca = made_new(&(struct wish){ .subject = "CN=ca", .authority = true });
	struct made *made = made_new(&(struct wish){ .subject = "CN=client",
						     .issuer = ca,
						     .from = -9 * DAY,
						     .until = -2 * DAY,
						     .purpose = GNUTLS_KP_TLS_WWW_SERVER,
						     .usage = GNUTLS_KEY_KEY_ENCIPHERMENT });
	struct identity *identity;
	g_autoptr(GError) error = NULL;

	parse(certificate_of(made, PEM), pkcs8_of(made, PEM, NULL), NULL, NULL, &identity, NULL);
	/* What a clock that is wrong cannot explain says what kind of refusal it is. */
	g_assert_cmpint(identity_check(identity, time(NULL), FALSE, &error), ==, STATUS_INPUT);
	g_assert_nonnull(strstr(error->message, "expired"));
	g_assert_nonnull(strstr(error->message, "clientAuth"));
	g_assert_nonnull(strstr(error->message, "digitalSignature"));
	identity_free(identity);
	made_free(made);
	made_free(ca);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/x509/chain", test_chain);
	g_test_add_func("/x509/fitness", test_fitness);
	g_test_add_func("/x509/several", test_several);
	return g_test_run();
}
