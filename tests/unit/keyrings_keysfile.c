// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Files of keys.d: what they mean, and each mistake with its line.
 */
#include <config.h>

#include <string.h>

#include <glib.h>

#include "load/keyentry.h"
#include "load/keysfile.h"

#define FILE_NAME "/etc/tlshd/keys.d/a.conf"
#define NAMES "hostnqn=nqn.2026-01.test:host\nsubsysnqn=nqn.2026-01.test:storage\n"
#define GOOD "type=nvme-psk\nsource=key\n" NAMES

static void free_entry(void *entry)
{
	keyentry_free(entry);
}

static GPtrArray *parse_bytes(const char *text, gsize size)
{
	GPtrArray *entries = g_ptr_array_new_with_free_func(free_entry);

	keysfile_parse(FILE_NAME, text, size, entries);
	return entries;
}

static GPtrArray *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static const struct keyentry *only(GPtrArray *entries)
{
	g_assert_cmpuint(entries->len, ==, 1);
	return entries->pdata[0];
}

/* Exactly these faults, each by its beginning, in any order; NULL ends them. */
static void expect_faults(const struct keyentry *entry, const char *const *faults)
{
	guint count = 0;

	for (guint i = 0; i < entry->faults->len; i++)
		g_test_message("%s", (char *)entry->faults->pdata[i]);
	for (; faults[count]; count++) {
		gboolean found = FALSE;
		g_autofree char *whole = g_strconcat(FILE_NAME, faults[count], NULL);
		for (guint i = 0; i < entry->faults->len; i++)
			found |= g_str_has_prefix(entry->faults->pdata[i], whole);
		if (!found)
			g_error("there is no fault \"%s\"", whole);
	}
	g_assert_cmpuint(entry->faults->len, ==, count);
}

#define FAULTS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void one_fault(const char *text, const char *fault)
{
	g_autoptr(GPtrArray) entries = parse(text);

	expect_faults(only(entries), FAULTS(fault));
}

static void test_nvme(void)
{
	g_autoptr(GPtrArray) entries =
		parse("# ours\n[storage]\n type = nvme-psk \nsource= key.psk\n" NAMES "identity-version=0\n"
		      "replace=yes\nkeyring=mine\ncompat=true\n[other]\ntype=nvme-psk\ncredential=other-key\n"
		      "subsysnqn=nqn.s\nreplace=no\n");

	g_assert_cmpuint(entries->len, ==, 2);
	const struct keyentry *entry = entries->pdata[0];
	g_assert_false(keyentry_broken(entry));
	g_assert_cmpint(entry->type, ==, KEYENTRY_NVME_PSK);
	g_assert_cmpstr(entry->section, ==, "storage");
	g_assert_cmpuint(entry->line, ==, 2);
	g_assert_cmpstr(entry->source, ==, "/etc/tlshd/keys.d/key.psk");
	g_assert_cmpstr(entry->hostnqn, ==, "nqn.2026-01.test:host");
	g_assert_cmpstr(entry->subsysnqn, ==, "nqn.2026-01.test:storage");
	g_assert_cmpstr(entry->identity, ==, "0");
	g_assert_cmpstr(entry->keyring, ==, "mine");
	g_assert_true(entry->replace);
	g_assert_true(entry->compat);
	entry = entries->pdata[1];
	g_assert_false(keyentry_broken(entry));
	g_assert_cmpuint(entry->line, ==, 11);
	g_assert_cmpstr(entry->source, ==, "credential:other-key");
	g_assert_null(entry->hostnqn);
	g_assert_cmpstr(entry->identity, ==, "1");
	g_assert_cmpstr(entry->keyring, ==, ".nvme");
	g_assert_false(entry->replace);
	g_assert_false(entry->compat);
}

static void test_x509(void)
{
	g_autoptr(GPtrArray) entries =
		parse("[a]\ntype=x509\ncert=/pem/chain\nkey=credential:key\npassword-file=/pw\n"
		      "[b]\ntype=x509\npkcs12=../host.p12\npassword-credential=pw\nname=host\nkeyring=@u\n"
		      "[c]\ntype=x509\nsource=both.pem\n[d]\ntype=x509\ncredential=both\n");

	g_assert_cmpuint(entries->len, ==, 4);
	for (guint i = 0; i < 4; i++) {
		g_assert_false(keyentry_broken(entries->pdata[i]));
		g_assert_cmpint(((struct keyentry *)entries->pdata[i])->type, ==, KEYENTRY_X509);
	}
	const struct keyentry *entry = entries->pdata[0];
	g_assert_cmpstr(entry->cert, ==, "/pem/chain");
	g_assert_cmpstr(entry->key, ==, "credential:key");
	g_assert_cmpstr(entry->password, ==, "/pw");
	g_assert_cmpstr(entry->name, ==, "a");
	g_assert_cmpstr(entry->keyring, ==, ".nfs");
	entry = entries->pdata[1];
	g_assert_cmpstr(entry->pkcs12, ==, "/etc/tlshd/host.p12");
	g_assert_cmpstr(entry->password, ==, "credential:pw");
	g_assert_cmpstr(entry->name, ==, "host");
	g_assert_cmpstr(entry->keyring, ==, "@u");
	g_assert_cmpstr(((struct keyentry *)entries->pdata[2])->source, ==, "/etc/tlshd/keys.d/both.pem");
	g_assert_cmpstr(((struct keyentry *)entries->pdata[3])->source, ==, "credential:both");
}

static void test_empty(void)
{
	g_autoptr(GPtrArray) none = parse_bytes(NULL, 0), comments = parse("# nothing\n\n");

	g_assert_cmpuint(none->len, ==, 0);
	g_assert_cmpuint(comments->len, ==, 0);
}

static void test_unknown(void)
{
	one_fault("[a]\nsourc=/x\n" GOOD, ":2: sourc: unknown setting: did you mean source?");
	one_fault("[a]\nhost-nqn=/x\n" GOOD, ":2: host-nqn: unknown setting: did you mean hostnqn?");
	/* A word of the other type's is nearer, and would not help. */
	one_fault("[a]\nnames=x\n" GOOD, ":2: names: unknown setting: tlskey(8) lists all");
	one_fault("[a]\npassphrase=x\n" GOOD, ":2: passphrase: unknown setting: tlskey(8) lists all");
	one_fault("[a]\ntype=nvme_psk\nsource=x\n" NAMES, ":2: type: there is no such type: did you mean nvme-psk?");
	one_fault("[a]\ntype=pkcs12\nsource=x\n", ":2: type: there is no such type: nvme-psk or x509");
	one_fault("[a]\nsource=x\n", ":1: [a] has no type");
	one_fault("[a]\n", ":1: [a] has no type");
	one_fault("[a]\nname=x\n" GOOD, ":2: name: this is for entries of type=x509, and this one is of type=nvme-psk");
	one_fault("[a]\nsubsysnqn=x\ntype=x509\nsource=/x\n", ":2: subsysnqn: this is for entries of type=nvme-psk");
}

static void test_values(void)
{
	one_fault("[a]\nreplace=maybe\n" GOOD, ":2: replace: this is neither yes nor no");
	one_fault("[a]\nidentity-version=2\n" GOOD, ":1: identity-version: this is neither 0, 1 nor both");
	one_fault("[a]\nkeyring=\n" GOOD, ":2: keyring: empty");
	one_fault("[a]\nkeyring=\\x\n" GOOD, ":2: keyring: the value has a wrong escape");
	one_fault("[a]\nkeyring=\xff\n" GOOD, ":2: keyring: the value is not UTF-8");
	one_fault("[a]\nsource=y\n" GOOD, ":4: source: set before in line 2");
	one_fault("[a]\ncredential=y\n" GOOD, ":2: credential: the entry names two sources");
	one_fault("[a]\ntype=nvme-psk\ncredential=a/b\n" NAMES, ":3: credential: this is not the name of a credential");
	one_fault("[a]\ntype=nvme-psk\ncredential=..\n" NAMES, ":3: credential: this is not the name of a credential");
	one_fault("[a]\ntype=nvme-psk\nsource=credential:\n" NAMES, ":3: source: this is not the name of a credential");
	one_fault("[a]\ntype=x509\nsource=x\nname=0x1\n", ":1: name: the name 0x1 looks like a serial number");
	one_fault("[a b]\ntype=x509\nsource=x\n", ":1: name: a name has up to 128 letters");
	one_fault("[a]\ntype=nvme-psk\nsource=k\nhostnqn=a b\nsubsysnqn=s\n",
		  ":1: hostnqn: the NQN of the host has blanks");
}

static void test_missing(void)
{
	one_fault("[a]\ntype=nvme-psk\n" NAMES, ":1: [a] does not say where the key is");
	one_fault("[a]\ntype=nvme-psk\nsource=k\n", ":1: [a] does not say for which subsystem");
	one_fault("[a]\ntype=x509\n", ":1: [a] does not say where certificate and private key are");
	one_fault("[a]\ntype=x509\ncert=k\n", ":1: [a] has cert= without key=");
	one_fault("[a]\ntype=x509\nkey=k\n", ":1: [a] has key= without cert=");
	one_fault("[a]\ntype=x509\nkey=k\ncert=c\npkcs12=p\n", ":1: [a] names more than one source");
	one_fault("[a]\ntype=x509\nsource=s\npkcs12=p\n", ":1: [a] names more than one source");
}

/* What was meant to be there is not called missing, too. */
static void test_once(void)
{
	one_fault("[a]\ntype=nvme-psk\nsorce=k\n" NAMES, ":3: sorce: unknown setting: did you mean source?");
	one_fault("[a]\ntype=nvme-psk\ncredental=k\n" NAMES, ":3: credental: unknown setting: did you mean credential?");
	one_fault("[a]\ntype=nvme-psk\nsource=NVMeTLSkey-1:01:\n" NAMES, ":3: source: this is a key itself");
	one_fault("[a]\ntype=nvme-psk\nsource=\n" NAMES, ":3: source: empty");
	one_fault("[a]\ntype=nvme-psk\nsource=\\x\n" NAMES, ":3: source: the value has a wrong escape");
	one_fault("[a]\ntype=nvme-psk\nsource=k\nsubsysnq=s\n", ":4: subsysnq: unknown setting: did you mean subsysnqn?");
	one_fault("[a]\ntype=x509\npkcs21=k\n", ":3: pkcs21: unknown setting: did you mean pkcs12?");
	one_fault("[a]\ntype=x509\ncert=c\nkeyy=k\n", ":4: keyy: unknown setting: did you mean key?");
	/* What else is wrong still is. */
	g_autoptr(GPtrArray) entries = parse("[a]\ntype=nvme-psk\nsorce=k\n");
	expect_faults(only(entries), FAULTS(":3: sorce: unknown", ":1: [a] does not say for which subsystem"));
}

/* What somebody has pasted is in no message. */
static void test_pasted_key(void)
{
	static const char *const texts[] = {
		"[a]\ntype=nvme-psk\nsource=NVMeTLSkey-1:01:SECRET:\n" NAMES,
		"[a]\ntype=nvme-psk\nsource=DHHC-1:00:SECRET:\n" NAMES,
		"[a]\ntype=nvme-psk\nsource=SECRET\\nSECRET\n" NAMES,
		"[a]\npsk=SECRET\n" GOOD,
		"[a]\ntype=SECRET\n",
		"[a]\nreplace=SECRET\n" GOOD,
		"[a]\nidentity-version=SECRET\n" GOOD,
		"[a]\ncredential=SECRET/\ntype=nvme-psk\n" NAMES,
		"[a]\nSECRET\n",
		"SECRET=1\n[a]\n",
		"[a]\nhostnqn=SECRET SECRET\ntype=nvme-psk\nsource=x\nsubsysnqn=s\n",
		"[a]\nkeyring=\\SECRET\n" GOOD,
		/* The padding of base64 makes it a setting. */
		"[a]\nNVMeTLSkey-1:02:SECRET==:\n" GOOD,
		"[a]\nSECRETSECRETSECRETSECRETSECRETSECRETSECRET==\n" GOOD,
		"[a]\ntype=nvme-psk\nsource=\"NVMeTLSkey-1:01:SECRET:\"\n" NAMES,
		"[a]\ntype=x509\nname=a\ncert=x\nkey=pkcs11:token=x?pin-value=SECRET\n",
		"[a]\nkeyring=SECRET\xff\n" GOOD,
	};

	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autoptr(GPtrArray) entries = parse(texts[i]);
		const struct keyentry *entry = only(entries);
		g_assert_true(keyentry_broken(entry));
		for (guint j = 0; j < entry->faults->len; j++) {
			if (strstr(entry->faults->pdata[j], "SECRET"))
				g_error("text %zu: %s", i, (char *)entry->faults->pdata[j]);
		}
	}
}

/* One broken section does not touch the others; a broken line does, since nobody knows what it was to be. */
static void test_good_beside_bad(void)
{
	g_autoptr(GPtrArray) entries = parse("[bad]\ntype=x50\n[good]\n" GOOD "[worse]\n");

	g_assert_cmpuint(entries->len, ==, 3);
	g_assert_true(keyentry_broken(entries->pdata[0]));
	g_assert_false(keyentry_broken(entries->pdata[1]));
	g_assert_true(keyentry_broken(entries->pdata[2]));
}

static void test_whole_file(void)
{
	static const char zero[] = "[a]\n" GOOD "x=\0\n";
	g_autoptr(GPtrArray) lines = parse("[a]\n" GOOD "what?\n[b\n"), zeros = parse_bytes(zero, sizeof(zero) - 1);

	expect_faults(only(lines), FAULTS(":6: neither a comment", ":7: a section is written"));
	g_assert_cmpuint(only(lines)->line, ==, 0);
	g_assert_null(only(lines)->section);
	expect_faults(only(zeros), FAULTS(": holds zero bytes"));
}

static void test_section_twice(void)
{
	g_autoptr(GPtrArray) entries = parse("[a]\n" GOOD "[b]\n" GOOD "[a]\n");

	g_assert_cmpuint(entries->len, ==, 2);
	expect_faults(entries->pdata[0], FAULTS(":11: section [a] begins in line 1 already"));
	g_assert_false(keyentry_broken(entries->pdata[1]));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/keysfile/nvme", test_nvme);
	g_test_add_func("/keysfile/x509", test_x509);
	g_test_add_func("/keysfile/empty", test_empty);
	g_test_add_func("/keysfile/unknown", test_unknown);
	g_test_add_func("/keysfile/values", test_values);
	g_test_add_func("/keysfile/missing", test_missing);
	g_test_add_func("/keysfile/once", test_once);
	g_test_add_func("/keysfile/pasted-key", test_pasted_key);
	g_test_add_func("/keysfile/good-beside-bad", test_good_beside_bad);
	g_test_add_func("/keysfile/whole-file", test_whole_file);
	g_test_add_func("/keysfile/section-twice", test_section_twice);
	return g_test_run();
}
