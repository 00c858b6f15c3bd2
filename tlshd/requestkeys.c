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

/*
 * Why a key cannot be used, in the order in which one counts that speaks for all: what may be otherwise the next time comes
 * first, because then another try is worth it.
 */
enum fault { FAULT_ABSENT, FAULT_HASH, FAULT_LASTING, FAULT_PASSING };

static enum fault fault_of(int ret)
{
	if (ret == 0)
		return FAULT_HASH;
	if (psk_certain(ret))
		return FAULT_ABSENT;
	return psk_lasting(ret) ? FAULT_LASTING : FAULT_PASSING;
}

/* The first usable one is offered: TLS has room for more, the TLS library has not. */
static enum proto_reason choose(struct requestkeys *keys, const struct handshake_request *request, int *error)
{
	static const enum proto_reason reasons[] = {
		[FAULT_ABSENT] = REASON_PSK_NO_KEY,
		[FAULT_HASH] = REASON_PSK_HASH,
		[FAULT_LASTING] = REASON_PSK_FAILED,
		[FAULT_PASSING] = REASON_PSK_FAILED,
	};
	struct psk *psk = g_new0(struct psk, 1);
	enum fault worst = FAULT_ABSENT;

	*error = ENOKEY;
	for (unsigned int i = 0; i < request->peer_count; i++) {
		int ret = psk_read(request->peers[i], psk);
		if (ret == 0 && psk_hash_served(psk->hash)) {
			keys->psk = psk;
			return REASON_OK;
		}
		leave_out(keys, request->peers[i], ret < 0 ? strerror(-ret) : NO_SHA384);
		if (fault_of(ret) >= worst) {
			worst = fault_of(ret);
			*error = -ret;
		}
		psk_wipe(psk);
	}
	g_free(psk);
	return reasons[worst];
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

	int ret = keyring > 0 ? keyrings_hold(keys->keyrings, keyring) : keyring;
	if (ret < 0) {
		*error = -ret;
		return REASON_REQUEST_CERTIFICATE;
	}
	keys->held = MAX(keyring, 0);
	return read_certificate(keys, request->certificate, error);
}

static enum proto_reason take_psk(struct requestkeys *keys, struct keyrings *keyrings,
				  const struct handshake_request *request, int *error)
{
	key_serial_t keyring = keyrings_requested();
	if (keyring < 0) {
		*error = -keyring;
		return REASON_PSK_FAILED;
	}
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

enum proto_reason requestkeys_take(struct requestkeys *keys, struct keyrings *keyrings, const struct snapshot *snapshot,
				   const struct handshake_request *request, int *error)
{
	bool psk = request->auth == PROTO_AUTH_PSK;
	key_serial_t named[KEYRINGS_NAMED_MAX];
	unsigned int configured;

	*error = 0;
	keys->keyrings = keyrings;
	if (!psk && !(request->auth == PROTO_AUTH_X509 && request->role == PROTO_ROLE_CLIENT && request->certificate))
		return REASON_OK;
	/* A key is read by who possesses it, and a serial may name one in any of these. */
	keyrings_named(keyrings, snapshot, named, &configured);
	enum proto_reason reason = psk ? take_psk(keys, keyrings, request, error) : take_certificate(keys, request, error);
	/* What we were not allowed for want of possession, which we did not get for want of quota, may be had the next time. */
	int shortage = keyrings_shortage(keyrings);
	if (reason != REASON_OK && *error == EACCES && shortage < 0)
		*error = -shortage;
	return reason;
}

static bool is_identity(const struct psk *psk, const struct proto_psk *call)
{
	return psk->identity_length == call->identity_length &&
	       memcmp(psk->identity, call->identity, call->identity_length) == 0;
}

/*
 * In the request's keyring, then in those that the configuration names; where the request brings none, in the kernel's own,
 * too. That a key does not exist is certain only when each of them could be searched.
 */
static int search(struct requestkeys *keys, const struct snapshot *snapshot, const struct proto_psk *call, struct psk *psk)
{
	key_serial_t places[1 + KEYRINGS_NAMED_MAX];
	unsigned int configured, count;
	int ret, trouble = -ENOKEY;

	places[0] = keys->held;
	count = keyrings_named(keys->keyrings, snapshot, places + 1, &configured);
	if (keys->held)
		count = configured;
	for (unsigned int i = keys->held ? 0 : 1; i <= count; i++) {
		ret = psk_find(places[i], call->identity, call->identity_length, psk);
		if (ret == 0)
			return 0;
		if (!psk_certain(ret))
			trouble = ret;
	}
	return trouble;
}

static int find(struct requestkeys *keys, const struct snapshot *snapshot, const struct proto_psk *call)
{
	struct psk *psk = g_new0(struct psk, 1);
	int ret = search(keys, snapshot, call, psk);

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

void requestkeys_offer(const struct requestkeys *keys, struct proto_job_psk *job)
{
	const struct psk *psk = keys->psk;

	job->job.psk_hash = psk->hash;
	job->identity_length = psk->identity_length;
	job->key_length = psk->key_length;
	memcpy(job->identity, psk->identity, psk->identity_length);
	memcpy(job->key, psk->key, psk->key_length);
}

void requestkeys_given(struct requestkeys *keys)
{
	if (!keys->psk)
		return;
	psk_wipe_key(keys->psk);
	keys->given = true;
}

static int give(struct requestkeys *keys, const struct snapshot *snapshot, const struct handshake_request *request,
		const struct proto_psk *call)
{
	if (request->role != PROTO_ROLE_SERVER || request->auth != PROTO_AUTH_PSK || ++keys->calls > CALLS_MAX)
		return -EPERM;
	/* After a HelloRetryRequest the same one is asked for again; another one after a hit is not for this job. */
	if (keys->psk)
		return is_identity(keys->psk, call) ? 0 : -EPERM;
	return find(keys, snapshot, call);
}

void requestkeys_answer(struct requestkeys *keys, const struct snapshot *snapshot,
			const struct handshake_request *request, const struct proto_psk *call,
			union proto_message *answer)
{
	int ret = give(keys, snapshot, request, call);

	proto_init(answer, PROTO_PSK_KEY);
	answer->psk_key.call = call->call;
	answer->psk_key.status = ret;
	if (ret < 0)
		return;
	answer->psk_key.key_length = keys->psk->key_length;
	memcpy(answer->psk_key.key, keys->psk->key, keys->psk->key_length);
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
