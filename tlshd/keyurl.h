/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * URLs of private keys in tokens (RFC 7512 and its kin), taken apart: what names the key, and what is secret about it.
 *
 * The TLS library gets the name only. Where a PIN is in the URL it would hand it to the token itself, as often as it
 * likes; here the keeper decides that (keeper/pin.h).
 */
#ifndef TLSHD_KEYURL_H
#define TLSHD_KEYURL_H

#include <stdbool.h>

#define KEYURL_PIN_MAX 255	/* bytes; the TLS library has room for so many */

struct keyurl {
	char *name;		/* the URL without its query and without a PIN: for the library and for messages */
	char *module;		/* module-path: the PKCS#11 module that has it; NULL: those of the system */
	char *pin;		/* pin-value, secret; or NULL */
	char *pin_file;		/* pin-source, an absolute path; or NULL */
};

/** keyurl_is - is this a URL ("scheme:", RFC 3986, 3.1) rather than a path? A path may begin with "./" to be none. */
bool keyurl_is(const char *text);

/**
 * keyurl_name - a URL as it may be shown: without its query, where the PIN is
 *
 * Text that is no URL stays as it is. Returns a string to free(), or NULL when there is no memory.
 */
char *keyurl_name(const char *text);

/**
 * keyurl_parse - take a URL apart
 * @text: the URL
 * @out: its parts; free with keyurl_free()
 * @why: after an error: what is wrong and what mends it, the rest of a sentence that begins with the URL's name
 *
 * Returns 0, -EINVAL for a PIN that cannot be used as it is given, or -ENOMEM.
 */
int keyurl_parse(const char *text, struct keyurl **out, const char **why);

/** keyurl_free - wipe and free; NULL is fine */
void keyurl_free(struct keyurl *url);

#endif
