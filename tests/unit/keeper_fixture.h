/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the keeper's tests share: keys made on the spot, files in a folder that is removed, and a keeper to talk to.
 *
 * All of this ends the test program when something fails that is not under test.
 */
#ifndef TESTS_KEEPER_FIXTURE_H
#define TESTS_KEEPER_FIXTURE_H

#include <glib.h>
#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto.h"

/* How a key is written to its file. */
enum fixture_form {
	FORM_PKCS8,		/* PEM */
	FORM_PKCS8_DER,
	FORM_TRADITIONAL,	/* PEM: BEGIN RSA PRIVATE KEY, BEGIN EC PRIVATE KEY */
	FORM_TRADITIONAL_DER,
	FORM_ENCRYPTED,		/* PKCS#8, PEM, with a passphrase */
	FORM_ENCRYPTED_DER,
};

/* A folder of its own for the whole program; fixture_done() removes it with all that is in it. */
const char *fixture_folder(void);
void fixture_done(void);

/* Make a file of this content; returns its path, for g_free(). */
char *fixture_file(const char *name, const void *data, size_t size, mode_t mode);

/* A new private key; bits as gnutls_x509_privkey_generate() takes them. */
gnutls_x509_privkey_t fixture_key(gnutls_pk_algorithm_t pk, unsigned int bits);

/* An RSA-PSS key of 2048 bits that says it is for one digest only. */
gnutls_x509_privkey_t fixture_pss_key(gnutls_digest_algorithm_t digest);

/* The key as bytes, and as a file with mode 0600. */
GBytes *fixture_export(gnutls_x509_privkey_t key, enum fixture_form form);
char *fixture_key_file(const char *name, gnutls_x509_privkey_t key, enum fixture_form form);

/* A self-signed certificate of the key, in PEM. */
GBytes *fixture_certificate(gnutls_x509_privkey_t key, gnutls_x509_crt_fmt_t format);

/* SubjectPublicKeyInfo, DER. */
GBytes *fixture_spki(gnutls_x509_privkey_t key);

/* Does the signature verify with this SubjectPublicKeyInfo? */
gboolean fixture_verifies(const void *spki, size_t spki_size, uint16_t scheme, const uint8_t *input, size_t length,
			  const uint8_t *signature, size_t signature_length);

/* What is to be signed under a scheme: a digest, or the message with a context string; returns its length. */
size_t fixture_input(uint16_t scheme, uint8_t *input);

/* A sealed memfd with the key list of these paths; origins are "/etc/tlshd/config:10", ":11" ... */
int fixture_keylist(const char *const *paths);

/* A running keeper. */
/* The keyring that keepers are started with from here on; 0 (default): none. */
extern int fixture_keyring;

struct fixture_keeper {
	pid_t pid;
	int control;
	int grants;
	GString *notices;	/* all so far, a line each: "<4>text" */
	uint32_t keys;
	struct proto_key key[PROTO_KEYS_MAX];
};

/* Start the program with these descriptors in its places; @uid NULL: the test's own user, nobody for root. */
void fixture_spawn(struct fixture_keeper *keeper, int keylist, const char *uid);

/* Start it with keys in these files and wait for READY. */
void fixture_start(struct fixture_keeper *keeper, const char *const *paths);

/* The next message that is no notice; returns proto_receive()'s value. */
int fixture_next(struct fixture_keeper *keeper, union proto_message *message);

/* Read until a notice holds this text. */
void fixture_await_notice(struct fixture_keeper *keeper, const char *text);

/* Wait for the end of the process and return its exit status. */
int fixture_wait(struct fixture_keeper *keeper);

/* Close the control channel and check that the keeper ends by that, without complaint. */
void fixture_stop(struct fixture_keeper *keeper);

int fixture_attach(struct fixture_keeper *keeper, uint32_t worker);
void fixture_open(struct fixture_keeper *keeper, uint64_t job, uint32_t worker, uint32_t keys);
void fixture_close(struct fixture_keeper *keeper, uint64_t job);

/* The same on the channel of grants, where the keeper does not wait; and the word that it has to read there. */
void fixture_grant(struct fixture_keeper *keeper, uint64_t job, uint32_t worker, uint32_t keys);
void fixture_withdraw(struct fixture_keeper *keeper, uint64_t job);
void fixture_grants(struct fixture_keeper *keeper);
void fixture_ping(struct fixture_keeper *keeper);

/* A sign call with a fitting input. */
void fixture_call(union proto_message *message, uint64_t job, uint32_t key, uint16_t scheme);

/* Send a call and read the answer into it; returns the answer's status. */
int fixture_ask(int channel, union proto_message *message);

#endif
