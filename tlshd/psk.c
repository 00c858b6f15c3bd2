// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding and reading pre-shared keys.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include <glib.h>

#include "keyinfo.h"
#include "psk.h"

#define KEYRING_MAX 4096	/* keys of one keyring that are looked at: some milliseconds, in which we do nothing else */

/* "NVMe<0|1><R|G><01|02> ", NVMe/TCP transport specification, 3.6.1.3: the last two digits name the hash. */
static uint32_t hash_of(const uint8_t *identity, size_t length)
{
	if (length > 9 && memcmp(identity, "NVMe", 4) == 0 && (identity[4] == '0' || identity[4] == '1') &&
	    (identity[5] == 'R' || identity[5] == 'G') && identity[6] == '0' && identity[7] == '2' &&
	    identity[8] == ' ')
		return PROTO_PSK_SHA384;
	return PROTO_PSK_SHA256;
}

bool psk_hash_served(uint32_t hash)
{
#ifdef HAVE_GNUTLS_PSK_ALLOCATE_CLIENT_CREDENTIALS2
	return hash == PROTO_PSK_SHA256 || hash == PROTO_PSK_SHA384;
#else
	return hash == PROTO_PSK_SHA256;
#endif
}

bool psk_certain(int error)
{
	return error == -ENOKEY || error == -EKEYREVOKED || error == -EKEYEXPIRED;
}

bool psk_lasting(int error)
{
	return error == -EINVAL || error == -EACCES;
}

void psk_wipe(struct psk *psk)
{
	explicit_bzero(psk, sizeof(*psk));
}

void psk_wipe_key(struct psk *psk)
{
	explicit_bzero(psk->key, sizeof(psk->key));
	psk->key_length = 0;
}

int psk_read(key_serial_t serial, struct psk *psk)
{
	char text[KEYINFO_MAX];
	const char *identity;

	memset(psk, 0, sizeof(*psk));
	int ret = keyinfo_read(serial, PSK_TYPE, text, NULL, &identity);
	if (ret < 0)
		return ret;
	size_t length = strlen(identity);
	if (length == 0 || length > sizeof(psk->identity))
		return -EINVAL;
	long size = keyctl_read(serial, (char *)psk->key, sizeof(psk->key));
	ret = size < 0 ? -errno : size == 0 || (size_t)size > sizeof(psk->key) ? -EINVAL : 0;
	if (ret < 0) {
		psk_wipe(psk);
		return ret;
	}
	psk->serial = serial;
	psk->key_length = size;
	psk->identity_length = length;
	memcpy(psk->identity, identity, length);
	psk->hash = hash_of(psk->identity, length);
	return 0;
}

/* Returns 0 where this key's description is exactly the identity, else a negative errno. */
static int is_exactly(key_serial_t serial, const char *identity)
{
	char text[KEYINFO_MAX];
	const char *description;

	int ret = keyinfo_read(serial, PSK_TYPE, text, NULL, &description);
	if (ret < 0)
		return ret;
	return strcmp(description, identity) == 0 ? 0 : -ENOKEY;
}

/* The keyring's own keys, one after the other. Returns the serial, or a negative errno. */
static int look_through(key_serial_t keyring, const char *identity)
{
	g_autofree key_serial_t *serials = NULL;

	int count = keyinfo_list(keyring, KEYRING_MAX, &serials);
	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		if (is_exactly(serials[i], identity) == 0)
			return serials[i];
	}
	return -ENOKEY;
}

int psk_find(key_serial_t keyring, const uint8_t *identity, size_t length, struct psk *psk)
{
	char text[PROTO_PSK_IDENTITY_MAX + 1];

	memset(psk, 0, sizeof(*psk));
	/* A description is a text: an identity with a zero byte, or of no or too many bytes, is nobody's. */
	if (length == 0 || length >= sizeof(text) || memchr(identity, '\0', length))
		return -ENOKEY;
	memcpy(text, identity, length);
	text[length] = '\0';
	long serial = keyctl_search(keyring, PSK_TYPE, text, 0);
	/* The kernel has looked at each key's description: where none begins like this, none is the same. */
	if (serial < 0 && (errno == ENOKEY || !psk_certain(-errno)))
		return -errno;
	if (serial >= 0 && psk_read(serial, psk) == 0) {
		if (psk->identity_length == length && memcmp(psk->identity, identity, length) == 0)
			return 0;
		psk_wipe(psk);
	}
	/* A revoked key, or one whose description only begins like this, must not hide the right one. */
	if (serial < 0 || is_exactly(serial, text) < 0) {
		int error = serial < 0 ? -errno : -ENOKEY;
		serial = look_through(keyring, text);
		if (serial < 0)
			return serial == -ENOKEY ? error : (int)serial;
	}
	return psk_read(serial, psk);
}
