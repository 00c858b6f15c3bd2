// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The priority string under policies: the library reads its system-wide configuration once, when it is loaded, so each
 * policy has a process of its own, which is this program with arguments.
 */
#include <config.h>

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader/policy.h"
#include "loader/priority.h"
#include "tests/unit/loader_fixture.h"

/* The child: prints the string, or what was said. */
static int print_priority(const char *kernel_ciphers, const char *wishes)
{
	const struct place place = { "config", 0, NULL };
	const struct preference preference = { { "config", 9, "prefer_ciphers" }, wishes ? g_strsplit(wishes, ";", -1) : NULL };
	struct ear *ear = ear_new();
	struct problems *problems = problems_new(ear->channel);

	char *string = priority_new(kernel_ciphers, &preference, &place, problems);
	ear_listen(ear);
	for (guint i = 0; i < ear->lines->len; i++)
		printf("%s\n", (char *)g_ptr_array_index(ear->lines, i));
	if (string)
		printf("%s\n", string);
	g_free(string);
	g_strfreev(preference.names);
	problems_free(problems);
	ear_free(ear);
	return 0;
}

static char *under_policy_preferring(const char *policy, const char *kernel_ciphers, const char *wishes)
{
	char *argv[] = { (char *)"/proc/self/exe", (char *)kernel_ciphers, (char *)wishes, NULL };
	struct folder *folder = folder_new();
	char *out = NULL;
	GError *error = NULL;
	int status;

	argv[0] = g_file_read_link("/proc/self/exe", NULL);
	const char *path = folder_write(folder, "policy", policy, NULL);
	g_auto(GStrv) env = g_environ_setenv(g_get_environ(), "GNUTLS_SYSTEM_PRIORITY_FILE", path, TRUE);
	g_spawn_sync(NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL, &out, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	g_test_message("%s", out);
	g_free(argv[0]);
	folder_free(folder);
	return out;
}

static char *under_policy(const char *policy, const char *kernel_ciphers)
{
	return under_policy_preferring(policy, kernel_ciphers, NULL);
}

#define ASSERT_HAS(text, part) g_assert_nonnull(strstr(text, part))
#define ASSERT_LACKS(text, part) g_assert_null(strstr(text, part))

static void test_default(void)
{
	g_autofree char *string = under_policy("", KERNEL_CIPHERS);

	g_assert_true(g_str_has_prefix(string, "NONE:+VERS-TLS1.3:+CTYPE-X509:+AEAD:+"));
	ASSERT_HAS(string, ":+AES-128-GCM");
	ASSERT_HAS(string, ":+AES-256-GCM");
	ASSERT_HAS(string, ":+CHACHA20-POLY1305");
	ASSERT_HAS(string, ":+AES-128-CCM");
	ASSERT_HAS(string, ":+GROUP-SECP256R1");
	ASSERT_HAS(string, ":+SIGN-ECDSA-SECP256R1-SHA256");
	ASSERT_HAS(string, ":+SIGN-RSA-PSS-RSAE-SHA256");
	ASSERT_LACKS(string, "SHA1");
	ASSERT_LACKS(string, "AES-256-CCM");
	ASSERT_LACKS(string, "TLS1.2");
	ASSERT_HAS(string, ":%NO_TICKETS:%PROFILE_MEDIUM");
}

static void test_kernel_decides(void)
{
	g_autofree char *string = under_policy("", "AES-128-GCM");
	g_autofree char *none = under_policy("", "");
	g_autofree char *other = under_policy("", "CAMELLIA-128-GCM");

	ASSERT_HAS(string, "+AEAD:+AES-128-GCM:+GROUP");
	ASSERT_HAS(none, "E config: this kernel's TLS takes no cipher: load its module");
	ASSERT_LACKS(none, "NONE:");
	ASSERT_HAS(other, "E config: no cipher is left: the kernel's TLS takes CAMELLIA-128-GCM, and the system's TLS policy");
}

static void test_blocklist(void)
{
	g_autofree char *string = under_policy("[overrides]\n"
					       "disabled-version = tls1.2\n"
					       "tls-disabled-cipher = aes-256-gcm\n"
					       "tls-disabled-group = group-x25519\n"
					       "insecure-sig = rsa-pss-sha256\n"
					       "min-verification-profile = high\n", KERNEL_CIPHERS);

	ASSERT_LACKS(string, "AES-256-GCM");
	ASSERT_HAS(string, "+AEAD:+CHACHA20-POLY1305:");
	ASSERT_LACKS(string, "X25519");
	ASSERT_LACKS(string, "RSA-PSS-SHA256");
	ASSERT_HAS(string, "RSA-PSS-SHA384");
	ASSERT_HAS(string, "%PROFILE_HIGH");
}

static void test_no_tls13(void)
{
	g_autofree char *string = under_policy("[overrides]\ndisabled-version = tls1.3\n", KERNEL_CIPHERS);

	ASSERT_HAS(string, "forbids TLS 1.3");
	ASSERT_LACKS(string, "NONE:");
}

static void test_all_ciphers_forbidden(void)
{
	g_autofree char *string = under_policy("[overrides]\n"
					       "tls-disabled-cipher = aes-256-gcm\n"
					       "tls-disabled-cipher = chacha20-poly1305\n", "AES-256-GCM");

	ASSERT_HAS(string, "the kernel's TLS takes AES-256-GCM, and the system's TLS policy (");
	ASSERT_HAS(string, "for TLS 1.3, AES-128-GCM, AES-128-CCM: allow one");
}

/* A default string of its own, with an order of its own. */
static void test_default_string(void)
{
	g_autofree char *string = under_policy("[overrides]\n"
					       "default-priority-string = NONE:+VERS-ALL:+AES-128-GCM:+AES-256-GCM:+AEAD:"
					       "+SIGN-ALL:+GROUP-SECP384R1:+ECDHE-ECDSA:+CTYPE-X509:%PROFILE_ULTRA\n",
					       KERNEL_CIPHERS);

	ASSERT_HAS(string, "+AEAD:+AES-128-GCM:+AES-256-GCM:+GROUP-SECP384R1:+SIGN-");
	ASSERT_HAS(string, "%PROFILE_ULTRA");
}

/* The "@SYSTEM" of crypto policies: what it stands for is spelt out. */
static void test_system_keyword(void)
{
	g_autofree char *string = under_policy("[overrides]\ndefault-priority-string = @SYSTEM\n"
					       "[priorities]\nSYSTEM = SECURE192:-GROUP-ALL:+GROUP-SECP384R1\n",
					       KERNEL_CIPHERS);

	ASSERT_LACKS(string, "@");
	ASSERT_HAS(string, "+AEAD:+AES-256-GCM:+CHACHA20-POLY1305:+GROUP-SECP384R1:+SIGN-");
	ASSERT_HAS(string, "%PROFILE_HIGH");
}

static void test_allowlist(void)
{
	g_autofree char *string = under_policy("[global]\noverride-mode = allowlist\n"
					       "[overrides]\n"
					       "secure-hash = SHA256\nsecure-hash = SHA384\n"
					       "secure-sig = ECDSA-SECP256R1-SHA256\n"
					       "secure-sig-for-cert = ECDSA-SHA256\n"
					       "enabled-curve = SECP256R1\nenabled-version = TLS1.3\n"
					       "tls-enabled-cipher = AES-256-GCM\ntls-enabled-mac = AEAD\n"
					       "tls-enabled-group = GROUP-SECP256R1\ntls-enabled-kx = ECDHE-ECDSA\n"
					       "default-priority-string = @SYSTEM\n"
					       "min-verification-profile = medium\n", KERNEL_CIPHERS);

	g_assert_cmpstr(g_strchomp(string), ==,
			"NONE:+VERS-TLS1.3:+CTYPE-X509:+AEAD:+AES-256-GCM:+GROUP-SECP256R1:"
			"+SIGN-ECDSA-SECP256R1-SHA256:%NO_TICKETS:%PROFILE_MEDIUM");
}

/* A preference changes the order, and nothing else: it allows nothing. */
static void test_preference(void)
{
	static const char policy[] = "[overrides]\ntls-disabled-cipher = aes-128-ccm\n";
	g_autofree char *plain = under_policy("", KERNEL_CIPHERS);
	g_autofree char *first = under_policy_preferring("", KERNEL_CIPHERS, "aes-128-gcm; CHACHA20-POLY1305;");
	g_autofree char *forbidden = under_policy_preferring(policy, KERNEL_CIPHERS, "AES-128-CCM;AES-128-GCM");
	g_autofree char *kernel = under_policy_preferring("", "AES-256-GCM,CHACHA20-POLY1305", "AES-128-GCM;CHACHA20-POLY1305");
	g_autofree char *nonsense = under_policy_preferring("", KERNEL_CIPHERS, "AES-1024");

	ASSERT_LACKS(plain, "SERVER_PRECEDENCE");
	ASSERT_HAS(plain, "+AEAD:+AES-256-GCM:");
	ASSERT_HAS(first, "+AEAD:+AES-128-GCM:+CHACHA20-POLY1305:+AES-256-GCM:+AES-128-CCM:+GROUP-");
	ASSERT_HAS(first, ":%SERVER_PRECEDENCE");
	ASSERT_HAS(forbidden, "W config:9: prefer_ciphers: AES-128-CCM is passed over: ");
	ASSERT_HAS(forbidden, "+AEAD:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+GROUP-");
	ASSERT_HAS(kernel, "W config:9: prefer_ciphers: AES-128-GCM is passed over: this kernel's TLS does not take it");
	ASSERT_HAS(kernel, "+AEAD:+CHACHA20-POLY1305:+AES-256-GCM:+GROUP-");
	ASSERT_HAS(nonsense, "E config:9: prefer_ciphers: \"AES-1024\" is no cipher: ");
}

static void test_policy_file(void)
{
	struct folder *folder = folder_new();
	char *problem;

	g_assert_cmpint(policy_profile("/nowhere/at/all", &problem), ==, GNUTLS_PROFILE_MEDIUM);
	g_assert_null(problem);
	const char *weak = folder_write(folder, "weak", "[overrides]\nmin-verification-profile = low\n", NULL);
	g_assert_cmpint(policy_profile(weak, &problem), ==, GNUTLS_PROFILE_MEDIUM);
	g_assert_null(problem);
	const char *odd = folder_write(folder, "odd", "; a comment of another kind\n", NULL);
	g_assert_cmpint(policy_profile(odd, &problem), ==, GNUTLS_PROFILE_MEDIUM);
	g_assert_nonnull(problem);
	g_free(problem);
	folder_free(folder);
}

int main(int argc, char **argv)
{
	if ((argc == 2 || argc == 3) && argv[1][0] != '-')
		return print_priority(argv[1], argc == 3 ? argv[2] : NULL);
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/priority/default", test_default);
	g_test_add_func("/priority/kernel-decides", test_kernel_decides);
	g_test_add_func("/priority/blocklist", test_blocklist);
	g_test_add_func("/priority/no-tls13", test_no_tls13);
	g_test_add_func("/priority/all-ciphers-forbidden", test_all_ciphers_forbidden);
	g_test_add_func("/priority/default-string", test_default_string);
	g_test_add_func("/priority/system-keyword", test_system_keyword);
	g_test_add_func("/priority/allowlist", test_allowlist);
	g_test_add_func("/priority/preference", test_preference);
	g_test_add_func("/priority/policy-file", test_policy_file);
	return g_test_run();
}
