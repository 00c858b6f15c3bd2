// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Signatures by the keeper, as private keys that the TLS library can use.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "proto.h"
#include "scheme.h"
#include "sign.h"

struct sign {
	int fd;
	uint32_t timeout_ms;
	uint32_t calls;
	struct sign_record *record;
	union proto_message message;	/* large, and there is one call at a time */
};

/* One private key of ours, as the library's callbacks see it. */
struct stub {
	struct sign *sign;
	uint32_t key;
	gnutls_pk_algorithm_t pk;
	unsigned int bits;
	gnutls_ecc_curve_t curve;
};

int sign_new(int fd, uint32_t timeout_ms, struct sign **out)
{
	struct timeval limit = { .tv_sec = timeout_ms / 1000, .tv_usec = timeout_ms % 1000 * 1000 };

	/* Zero would mean no limit at all. */
	if (timeout_ms == 0)
		return -EINVAL;
	if (fd >= 0 && (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
			setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0))
		return -errno;
	struct sign *sign = calloc(1, sizeof(*sign));
	if (!sign)
		return -ENOMEM;
	sign->fd = fd;
	sign->timeout_ms = timeout_ms;
	*out = sign;
	return 0;
}

void sign_free(struct sign *sign)
{
	free(sign);
}

void sign_begin(struct sign *sign, struct sign_record *record)
{
	sign->record = record;
}

/* Waits for the answer to this call; what belongs to earlier ones is dropped. */
static int receive_answer(struct sign *sign, uint32_t call)
{
	int64_t limit_ms = proto_now_ms() + sign->timeout_ms;

	for (;;) {
		int ret = proto_receive(sign->fd, &sign->message, 0, NULL, 0);

		if (ret == -EAGAIN)
			return -ETIMEDOUT;
		if (ret < 0)
			return ret;
		if (sign->message.header.type != PROTO_SIGNATURE)
			return -EBADMSG;
		if (sign->message.signature.call == call)
			return 0;
		/* Each message restarts the socket's own limit. */
		if (proto_now_ms() >= limit_ms)
			return -ETIMEDOUT;
	}
}

static int call_keeper(struct sign *sign, uint32_t key, uint16_t scheme, const gnutls_datum_t *input)
{
	uint32_t call = ++sign->calls;

	if (sign->fd < 0)
		return -EPIPE;
	if (input->size > PROTO_SIGN_INPUT_MAX)
		return -EMSGSIZE;
	proto_init(&sign->message, PROTO_SIGN);
	sign->message.sign.job = sign->record->job;
	sign->message.sign.call = call;
	sign->message.sign.key = key;
	sign->message.sign.scheme = scheme;
	sign->message.sign.length = input->size;
	memcpy(sign->message.sign.input, input->data, input->size);
	int ret = proto_send(sign->fd, &sign->message, NULL, 0);
	if (ret == 0)
		ret = receive_answer(sign, call);
	/* A keeper that does not read fills the channel: the same as one that does not answer. */
	return ret == -EAGAIN ? -ETIMEDOUT : ret == -ECONNRESET ? -EPIPE : ret;
}

static int sign_input(struct stub *stub, const struct scheme *scheme, const gnutls_datum_t *input,
		      gnutls_datum_t *signature)
{
	struct sign *sign = stub->sign;
	struct sign_record *record = sign->record;

	if (!record)
		return GNUTLS_E_INVALID_REQUEST;
	int ret = call_keeper(sign, stub->key, scheme->code, input);
	if (ret == 0) {
		record->answered++;
		ret = sign->message.signature.status;
	} else if (ret == -ETIMEDOUT) {
		record->timeouts++;
	}
	if (ret < 0) {
		record->failure = ret;
		return GNUTLS_E_PK_SIGN_FAILED;
	}
	signature->data = gnutls_malloc(sign->message.signature.length);
	if (!signature->data) {
		record->failure = -ENOMEM;
		return GNUTLS_E_MEMORY_ERROR;
	}
	signature->size = sign->message.signature.length;
	memcpy(signature->data, sign->message.signature.signature, signature->size);
	return 0;
}

/* Can this key sign with this scheme? A curve is part of an ECDSA scheme in TLS 1.3 (RFC 8446, 4.2.3). */
static bool usable(const struct stub *stub, const struct scheme *scheme)
{
	return scheme && scheme->pk == stub->pk &&
	       (scheme->curve == GNUTLS_ECC_CURVE_INVALID || scheme->curve == stub->curve);
}

/* RSA and ECDSA: the input is a digest. */
static int sign_hash(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *userdata, unsigned int flags,
		     const gnutls_datum_t *hash, gnutls_datum_t *signature)
{
	const struct scheme *scheme = scheme_by_algorithm(algorithm);

	(void)key, (void)flags;
	if (!usable(userdata, scheme) || scheme->digest_length == 0 || hash->size != scheme->digest_length)
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	return sign_input(userdata, scheme, hash, signature);
}

/* Ed25519 and Ed448: the input is the message itself. */
static int sign_data(gnutls_privkey_t key, gnutls_sign_algorithm_t algorithm, void *userdata, unsigned int flags,
		     const gnutls_datum_t *data, gnutls_datum_t *signature)
{
	const struct scheme *scheme = scheme_by_algorithm(algorithm);

	(void)key, (void)flags;
	if (!usable(userdata, scheme) || scheme->digest_length != 0)
		return GNUTLS_E_UNSUPPORTED_SIGNATURE_ALGORITHM;
	return sign_input(userdata, scheme, data, signature);
}

static int info(gnutls_privkey_t key, unsigned int flags, void *userdata)
{
	const struct stub *stub = userdata;

	(void)key;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO)
		return stub->pk;
	if (flags & GNUTLS_PRIVKEY_INFO_PK_ALGO_BITS)
		return stub->bits;
	if (flags & GNUTLS_PRIVKEY_INFO_HAVE_SIGN_ALGO)
		return usable(stub, scheme_by_algorithm(GNUTLS_FLAGS_TO_SIGN_ALGO(flags)));
	return -1;
}

static void deinit(gnutls_privkey_t key, void *userdata)
{
	(void)key;
	free(userdata);
}

int sign_stub(struct sign *sign, uint32_t key, gnutls_pubkey_t public_key, gnutls_privkey_t *out)
{
	gnutls_privkey_t private_key;
	unsigned int bits = 0;

	int pk = gnutls_pubkey_get_pk_algorithm(public_key, &bits);
	if (pk < 0)
		return pk;
	struct stub *stub = calloc(1, sizeof(*stub));
	if (!stub)
		return GNUTLS_E_MEMORY_ERROR;
	*stub = (struct stub){ .sign = sign, .key = key, .pk = pk, .bits = bits };
	if (pk == GNUTLS_PK_ECDSA)
		gnutls_pubkey_export_ecc_raw2(public_key, &stub->curve, NULL, NULL, 0);
	else if (pk == GNUTLS_PK_EDDSA_ED25519)
		stub->curve = GNUTLS_ECC_CURVE_ED25519;
	else if (pk == GNUTLS_PK_EDDSA_ED448)
		stub->curve = GNUTLS_ECC_CURVE_ED448;

	int ret = gnutls_privkey_init(&private_key);
	if (ret < 0) {
		free(stub);
		return ret;
	}
	ret = gnutls_privkey_import_ext4(private_key, stub, sign_data, sign_hash, NULL, deinit, info, 0);
	if (ret < 0) {
		gnutls_privkey_deinit(private_key);
		free(stub);
		return ret;
	}
	*out = private_key;
	return 0;
}
