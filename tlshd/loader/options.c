// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of options. tlshd.conf(5) and etc/tlshd/config say the same numbers.
 */
#include <config.h>

#include <glib.h>
#include <string.h>

#include "loader/options.h"
#include "loader/suggestion.h"
#include "snapshot.h"

#define SETTING(name) .kind = OPTION_NUMBER, .offset = offsetof(struct snapshot_settings, name)
#define RANGE(from, to, by_default) .least = (from), .most = (to), .fallback = (by_default)

#define CLIENT "authenticate.client"
#define SERVER "authenticate.server"

static const struct option_entry options[] = {
	{ "debug", "loglevel", SETTING(loglevel), RANGE(0, 99, 0) },
	{ "debug", "tls", SETTING(tls_debug), RANGE(0, 99, 0) },
	{ "debug", "nl", SETTING(nl_debug), RANGE(0, 99, 0) },
	{ "debug", "delay_done", SETTING(delay_done), RANGE(0, 3600, 0) },

	{ "authenticate", "keyrings", .kind = OPTION_KEYRINGS },

	{ CLIENT, "x509.truststore", .kind = OPTION_TRUSTSTORE },
	{ CLIENT, "x509.crl", .kind = OPTION_CRL },
	{ CLIENT, "x509.certificate", .kind = OPTION_CERTIFICATE },
	{ CLIENT, "x509.private_key", .kind = OPTION_PRIVATE_KEY },
	{ CLIENT, "x509.pq.certificate", .kind = OPTION_PQ_CERTIFICATE },
	{ CLIENT, "x509.pq.private_key", .kind = OPTION_PQ_PRIVATE_KEY },

	{ SERVER, "x509.truststore", .kind = OPTION_TRUSTSTORE },
	{ SERVER, "x509.crl", .kind = OPTION_CRL },
	{ SERVER, "x509.certificate", .kind = OPTION_CERTIFICATE },
	{ SERVER, "x509.private_key", .kind = OPTION_PRIVATE_KEY },
	{ SERVER, "x509.pq.certificate", .kind = OPTION_PQ_CERTIFICATE },
	{ SERVER, "x509.pq.private_key", .kind = OPTION_PQ_PRIVATE_KEY },

	{ "service", "workers", SETTING(workers), RANGE(0, 256, 0) },
	{ "service", "max_handshakes", SETTING(max_handshakes), RANGE(0, 1000000, 0) },
	{ "service", "client_timeout_ms", SETTING(client_timeout_ms), RANGE(100, 600000, 9000) },
	{ "service", "server_timeout_ms", SETTING(server_timeout_ms), RANGE(100, 600000, 4000) },
	{ "service", "hello_timeout_ms", SETTING(hello_timeout_ms), RANGE(0, 600000, 2000) },
	{ "service", "sign_timeout_ms", SETTING(sign_timeout_ms), RANGE(10, 60000, 1000) },
	{ "service", "max_message", SETTING(max_message), RANGE(16384, 16777215, 131072) },
	{ "service", "max_client_hello", SETTING(max_client_hello), RANGE(512, 131072, 16384) },
	{ "service", "max_certificates", SETTING(max_certificates), RANGE(1, 32, 10) },
	{ "service", "prefer_ciphers", .kind = OPTION_CIPHERS },
	{ "service", "max_rsa_bits", SETTING(max_rsa_bits), RANGE(2048, 16384, 8192) },
};

static const char *const sections[] = { "debug", "authenticate", CLIENT, SERVER, "service", NULL };

const struct option_entry *option_at(size_t n)
{
	return n < G_N_ELEMENTS(options) ? &options[n] : NULL;
}

const struct option_entry *option_find(const char *section, const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (strcmp(options[i].section, section) == 0 && strcmp(options[i].key, key) == 0)
			return &options[i];
	}
	return NULL;
}

const char *const *option_sections(void)
{
	return sections;
}

const char *option_suggest(const char *section, const char *key)
{
	const char *candidates[G_N_ELEMENTS(options) + 1];
	size_t count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (strcmp(options[i].section, section) == 0)
			candidates[count++] = options[i].key;
	}
	candidates[count] = NULL;
	return suggestion_nearest(key, candidates);
}

const char *option_elsewhere(const char *key)
{
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		if (strcmp(options[i].key, key) == 0)
			return options[i].section;
	}
	return NULL;
}
