// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * keyctl(2) and add_key(2) say which call answers what; here is what to do about it.
 */
#include <config.h>

#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "keyfault.h"
#include "status.h"

static const struct {
	int number;
	enum status status;
	const char *cause; /* NULL: as strerror(3) says */
	const char *remedy;
} faults[] = {
	{ EACCES, STATUS_PERMISSION, "the kernel does not allow it",
	  "the owner of keyring and key has to allow it (keyctl setperm)" },
	{ EPERM, STATUS_PERMISSION, "the kernel does not allow it",
	  "a security policy or the keyring itself forbids it" },
	{ EDQUOT, STATUS_QUOTA, "the quota of keys is used up",
	  "remove keys, or raise kernel.keys.maxkeys and maxbytes (root_maxkeys and root_maxbytes "
	  "for root)" },
	{ ENOMEM, STATUS_QUOTA, "there is no memory", NULL },
	{ ENFILE, STATUS_QUOTA, "the keyring is full", "remove keys from it" },
	{ ENODEV, STATUS_KEYRING, "the kernel does not know this type of key",
	  "load the module that has it: nvme-keyring for keys of type psk" },
	{ ENOKEY, STATUS_NOT_FOUND, "there is no such key", NULL },
	{ EKEYEXPIRED, STATUS_EXPIRED, "the key has expired", "import it again" },
	{ EKEYREVOKED, STATUS_EXPIRED, "the key was revoked",
	  "import it again; for a keyring, load its module again" },
	{ EKEYREJECTED, STATUS_EXPIRED, "the key was rejected", NULL },
	{ ENOTDIR, STATUS_INPUT, "it is a key, not a keyring", NULL },
	{ ENOSYS, STATUS_FAILURE, "this kernel has no key service", "it needs CONFIG_KEYS" },
};

int keyfault_set(GError **error, int number, const char *format, ...)
{
	const char *cause = strerror(number), *remedy = NULL;
	enum status status = STATUS_FAILURE;
	va_list arguments;

	for (size_t i = 0; i < G_N_ELEMENTS(faults); i++) {
		if (faults[i].number != number)
			continue;
		status = faults[i].status;
		cause = faults[i].cause;
		remedy = faults[i].remedy;
	}
	if (status == STATUS_PERMISSION && geteuid() != 0)
		remedy = "run it as root, or name a keyring of your own";
	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	return status_set(error, status, "%s: %s%s%s", what, cause, remedy ? "; " : "",
			  remedy ? remedy : "");
}
