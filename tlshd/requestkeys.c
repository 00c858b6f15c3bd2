// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keys of requests.
 */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <glib.h>

#include "requestkeys.h"

#define NO_SHA384 "its hash is SHA-384, which needs GnuTLS 3.8.11"
#define CALLS_MAX 32	/* identities that a worker may ask for in one job */

static void leave_out(struct requestkeys *keys, key_serial_t serial, const char *why)
{
	size_t length = strlen(keys->left_out);

	snprintf(keys->left_out + length, sizeof(keys->left_out) - length, "%skey %d: %s", length ? ", " : "", serial, why);
}

/* The first usable one is offered: TLS has room for more, the TLS library has not. */
static enum proto_reason choose(struct requestkeys *keys, const struct handshake_request *request, int *error)
{
	struct psk *psk = g_new0(struct psk, 1);
	enum proto_reason reason = REASON_PSK_NO_KEY;

	*error = ENOKEY;
	for (unsigned int i = 0; i < request->peer_count; i++) {
		int ret = psk_read(request->peers[i], psk);
		if (ret == 0 && psk_hash_served(psk->hash)) {
			keys->psk = psk;
			return REASON_OK;
		}
		leave_out(keys, request->peers[i], ret < 0 ? strerror(-ret) : NO_SHA384);
		if (ret == 0)
			reason = REASON_PSK_HASH;
		else if (!psk_certain(ret) && reason != REASON_PSK_HASH)
			reason = REASON_PSK_FAILED;
		if (ret < 0)
			*error = -ret;
		psk_wipe(psk);
	}
	g_free(psk);
	return reason;
}

static enum proto_reason read_certificate(struct requestkeys *keys, key_serial_t serial, int *error)
{
	g_autofree char *data = g_malloc(PROTO_CERTIFICATE_MAX);
	long size = keyctl_read(serial, data, PROTO_CERTIFICATE_MAX);

	if (size <= 0 || size > PROTO_CERTIFICATE_MAX) {
		*error = size < 0 ? errno : EBADMSG;
		return REASON_REQUEST_CERTIFICATE;
	}
	keys->certificate = g_bytes_new(data, size);
	return REASON_OK;
}

/* Its keyring stays ours until the end: the private key goes to the keeper later. */
static enum proto_reason take_certificate(struct requestkeys *keys, const struct handshake_request *request, int *error)
{
	key_serial_t keyring = keyrings_requested();

	int ret = keyring > 0 ? keyrings_hold(keys->keyrings, keyring) : 0;
	if (ret < 0) {
		*error = -ret;
		return REASON_REQUEST_CERTIFICATE;
	}
	keys->held = MAX(keyring, 0);
	enum proto_reason reason = read_certificate(keys, request->certificate, error);
	/* What we were not allowed for want of possession, which we did not get for want of quota, may be had the next time. */
	if (reason != REASON_OK && *error == EACCES && keyrings_shortage(keys->keyrings) < 0)
		*error = -keyrings_shortage(keys->keyrings);
	return reason;
}

enum proto_reason requestkeys_take(struct requestkeys *keys, struct keyrings *keyrings, const struct snapshot *snapshot,
				   const struct handshake_request *request, int *error)
{
	key_serial_t named[KEYRINGS_NAMED_MAX];

	*error = 0;
	keys->keyrings = keyrings;
	if (request->auth == PROTO_AUTH_X509 && request->role == PROTO_ROLE_CLIENT && request->certificate) {
		keyrings_named(keyrings, snapshot, named);	/* to possess them */
		return take_certificate(keys, request, error);
	}
	if (request->auth != PROTO_AUTH_PSK)
		return REASON_OK;
	key_serial_t keyring = keyrings_requested();
	if (keyring < 0) {
		*error = -keyring;
		return REASON_PSK_FAILED;
	}
	if (keyring == 0)
		keyrings_named(keyrings, snapshot, named);	/* to possess them */
	if (request->role == PROTO_ROLE_CLIENT)
		return choose(keys, request, error);
	if (keyring > 0) {
		int ret = keyrings_hold(keyrings, keyring);
		if (ret < 0) {
			*error = -ret;
			return REASON_PSK_FAILED;
		}
		keys->held = keyring;
	}
	return REASON_OK;
}

static bool is_identity(const struct psk *psk, const struct proto_psk *call)
{
	return psk->identity_length == call->identity_length &&
	       memcmp(psk->identity, call->identity, call->identity_length) == 0;
}

static int find(struct requestkeys *keys, const struct snapshot *snapshot, const struct proto_psk *call)
{
	key_serial_t named[KEYRINGS_NAMED_MAX];
	struct psk *psk = g_new0(struct psk, 1);
	int ret = -ENOKEY;

	if (keys->held) {
		ret = psk_find(keys->held, call->identity, call->identity_length, psk);
	} else {
		unsigned int count = keyrings_named(keys->keyrings, snapshot, named);
		for (unsigned int i = 0; i < count && ret < 0; i++)
			ret = psk_find(named[i], call->identity, call->identity_length, psk);
	}
	if (ret == 0 && !psk_hash_served(psk->hash)) {
		if (!keys->left_out[0])
			leave_out(keys, psk->serial, NO_SHA384);
		psk_wipe(psk);
		ret = -ENOKEY;
	}
	if (ret < 0) {
		snprintf(keys->unknown, sizeof(keys->unknown), "%.*s", (int)call->identity_length, call->identity);
		g_free(psk);
		return psk_certain(ret) || ret == -EINVAL ? -ENOKEY : ret;
	}
	keys->psk = psk;
	return 0;
}

static int give(struct requestkeys *keys, const struct snapshot *snapshot, const struct handshake_request *request,
		const struct proto_psk *call)
{
	if (request->auth != PROTO_AUTH_PSK || ++keys->calls > CALLS_MAX)
		return -EPERM;
	if (request->role == PROTO_ROLE_CLIENT)
		return call->identity_length == 0 && keys->psk ? 0 : -EPERM;
	/* After a HelloRetryRequest the same one is asked for again; another one after a hit is not for this job. */
	if (keys->psk)
		return is_identity(keys->psk, call) ? 0 : -EPERM;
	return find(keys, snapshot, call);
}

static void fill(const struct psk *psk, struct proto_psk_key *answer)
{
	answer->hash = psk->hash;
	answer->identity_length = psk->identity_length;
	answer->key_length = psk->key_length;
	memcpy(answer->identity, psk->identity, psk->identity_length);
	memcpy(answer->key, psk->key, psk->key_length);
}

bool requestkeys_offer(struct requestkeys *keys, const struct handshake_request *request, uint64_t job,
		       union proto_message *answer)
{
	if (request->auth != PROTO_AUTH_PSK || request->role != PROTO_ROLE_CLIENT || !keys->psk)
		return false;
	proto_init(answer, PROTO_PSK_KEY);
	answer->psk_key.job = job;
	fill(keys->psk, &answer->psk_key);
	keys->given = true;
	return true;
}

void requestkeys_answer(struct requestkeys *keys, const struct snapshot *snapshot,
			const struct handshake_request *request, const struct proto_psk *call,
			union proto_message *answer)
{
	int ret = give(keys, snapshot, request, call);

	proto_init(answer, PROTO_PSK_KEY);
	answer->psk_key.job = call->job;
	answer->psk_key.call = call->call;
	answer->psk_key.status = ret;
	if (ret < 0)
		return;
	fill(keys->psk, &answer->psk_key);
	keys->given = true;
}

static int write_bytes(int fd, GBytes *bytes)
{
	gsize size;
	const void *data = g_bytes_get_data(bytes, &size);
	ssize_t written = write(fd, data, size);

	return written < 0 ? -errno : (gsize)written == size ? 0 : -EIO;
}

int requestkeys_image(const struct requestkeys *keys)
{
	int fd = memfd_create("certificate", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	int ret = write_bytes(fd, keys->certificate);
	if (ret == 0)
		ret = write_bytes(fd, keys->spki);
	if (ret < 0)
		close(fd);
	return ret < 0 ? ret : fd;
}

key_serial_t requestkeys_serial(const struct requestkeys *keys)
{
	return keys->given ? keys->psk->serial : 0;
}

void requestkeys_identity(const struct requestkeys *keys, char *text, size_t size)
{
	if (keys->psk)
		snprintf(text, size, "%.*s", (int)keys->psk->identity_length, keys->psk->identity);
	else
		snprintf(text, size, "%s", keys->unknown);
}

void requestkeys_drop(struct requestkeys *keys)
{
	if (keys->psk)
		psk_wipe(keys->psk);
	g_clear_pointer(&keys->psk, g_free);
	g_clear_pointer(&keys->certificate, g_bytes_unref);
	g_clear_pointer(&keys->spki, g_bytes_unref);
	if (keys->held)
		keyrings_release(keys->keyrings, keys->held);
	keys->held = 0;
}
