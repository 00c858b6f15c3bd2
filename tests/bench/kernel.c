// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * For the native harness: what the kernel may lack here. The linker puts these in the place of ktlsprobe.c and, with --wrap,
 * of single functions; each still makes the call that it stands for, so that it costs what it costs.
 *
 * The type psk of keys comes with a kernel module (NVMe's keyring). Where it is missing, keys of type user stand for it.
 */
#include <config.h>

#include <keyutils.h>
#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "ktlsprobe.h"
#include "socket.h"

bool __real_socket_has_keys(int fd);
bool __wrap_socket_has_keys(int fd);
long __real_keyctl_search(key_serial_t keyring, const char *type, const char *description, key_serial_t destination);
long __wrap_keyctl_search(key_serial_t keyring, const char *type, const char *description, key_serial_t destination);
long __real_keyctl_describe(key_serial_t key, char *text, size_t size);
long __wrap_keyctl_describe(key_serial_t key, char *text, size_t size);

/* All that the kernel's TLS takes, in the order of ktlsprobe.c. */
int ktlsprobe_run(char *names, size_t size)
{
	g_strlcpy(names, "AES-256-GCM,CHACHA20-POLY1305,AES-128-GCM,AES-128-CCM", size);
	return 0;
}

bool __wrap_socket_has_keys(int fd)
{
	__real_socket_has_keys(fd);
	return true;
}

long __wrap_keyctl_search(key_serial_t keyring, const char *type, const char *description, key_serial_t destination)
{
	return __real_keyctl_search(keyring, strcmp(type, "psk") == 0 ? "user" : type, description, destination);
}

long __wrap_keyctl_describe(key_serial_t key, char *text, size_t size)
{
	long length = __real_keyctl_describe(key, text, size);

	/* The length counts the end of the text, too. */
	if (length > 5 && (size_t)length <= size && strncmp(text, "user;", 5) == 0) {
		memmove(text + 4, text + 5, length - 5);
		memcpy(text, "psk;", 4);
		length--;
	}
	return length;
}
