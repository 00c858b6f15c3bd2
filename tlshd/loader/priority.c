// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Building the priority string from what the library says that the system's defaults come to.
 */
#include <config.h>

#include <glib.h>
#include <gnutls/x509.h>

#include "loader/policy.h"
#include "loader/priority.h"

/* The ciphers of TLS 1.3 that the policy allows, in its order: only a whole cipher suite proves that. */
static GPtrArray *system_ciphers(gnutls_priority_t priority)
{
	GPtrArray *names = g_ptr_array_new();
	gnutls_cipher_algorithm_t cipher;
	gnutls_protocol_t version;
	unsigned int suite;
	int ret;

	for (unsigned int i = 0;; i++) {
		ret = gnutls_priority_get_cipher_suite_index(priority, i, &suite);
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			break;
		if (ret == 0 && gnutls_cipher_suite_info(suite, NULL, NULL, &cipher, NULL, &version) &&
		    version == GNUTLS_TLS1_3)
			g_ptr_array_add(names, (gpointer)gnutls_cipher_get_name(cipher));
	}
	return names;
}

static bool allows_tls13(gnutls_priority_t priority)
{
	const unsigned int *list;
	int count = gnutls_priority_protocol_list(priority, &list);

	for (int i = 0; i < count; i++) {
		if (list[i] == GNUTLS_TLS1_3)
			return true;
	}
	return false;
}

static unsigned int add_ciphers(GString *string, const GPtrArray *names, char *const *kernel)
{
	unsigned int added = 0;

	for (guint i = 0; i < names->len; i++) {
		const char *name = g_ptr_array_index(names, i);
		if (!g_strv_contains((const char *const *)kernel, name))
			continue;
		g_string_append_printf(string, ":+%s", name);
		added++;
	}
	return added;
}

/*
 * Those that the configuration wants first leave @names. One that cannot be had here is passed over: the same file may serve
 * machines with other kernels.
 */
static unsigned int add_preferred(GString *string, GPtrArray *names, char *const *kernel, const struct preference *preference,
				  struct problems *problems)
{
	unsigned int added = 0;

	for (char *const *wish = preference->names; wish && *wish; wish++) {
		g_autofree char *name = g_ascii_strup(*wish, -1);
		guint at;
		g_strstrip(name);
		if (!name[0])
			continue;
		if (gnutls_cipher_get_id(name) == GNUTLS_CIPHER_UNKNOWN) {
			problems_error(problems, &preference->place, "\"%s\" is no cipher: those of TLS 1.3 are AES-128-GCM, "
				       "AES-256-GCM, CHACHA20-POLY1305 and AES-128-CCM", name);
		} else if (!g_strv_contains((const char *const *)kernel, name)) {
			problems_warning(problems, &preference->place, "%s is passed over: this kernel's TLS does not take it", name);
		} else if (!g_ptr_array_find_with_equal_func(names, name, g_str_equal, &at)) {
			problems_warning(problems, &preference->place, "%s is passed over: the system's TLS policy (%s) does not "
					 "allow it, or it was named before", name, gnutls_get_system_config_file());
		} else {
			g_string_append_printf(string, ":+%s", name);
			g_ptr_array_remove_index(names, at);
			added++;
		}
	}
	return added;
}

/* The order is that of the calls. Returns how many there are; @preferred: of the first kind. */
static unsigned int add_all_ciphers(GString *string, GPtrArray *names, char *const *kernel, const struct preference *preference,
				    struct problems *problems, unsigned int *preferred)
{
	*preferred = add_preferred(string, names, kernel, preference, problems);
	return *preferred + add_ciphers(string, names, kernel);
}

static int add_groups(GString *string, gnutls_priority_t priority)
{
	const unsigned int *list;
	int count = gnutls_priority_group_list(priority, &list);

	for (int i = 0; i < count; i++)
		g_string_append_printf(string, ":+GROUP-%s", gnutls_group_get_name(list[i]));
	return count;
}

/*
 * Without SHA-1: RFC 8446, 4.2.3, forbids it for handshakes, and in certificates no profile from MEDIUM up takes it, so
 * to offer it would only mislead the peer. What the policy calls insecure is asked for here, because GnuTLS 3.7 keeps it in
 * the list.
 */
static int add_signatures(GString *string, gnutls_priority_t priority)
{
	const unsigned int *list;
	int count = gnutls_priority_sign_list(priority, &list), added = 0;

	for (int i = 0; i < count; i++) {
		if (!gnutls_sign_is_secure(list[i]) || gnutls_sign_get_hash_algorithm(list[i]) == GNUTLS_DIG_SHA1)
			continue;
		g_string_append_printf(string, ":+SIGN-%s", gnutls_sign_get_name(list[i]));
		added++;
	}
	return added;
}

static char *join(const GPtrArray *names)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < names->len; i++)
		g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", (const char *)g_ptr_array_index(names, i));
	if (text->len == 0)
		g_string_append(text, "none");
	return g_string_free(text, FALSE);
}

static void add_profile(GString *string, const char *file, const struct place *place, struct problems *problems)
{
	char *problem;
	gnutls_certificate_verification_profiles_t profile = policy_profile(file, &problem);
	char *name = g_ascii_strup(gnutls_certificate_verification_profile_get_name(profile), -1);

	if (problem)
		problems_warning(problems, place, "%s: cannot be understood (%s), so a stricter rule for certificates in it is "
			       "not seen, and PROFILE_%s is used: correct it", file, problem, name);
	g_string_append_printf(string, ":%%PROFILE_%s", name);
	g_free(name);
	g_free(problem);
}

/* All that has to be there; what is missing is said. */
static bool build(GString *string, gnutls_priority_t system, const char *kernel_ciphers, const struct preference *preference,
		  const struct place *place, struct problems *problems)
{
	const char *file = gnutls_get_system_config_file();
	char **kernel = g_strsplit(kernel_ciphers, ",", -1);
	GPtrArray *names = system_ciphers(system);
	unsigned int preferred = 0;
	bool complete = true;

	g_string_append(string, "NONE:+VERS-TLS1.3:+CTYPE-X509:+AEAD");
	if (!allows_tls13(system)) {
		problems_error(problems, place, "the system's TLS policy (%s) forbids TLS 1.3, and RPC with TLS knows no other "
			     "version (RFC 9289): allow VERS-TLS1.3 there", file);
		complete = false;
	} else if (!kernel_ciphers[0]) {
		problems_error(problems, place, "this kernel's TLS takes no cipher: load its module (modprobe tls), or use a "
			     "kernel with CONFIG_TLS");
		complete = false;
	} else if (add_all_ciphers(string, names, kernel, preference, problems, &preferred) == 0) {
		char *policy = join(names);
		problems_error(problems, place, "no cipher is left: the kernel's TLS takes %s, and the system's TLS policy (%s) "
			     "allows, for TLS 1.3, %s: allow one of the kernel's there", kernel_ciphers, file, policy);
		g_free(policy);
		complete = false;
	}
	if (add_groups(string, system) <= 0) {
		problems_error(problems, place, "the system's TLS policy (%s) leaves no key exchange group: allow one, for "
			     "example SECP256R1", file);
		complete = false;
	}
	if (add_signatures(string, system) == 0) {
		problems_error(problems, place, "the system's TLS policy (%s) leaves no signature scheme: allow one, for example "
			     "ECDSA-SECP256R1-SHA256", file);
		complete = false;
	}
	g_string_append(string, preferred > 0 ? ":%NO_TICKETS:%SERVER_PRECEDENCE" : ":%NO_TICKETS");
	add_profile(string, file, place, problems);
	g_ptr_array_unref(names);
	g_strfreev(kernel);
	return complete;
}

/* The proof that workers can use it. */
static bool resolves(const char *string, const struct place *place, struct problems *problems)
{
	const char *stopped_at = string;
	gnutls_priority_t priority;

	int ret = gnutls_priority_init2(&priority, string, &stopped_at, 0);
	if (ret < 0) {
		problems_error(problems, place, "the TLS library does not take what its own policy comes to (%s, at \"%s\"): "
			     "correct %s", gnutls_strerror(ret), stopped_at ? stopped_at : "",
			     gnutls_get_system_config_file());
		return false;
	}
	GPtrArray *names = system_ciphers(priority);
	bool usable = names->len > 0 && allows_tls13(priority);
	if (!usable)
		problems_error(problems, place, "the system's TLS policy (%s) leaves no cipher suite of TLS 1.3: allow one",
			     gnutls_get_system_config_file());
	g_ptr_array_unref(names);
	gnutls_priority_deinit(priority);
	return usable;
}

/*
 * The library's defaults, "@SYSTEM" included, without the versions that do not matter here: where TLS 1.2 is forbidden
 * and an older one is not, the library would take TLS 1.3 away, too. Where nothing is left without them, the policy with
 * them still tells why.
 */
static int read_system(gnutls_priority_t *system)
{
	static const char without[] = "-VERS-TLS1.2:-VERS-TLS1.1:-VERS-TLS1.0:%NO_TICKETS";

	int ret = gnutls_priority_init2(system, without, NULL, GNUTLS_PRIORITY_INIT_DEF_APPEND);
	if (ret < 0)
		ret = gnutls_priority_init2(system, "%NO_TICKETS", NULL, GNUTLS_PRIORITY_INIT_DEF_APPEND);
	return ret;
}

char *priority_new(const char *kernel_ciphers, const struct preference *preference, const struct place *place,
		   struct problems *problems)
{
	GString *string = g_string_new(NULL);
	gnutls_priority_t system;

	int ret = read_system(&system);
	if (ret < 0) {
		problems_error(problems, place, "the system's TLS policy (%s) cannot be used (%s): correct it",
			     gnutls_get_system_config_file(), gnutls_strerror(ret));
		g_string_free(string, TRUE);
		return NULL;
	}
	bool usable = build(string, system, kernel_ciphers, preference, place, problems) &&
		      resolves(string->str, place, problems);
	gnutls_priority_deinit(system);
	return g_string_free(string, !usable);
}
