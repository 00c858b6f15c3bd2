// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rules of entries; see keysrules.h.
 */
#include <config.h>

#include <string.h>

#include "keysrules.h"
#include "nvme/nqn.h"
#include "x509/x509store.h"

static void check_nqn(struct keyentry *entry, const char *key, const char *nqn, const char *whose)
{
	g_autoptr(GError) error = NULL;

	if (nqn && nqn_check(nqn, whose, &error) != 0)
		keyentry_fault(entry, entry->line, key, "%s", error->message);
}

static void check_nvme(struct keyentry *entry)
{
	if (!entry->source && !entry->no_source)
		keyentry_fault(entry, entry->line, NULL,
			       "[%s] does not say where the key is: add source= (a file in the interchange "
			       "format) or credential=",
			       entry->section);
	if (!entry->subsysnqn && !entry->no_subsystem)
		keyentry_fault(entry, entry->line, NULL,
			       "[%s] does not say for which subsystem the key is: add subsysnqn=", entry->section);
	check_nqn(entry, "hostnqn", entry->hostnqn, "host");
	check_nqn(entry, "subsysnqn", entry->subsysnqn, "subsystem");
	if (!entry->identity)
		entry->identity = g_strdup("1");
	else if (strcmp(entry->identity, "0") != 0 && strcmp(entry->identity, "1") != 0 &&
		 strcmp(entry->identity, "both") != 0)
		keyentry_fault(entry, entry->line, "identity-version", "this is neither 0, 1 nor both");
	if (!entry->keyring)
		entry->keyring = g_strdup(STORE_NVME);
}

static void check_x509(struct keyentry *entry)
{
	g_autoptr(GError) error = NULL;
	unsigned int sources = !!entry->source + !!entry->pkcs12 + (entry->cert || entry->key);

	if (sources == 0 && !entry->no_source)
		keyentry_fault(entry, entry->line, NULL,
			       "[%s] does not say where certificate and private key are: add cert= and key=, "
			       "pkcs12=, or source= for one file with both",
			       entry->section);
	if (sources > 1)
		keyentry_fault(entry, entry->line, NULL,
			       "[%s] names more than one source: either cert= and key=, or pkcs12=, or "
			       "source= (or credential=)",
			       entry->section);
	if (!entry->cert != !entry->key && !entry->no_source)
		keyentry_fault(entry, entry->line, NULL, "[%s] has %s= without %s=: add it", entry->section,
			       entry->cert ? "cert" : "key", entry->cert ? "key" : "cert");
	if (!entry->keyring)
		entry->keyring = g_strdup(STORE_NFS);
	if (!entry->name)
		entry->name = g_strdup(entry->section);
	if (x509store_name(entry->name, &error) != 0)
		keyentry_fault(entry, entry->line, "name", "%s; without name= it is the section's name",
			       error->message);
}

void keysrules_check(struct keyentry *entry)
{
	switch (entry->type) {
	case KEYENTRY_NVME_PSK:
		check_nvme(entry);
		break;
	case KEYENTRY_X509:
		check_x509(entry);
		break;
	default:
		/* Where it is misspelt, that is said already. */
		if (!keyentry_broken(entry))
			keyentry_fault(entry, entry->line, NULL, "[%s] has no type: add type=nvme-psk or type=x509",
				       entry->section);
	}
}
