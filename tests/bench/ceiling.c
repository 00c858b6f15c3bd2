// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the TLS library itself takes: client and server in one thread of one process over a socket pair, with credentials that
 * were loaded before, and the sessions' parameters as the daemon has them (--priority: the daemon's own string, which
 * tests/bench/priority prints). Each handshake is a full one, verified on both ends as far as the mode verifies, and ends
 * where the daemon's ends: with both directions' keys in hand. No tickets, no resumption.
 *
 * Needs nothing but the TLS library, so that it runs in a guest as well. One line of JSON says what it took.
 */
#include <config.h>

#include <getopt.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PRIORITY_MAX 1024
#define PSK_SIZE 32
#define PSK_IDENTITY "NVMe0R01 nqn.2014-08.org.nvmexpress:uuid:bench nqn.2024-01.test:subsystem"

enum { CLIENT, SERVER, ENDS };

enum mode { SERVER_ONLY, MUTUAL, PSK, MODES };
static const char *const mode_names[MODES] = { "server-only", "mutual", "psk" };

struct options {
	enum mode mode;
	unsigned int count;
	const char *trust, *name, *priority;
	const char *certificate[ENDS], *key[ENDS];
};

struct bench {
	const struct options *options;
	gnutls_priority_t priority;
	gnutls_certificate_credentials_t x509[ENDS];
	gnutls_psk_client_credentials_t psk_client;
	gnutls_psk_server_credentials_t psk_server;
	char cipher[64], group[64], signature[64];
};

static void check(int ret, const char *what)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "ceiling: %s: %s\n", what, gnutls_strerror(ret));
	exit(EXIT_FAILURE);
}

static int find_psk(gnutls_session_t session, const char *identity, gnutls_datum_t *key)
{
	(void)session;
	if (strcmp(identity, PSK_IDENTITY) != 0)
		return -1;
	key->data = gnutls_malloc(PSK_SIZE);
	key->size = PSK_SIZE;
	if (key->data)
		memset(key->data, 'k', key->size);
	return key->data ? 0 : -1;
}

/* Like the daemon, without the authorities' names in the server's request: these could be 15 KB. */
static void load_trust(gnutls_certificate_credentials_t x509, const char *file)
{
	gnutls_x509_trust_list_t list;

	check(gnutls_x509_trust_list_init(&list, 0), "trust list");
	check(gnutls_x509_trust_list_add_trust_file(list, file, NULL, GNUTLS_X509_FMT_PEM, GNUTLS_TL_NO_DUPLICATES, 0), file);
	gnutls_certificate_set_trust_list(x509, list, 0);
}

static void load(struct bench *bench)
{
	const struct options *options = bench->options;
	static const unsigned char secret[PSK_SIZE] = "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk";
	const gnutls_datum_t key = { (unsigned char *)secret, PSK_SIZE };

	if (options->mode == PSK) {
		check(gnutls_psk_allocate_client_credentials(&bench->psk_client), "credentials");
		check(gnutls_psk_set_client_credentials(bench->psk_client, PSK_IDENTITY, &key, GNUTLS_PSK_KEY_RAW), "key");
		check(gnutls_psk_allocate_server_credentials(&bench->psk_server), "credentials");
		gnutls_psk_set_server_credentials_function(bench->psk_server, find_psk);
		return;
	}
	for (int end = 0; end < ENDS; end++) {
		check(gnutls_certificate_allocate_credentials(&bench->x509[end]), "credentials");
		load_trust(bench->x509[end], options->trust);
		if (end == SERVER || options->mode == MUTUAL)
			check(gnutls_certificate_set_x509_key_file(bench->x509[end], options->certificate[end], options->key[end],
								   GNUTLS_X509_FMT_PEM), options->certificate[end]);
	}
}

/* Pre-shared keys have the same groups, and the ciphers with SHA-256, NVMe's own first. */
static void make_priority(struct bench *bench)
{
	char text[PRIORITY_MAX] = "NONE:+VERS-TLS1.3:+AEAD:+ECDHE-PSK:+DHE-PSK:+AES-128-GCM:+CHACHA20-POLY1305:+AES-128-CCM";
	const unsigned int *groups;

	check(gnutls_priority_init(&bench->priority, bench->options->priority, NULL), "--priority");
	if (bench->options->mode != PSK)
		return;
	int count = gnutls_priority_group_list(bench->priority, &groups);
	for (int i = 0; i < count; i++) {
		size_t length = strlen(text);
		snprintf(text + length, sizeof(text) - length, ":+GROUP-%s", gnutls_group_get_name(groups[i]));
	}
	strncat(text, ":+SIGN-RSA-SHA256", sizeof(text) - strlen(text) - 1);
	gnutls_priority_deinit(bench->priority);
	check(gnutls_priority_init(&bench->priority, text, NULL), "priority for pre-shared keys");
}

static int judge(gnutls_session_t session, gnutls_typed_vdata_st *data, unsigned int elements)
{
	unsigned int status = 0;

	int ret = gnutls_certificate_verify_peers(session, data, elements, &status);
	return ret < 0 || status ? GNUTLS_E_CERTIFICATE_ERROR : 0;
}

static int verify_server(gnutls_session_t session)
{
	const struct bench *bench = gnutls_session_get_ptr(session);
	gnutls_typed_vdata_st data[] = {
		{ .type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)GNUTLS_KP_TLS_WWW_SERVER },
		{ .type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)bench->options->name },
	};

	return judge(session, data, 2);
}

static int verify_client(gnutls_session_t session)
{
	gnutls_typed_vdata_st data = { .type = GNUTLS_DT_KEY_PURPOSE_OID,
				       .data = (unsigned char *)GNUTLS_KP_TLS_WWW_CLIENT };
	const struct bench *bench = gnutls_session_get_ptr(session);
	unsigned int count = 0;

	if (!gnutls_certificate_get_peers(session, &count) || count == 0)
		return bench->options->mode == MUTUAL ? GNUTLS_E_CERTIFICATE_ERROR : 0;
	return judge(session, &data, 1);
}

static gnutls_session_t make_session(const struct bench *bench, int end, int fd)
{
	static const gnutls_datum_t alpn = { (unsigned char *)"sunrpc", 6 };
	const char *name = bench->options->name;
	gnutls_session_t session;

	check(gnutls_init(&session, (end == CLIENT ? GNUTLS_CLIENT : GNUTLS_SERVER) | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL |
			  GNUTLS_NO_TICKETS | GNUTLS_NO_AUTO_REKEY), "session");
	gnutls_session_set_ptr(session, (void *)bench);
	gnutls_transport_set_int(session, fd);
	gnutls_handshake_set_timeout(session, GNUTLS_INDEFINITE_TIMEOUT);
	check(gnutls_priority_set(session, bench->priority), "priority");
	if (bench->options->mode == PSK) {
		check(gnutls_credentials_set(session, GNUTLS_CRD_PSK, end == CLIENT ? (void *)bench->psk_client :
					     (void *)bench->psk_server), "credentials");
		return session;
	}
	check(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, bench->x509[end]), "credentials");
	check(gnutls_alpn_set_protocols(session, &alpn, 1, GNUTLS_ALPN_MANDATORY), "ALPN");
	gnutls_session_set_verify_function(session, end == CLIENT ? verify_server : verify_client);
	if (end == SERVER)
		gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
	else
		check(gnutls_server_name_set(session, GNUTLS_NAME_DNS, name, strlen(name)), "name");
	return session;
}

static void take_keys(gnutls_session_t session)
{
	gnutls_datum_t mac, iv, key;
	unsigned char sequence[8];

	for (unsigned int received = 0; received < 2; received++)
		check(gnutls_record_get_state(session, received, &mac, &iv, &key, sequence), "keys");
}

static void learn(struct bench *bench, gnutls_session_t session)
{
	const char *signature = gnutls_sign_get_name(gnutls_sign_algorithm_get(session));

	snprintf(bench->cipher, sizeof(bench->cipher), "%s", gnutls_cipher_get_name(gnutls_cipher_get(session)));
	snprintf(bench->group, sizeof(bench->group), "%s", gnutls_group_get_name(gnutls_group_get(session)));
	snprintf(bench->signature, sizeof(bench->signature), "%s", signature ? signature : "");
}

static void shake(struct bench *bench)
{
	gnutls_session_t sessions[ENDS];
	int pair[ENDS], rets[ENDS] = { GNUTLS_E_AGAIN, GNUTLS_E_AGAIN };

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
		check(GNUTLS_E_PUSH_ERROR, "socket pair");
	for (int end = 0; end < ENDS; end++)
		sessions[end] = make_session(bench, end, pair[end]);
	while (rets[CLIENT] == GNUTLS_E_AGAIN || rets[SERVER] == GNUTLS_E_AGAIN) {
		for (int end = 0; end < ENDS; end++) {
			if (rets[end] == GNUTLS_E_AGAIN)
				rets[end] = gnutls_handshake(sessions[end]);
			check(rets[end] == GNUTLS_E_AGAIN ? 0 : rets[end], end == CLIENT ? "client" : "server");
		}
	}
	learn(bench, sessions[CLIENT]);
	for (int end = 0; end < ENDS; end++) {
		take_keys(sessions[end]);
		gnutls_deinit(sessions[end]);
		close(pair[end]);
	}
}

static double cpu_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return used.tv_sec + used.tv_nsec / 1e9;
}

static double wall_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static int usage(void)
{
	fprintf(stderr, "usage: ceiling --mode server-only|mutual|psk --priority STRING [--count N] [--name NAME]\n"
			"               [--trust FILE --certificate FILE --key FILE [--client-certificate FILE --client-key FILE]]\n");
	return 2;
}

static bool parse(int argc, char **argv, struct options *options)
{
	static const struct option known[] = {
		{ "mode", required_argument, NULL, 'm' },  { "count", required_argument, NULL, 'c' },
		{ "trust", required_argument, NULL, 't' }, { "name", required_argument, NULL, 'n' },
		{ "key", required_argument, NULL, 'k' },   { "certificate", required_argument, NULL, 'x' },
		{ "client-key", required_argument, NULL, 'K' }, { "client-certificate", required_argument, NULL, 'X' },
		{ "priority", required_argument, NULL, 'p' }, { 0 }
	};
	int option;

	*options = (struct options){ .mode = MODES, .count = 200, .name = "server.test" };
	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'c': options->count = atoi(optarg); break;
		case 't': options->trust = optarg; break;
		case 'n': options->name = optarg; break;
		case 'k': options->key[SERVER] = optarg; break;
		case 'x': options->certificate[SERVER] = optarg; break;
		case 'K': options->key[CLIENT] = optarg; break;
		case 'X': options->certificate[CLIENT] = optarg; break;
		case 'p': options->priority = optarg; break;
		case 'm':
			for (int i = 0; i < MODES; i++)
				options->mode = strcmp(mode_names[i], optarg) == 0 ? i : (int)options->mode;
			break;
		default: return false;
		}
	}
	return options->mode != MODES && options->priority && optind == argc &&
	       (options->mode == PSK || (options->trust && options->key[SERVER] && options->certificate[SERVER])) &&
	       (options->mode != MUTUAL || (options->key[CLIENT] && options->certificate[CLIENT]));
}

int main(int argc, char **argv)
{
	struct options options;
	struct bench bench = { .options = &options };

	if (!parse(argc, argv, &options))
		return usage();
	load(&bench);
	make_priority(&bench);
	shake(&bench);		/* what is done at first use */
	double cpu = cpu_s(), wall = wall_s();
	for (unsigned int i = 0; i < options.count; i++)
		shake(&bench);
	cpu = cpu_s() - cpu;
	wall = wall_s() - wall;
	printf("{\"mode\":\"%s\",\"count\":%u,\"wall_s\":%.3f,\"per_s\":%.2f,\"cpu_us\":%.1f,\"per_cpu_s\":%.2f,"
	       "\"cipher\":\"%s\",\"group\":\"%s\",\"signature\":\"%s\"}\n", mode_names[options.mode], options.count, wall,
	       options.count / wall, cpu * 1e6 / options.count, options.count / cpu, bench.cipher, bench.group, bench.signature);
	return EXIT_SUCCESS;
}
