// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Keyrings for tests; see keyrings_fixture.h.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <glib.h>

#include "keyrings_fixture.h"

static int adds_left;
static int failure;
static GHashTable *psks;	/* serial numbers of those keys that were to be of type psk */

key_serial_t __real_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring);
key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring);
long __real_keyctl_describe(key_serial_t serial, char *buffer, size_t size);
long __wrap_keyctl_describe(key_serial_t serial, char *buffer, size_t size);

key_serial_t __wrap_add_key(const char *type, const char *description, const void *payload,
			    size_t size, key_serial_t keyring)
{
	bool is_psk = strcmp(type, "psk") == 0;

	if (is_psk && failure && adds_left-- <= 0) {
		errno = failure;
		return -1;
	}
	key_serial_t serial = __real_add_key(is_psk ? "user" : type, description, payload, size, keyring);
	if (is_psk && serial > 0) {
		if (!psks)
			psks = g_hash_table_new(NULL, NULL);
		g_hash_table_add(psks, GINT_TO_POINTER(serial));
	}
	return serial;
}

long __wrap_keyctl_describe(key_serial_t serial, char *buffer, size_t size)
{
	long length = __real_keyctl_describe(serial, buffer, size);

	if (length <= 0 || (size_t)length > size || strncmp(buffer, "user;", 5) != 0 || !psks ||
	    !g_hash_table_contains(psks, GINT_TO_POINTER(serial)))
		return length;
	memmove(buffer + 4, buffer + 5, length - 5);
	memcpy(buffer, "psk;", 4);
	return length - 1;
}

key_serial_t fixture_keyring(void)
{
	static unsigned int count;
	g_autofree char *name = g_strdup_printf("tlskey-test-%d-%u", (int)getpid(), count++);

	if (count == 1 && keyctl_join_session_keyring(NULL) < 0)
		return 0;
	key_serial_t keyring = add_key("keyring", name, NULL, 0, KEY_SPEC_SESSION_KEYRING);
	return keyring < 0 ? 0 : keyring;
}

void fixture_fail_add(int after, int number)
{
	adds_left = after;
	failure = number;
}

guint fixture_count(key_serial_t keyring)
{
	long size = keyctl_read(keyring, NULL, 0);

	g_assert_cmpint(size, >=, 0);
	return size / sizeof(key_serial_t);
}
