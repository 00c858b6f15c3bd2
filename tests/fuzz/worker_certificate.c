// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a peer's certificate, and as the hello that says how large its records may be.
 */
#include <config.h>

#include <glib.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>

#include "proto.h"
#include "worker/altnames.h"
#include "worker/facts.h"
#include "worker/name.h"
#include "worker/recordlimit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_text(const char *text)
{
	g_assert_true(g_utf8_validate(text, -1, NULL));
	for (; *text; text++)
		g_assert_true((unsigned char)*text >= 0x20 && *text != 0x7f);
}

static void look_at_certificate(gnutls_x509_crt_t certificate)
{
	union proto_message message;
	struct name dns, address, none = { 0 };
	gnutls_subject_alt_names_t names = NULL;

	proto_init(&message, PROTO_RESULT);
	message.result.job = 1;
	if (altnames_read(certificate, &names) < 0)
		names = NULL;
	facts_of_certificate(certificate, names, &message.result);
	facts_of_issuer(certificate, &message.result);
	g_assert_cmpint(proto_check(&message, sizeof(message.result)), ==, 0);
	check_text(message.result.peer_subject);
	check_text(message.result.peer_issuer);
	check_text(message.result.peer_san);
	check_text(message.result.peer_serial);
	g_assert_cmpint(name_parse("host.example", &dns), ==, 0);
	g_assert_cmpint(name_parse("192.0.2.7", &address), ==, 0);
	name_matches(&dns, names);
	name_matches(&address, names);
	g_assert_false(name_matches(&none, names));
	if (names)
		gnutls_subject_alt_names_deinit(names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	gnutls_datum_t der = { (unsigned char *)data, size };
	gnutls_x509_crt_t certificate;

	g_assert_cmpint(gnutls_x509_crt_init(&certificate), ==, 0);
	if (gnutls_x509_crt_import(certificate, &der, GNUTLS_X509_FMT_DER) == 0)
		look_at_certificate(certificate);
	gnutls_x509_crt_deinit(certificate);
	g_assert_cmpint(recordlimit_read(&der, true), <=, RECORDLIMIT_NONE);
	g_assert_cmpint(recordlimit_read(&der, false), <=, RECORDLIMIT_NONE);
	return 0;
}
