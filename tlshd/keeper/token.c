// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Finding a key by its URL. Most of this file says why it was not found: people see their tokens from outside only.
 */
#include <config.h>

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/pkcs11.h>
#include <gnutls/urls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "token.h"

#define LABEL_MAX 64	/* bytes of a token's label, which has 32 */

int token_start(bool system, char *why, size_t room)
{
	int ret = gnutls_pkcs11_init(system ? GNUTLS_PKCS11_FLAG_AUTO : GNUTLS_PKCS11_FLAG_MANUAL, NULL);

	if (ret >= 0)
		return 0;
	snprintf(why, room, "needs the system's PKCS#11 modules, which cannot be loaded (%s): see pkcs11.conf(5), or name "
		 "the module with ?module-path=FILE", gnutls_strerror(ret));
	return -EIO;
}

static bool is_pkcs11(const struct keyurl *url)
{
	return strncasecmp(url->name, "pkcs11:", strlen("pkcs11:")) == 0;
}

static int check_url(const struct keyurl *url, char *why, size_t room)
{
	if (!gnutls_url_is_supported(url->name)) {
		snprintf(why, room, "is a URL of a kind that this build of the TLS library has no keys for: pkcs11: and "
			 "the path of a file can be used");
		return -ENOTSUP;
	}
	if (is_pkcs11(url) && !strstr(url->name, "object=") && !strstr(url->name, "id=")) {
		snprintf(why, room, "does not say which key of the token it means: add object=LABEL or id=%%NN; "
			 "`p11tool --login --list-keys` shows them");
		return -EINVAL;
	}
	return 0;
}

static int load_module(const struct keyurl *url, char *why, size_t room)
{
	if (!url->module)
		return 0;
	/* The library's own error is one for all reasons. */
	int error = access(url->module, R_OK) < 0 ? errno : 0;
	int ret = gnutls_pkcs11_add_provider(url->module, NULL);
	if (ret >= 0)
		return 0;
	snprintf(why, room, "needs the PKCS#11 module %s, which cannot be loaded (%s): check module-path, and that user "
		 KEEPER_USER " may use what the module needs", url->module,
		 error && url->module[0] == '/' ? strerror(error) : gnutls_strerror(ret));
	return -ELIBACC;
}

/* The labels of all tokens, for those who look for theirs. */
static void list_tokens(char *list, size_t room)
{
	size_t used = 0;
	char *url;

	*list = '\0';
	for (unsigned int i = 0; gnutls_pkcs11_token_get_url(i, GNUTLS_PKCS11_URL_GENERIC, &url) >= 0; i++) {
		char label[LABEL_MAX];
		size_t size = sizeof(label);
		if (gnutls_pkcs11_token_get_info(url, GNUTLS_PKCS11_TOKEN_LABEL, label, &size) >= 0 && used < room)
			used += snprintf(list + used, room - used, "%s\"%s\"", used > 0 ? ", " : "", label);
		gnutls_free(url);
	}
	if (used == 0)
		snprintf(list, room, "none");
}

static int find_token(const struct keyurl *url, char *why, size_t room)
{
	unsigned int flags;
	char tokens[256];

	if (!is_pkcs11(url) || gnutls_pkcs11_token_get_flags(url->name, &flags) >= 0)
		return 0;
	list_tokens(tokens, sizeof(tokens));
	snprintf(why, room, "names a token that is not there (found: %s): check the URL, that the token is plugged in, that "
		 "%s, and that user " KEEPER_USER " may use it", tokens,
		 url->module ? "module-path names its module" : "p11-kit knows its module (or add ?module-path=FILE)");
	return -ENODEV;
}

static int explain_pin(struct pin *pin, int error, char *why, size_t room)
{
	if (error == GNUTLS_E_PKCS11_PIN_ERROR)
		pin_refused(pin);
	switch (error == GNUTLS_E_PKCS11_PIN_LOCKED ? PIN_NOT_ASKED : pin_fate(pin)) {
	case PIN_MISSING:
		snprintf(why, room, "is in a token that wants a PIN: write it into a file of root's with mode 0600, and add "
			 "?pin-source=FILE to the URL");
		return -EACCES;
	case PIN_WRONG:
		snprintf(why, room, "is in a token that refuses the PIN; it was tried once and will not be tried again, "
			 "because tokens lock themselves: correct it, and log in once by hand (`p11tool --login "
			 "--list-keys`), which tells the token so");
		return -EACCES;
	case PIN_WRONG_BEFORE:
		snprintf(why, room, "is in a token that has just refused a PIN: none is tried until that one is corrected");
		return -EACCES;
	case PIN_HELD_BACK:
		snprintf(why, room, "is in a token where the last PIN was wrong, whoever gave it, so none is tried, because "
			 "tokens lock themselves: make sure that the PIN here is right, and log in once by hand "
			 "(`p11tool --login --list-keys`)");
		return -EACCES;
	case PIN_NOT_ASKED:
	case PIN_GIVEN:
		break;
	}
	if (error != GNUTLS_E_PKCS11_PIN_LOCKED && error != GNUTLS_E_PKCS11_PIN_EXPIRED)
		return 0;
	snprintf(why, room, "is in a token whose PIN is %s: set a new one with the vendor's tool",
		 error == GNUTLS_E_PKCS11_PIN_LOCKED ? "locked, after too many wrong ones" : "expired");
	return -EACCES;
}

static int explain(struct pin *pin, int error, char *why, size_t room)
{
	if (error == GNUTLS_E_MEMORY_ERROR) {
		snprintf(why, room, "cannot be loaded: no memory");
		return -ENOMEM;
	}
	int ret = explain_pin(pin, error, why, room);
	if (ret < 0)
		return ret;
	if (error == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE || error == GNUTLS_E_PKCS11_REQUESTED_OBJECT_NOT_AVAILBLE) {
		snprintf(why, room, "names no private key of its token: check object= and id=; `p11tool --login "
			 "--list-keys` shows what there is");
		return -ENOKEY;
	}
	snprintf(why, room, "cannot be loaded from its token (%s)", gnutls_strerror(error));
	return -EIO;
}

int token_load(const struct keyurl *url, struct pin *pin, struct key **out, char *why, size_t room)
{
	gnutls_privkey_t private;

	*out = NULL;
	int ret = check_url(url, why, room);
	if (ret == 0)
		ret = load_module(url, why, room);
	if (ret == 0)
		ret = find_token(url, why, room);
	if (ret < 0)
		return ret;
	int code = gnutls_privkey_init(&private);
	if (code < 0)
		return explain(pin, code, why, room);
	gnutls_privkey_set_pin_function(private, pin_give, pin);
	code = gnutls_privkey_import_url(private, url->name, 0);
	if (code < 0) {
		gnutls_privkey_deinit(private);
		return explain(pin, code, why, room);
	}
	return key_adopt(private, out, why, room);
}
