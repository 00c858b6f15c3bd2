// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Modules of keyrings; see module.h.
 */
#include <config.h>

#include <unistd.h>
#include <string.h>

#include "module.h"
#include "status.h"

static const struct {
	const char *keyring;
	const char *module;
	const char *hint;
} modules[] = {
	{ ".nvme", "nvme-keyring",
	  "it comes with the module nvme-keyring, which nvme-tcp and nvmet-tcp load: run `modprobe "
	  "nvme-keyring`; Linux has it from 6.7 on" },
	{ ".nfs", "nfs",
	  "it comes with the module nfs: run `modprobe nfs`; newer kernels have it (7.3 has it, 6.12 has "
	  "not), and without it mounts take their certificate from tlshd.conf(5) only" },
};

const char *module_of_keyring(const char *keyring)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modules); i++) {
		if (strcmp(modules[i].keyring, keyring) == 0)
			return modules[i].module;
	}
	return NULL;
}

const char *module_hint(const char *keyring)
{
	for (size_t i = 0; i < G_N_ELEMENTS(modules); i++) {
		if (strcmp(modules[i].keyring, keyring) == 0)
			return modules[i].hint;
	}
	/* The permissions that a new keyring has are for sessions with a link to @u only. */
	return "make it first: keyctl newring NAME @u && keyctl setperm %keyring:NAME 0x3f3f0000";
}

/* The kernel's own helper; an empty name switches loading off. */
static char *find_modprobe(void)
{
	char *path = NULL;

	if (!g_file_get_contents("/proc/sys/kernel/modprobe", &path, NULL, NULL))
		return g_strdup("/sbin/modprobe");
	return g_strstrip(path);
}

int module_load(const char *name, GError **error)
{
	g_autofree char *modprobe = find_modprobe(), *said = NULL;
	char *arguments[] = { modprobe, (char *)"--", (char *)name, NULL };
	g_autoptr(GError) failure = NULL;
	int ended = 0;

	if (!*modprobe)
		return status_set(error, STATUS_KEYRING,
				  "module %s cannot be loaded: this machine does not load modules "
				  "(/proc/sys/kernel/modprobe is empty)",
				  name);
	if (g_spawn_sync(NULL, arguments, NULL, G_SPAWN_STDOUT_TO_DEV_NULL, NULL, NULL, NULL, &said,
			 &ended, &failure) &&
	    ended == 0)
		return 0;
	if (said)
		g_strstrip(said);
	return status_set(error, geteuid() == 0 ? STATUS_KEYRING : STATUS_PERMISSION,
			  "module %s cannot be loaded: %s", name,
			  failure		? failure->message :
				  said && *said ? said :
						  "modprobe failed");
}
