// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Name constraints; see constraint.h.
 */
#include <config.h>

#include <stdbool.h>
#include <string.h>

#include "pki/altname.h"
#include "pki/constraint.h"
#include "pki/tlsfault.h"
#include "status.h"

/* Which kinds something is permitted of */
struct kinds {
	bool dns, ip4, ip6;
};

static int refuse_range(const char *text, GError **error)
{
	g_autofree char *shown = g_strescape(text, NULL);

	return status_set(error, STATUS_USAGE, "\"%.300s\" is no range of addresses: give one as 192.0.2.0/24 or 2001:db8::/32", shown);
}

/* The address is read here first: the library leaks memory over one that is none (3.7.9). */
static int permit_range(const char *text, gnutls_x509_name_constraints_t constraints, struct kinds *kinds, GError **error)
{
	g_auto(GStrv) parts = g_strsplit(text, "/", 2);
	struct altname address;
	gnutls_datum_t range;
	guint64 bits;

	if (altname_parse(parts[0], &address, NULL) != 0 || !address.address ||
	    !g_ascii_string_to_unsigned(parts[1], 10, 0, 8 * address.length, &bits, NULL))
		return refuse_range(text, error);
	g_autofree char *plain = g_strdup_printf("%s/%u", address.text, (unsigned int)bits);
	int ret = gnutls_x509_cidr_to_rfc5280(plain, &range);
	if (ret < 0)
		return refuse_range(text, error);
	if (address.length == 4)
		kinds->ip4 = true;
	else
		kinds->ip6 = true;
	ret = gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_IPADDRESS, &range);
	gnutls_free(range.data);
	return ret < 0 ? tlsfault_set(error, ret, "cannot permit %s", text) : 0;
}

static int permit(const char *text, gnutls_x509_name_constraints_t constraints, struct kinds *kinds, GError **error)
{
	struct altname name;

	if (strchr(text, '/'))
		return permit_range(text, constraints, kinds, error);
	if (*text == '.')
		return status_set(error, STATUS_USAGE, "--permit %s: leave the first dot out; a domain permits all names below it, too",
				  altname_parse(text + 1, &name, NULL) == 0 ? text : "DOMAIN");
	int status = altname_parse(text, &name, error);
	if (status != 0)
		return status;
	if (name.address) {
		g_autofree char *range = g_strdup_printf("%s/%d", name.text, name.length == 4 ? 32 : 128);
		return permit_range(range, constraints, kinds, error);
	}
	kinds->dns = true;
	gnutls_datum_t domain = { (unsigned char *)name.text, strlen(name.text) };
	int ret = gnutls_x509_name_constraints_add_permitted(constraints, GNUTLS_SAN_DNSNAME, &domain);
	return ret < 0 ? tlsfault_set(error, ret, "cannot permit %s", text) : 0;
}

/* All that is left; see constraint.h. */
static int exclude_rest(gnutls_x509_name_constraints_t constraints, const struct kinds *kinds)
{
	unsigned char zeros[32] = { 0 };
	/* Address and mask of all addresses; the empty domain, which all names are below */
	gnutls_datum_t dns = { zeros, 0 }, ip4 = { zeros, 2 * 4 }, ip6 = { zeros, 2 * 16 };
	int ret = 0;

	if (!kinds->dns)
		ret = gnutls_x509_name_constraints_add_excluded(constraints, GNUTLS_SAN_DNSNAME, &dns);
	if (ret >= 0 && !kinds->ip4)
		ret = gnutls_x509_name_constraints_add_excluded(constraints, GNUTLS_SAN_IPADDRESS, &ip4);
	if (ret >= 0 && !kinds->ip6)
		ret = gnutls_x509_name_constraints_add_excluded(constraints, GNUTLS_SAN_IPADDRESS, &ip6);
	return ret;
}

int constraint_parse(const char *const *permits, gnutls_x509_name_constraints_t *constraints, GError **error)
{
	struct kinds kinds = { 0 };
	int status = 0;

	*constraints = NULL;
	if (!permits || !permits[0])
		return 0;
	int ret = gnutls_x509_name_constraints_init(constraints);
	if (ret < 0)
		return tlsfault_set(error, ret, "cannot make name constraints");
	for (guint i = 0; permits[i] && status == 0; i++)
		status = permit(permits[i], *constraints, &kinds, error);
	if (status == 0) {
		ret = exclude_rest(*constraints, &kinds);
		if (ret < 0)
			status = tlsfault_set(error, ret, "cannot make name constraints");
	}
	if (status != 0) {
		gnutls_x509_name_constraints_deinit(*constraints);
		*constraints = NULL;
	}
	return status;
}

/* The authority's, empty where it has none. Returns 0 or a code of GnuTLS. */
static int constraints_of(gnutls_x509_crt_t authority, gnutls_x509_name_constraints_t *constraints)
{
	unsigned int critical;
	int ret = gnutls_x509_name_constraints_init(constraints);

	if (ret < 0)
		return ret;
	ret = gnutls_x509_crt_get_name_constraints(authority, *constraints, 0, &critical);
	return ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE ? 0 : ret;
}

static char *range_text(const gnutls_datum_t *range)
{
	struct altname name;
	int bits = 0;

	if (!altname_from_address(range->data, range->size / 2, &name))
		return g_strdup("?");
	for (unsigned int i = range->size / 2; i < range->size; i++)
		bits += __builtin_popcount(range->data[i]);
	return g_strdup_printf("%s/%d", name.text, bits);
}

GPtrArray *constraint_list(gnutls_x509_crt_t authority)
{
	GPtrArray *list = g_ptr_array_new_with_free_func(g_free);
	gnutls_x509_name_constraints_t constraints;
	gnutls_datum_t name;
	unsigned int type;

	if (constraints_of(authority, &constraints) == 0) {
		for (unsigned int i = 0; gnutls_x509_name_constraints_get_permitted(constraints, i, &type, &name) == 0; i++) {
			if (type == GNUTLS_SAN_DNSNAME)
				g_ptr_array_add(list, g_strndup((char *)name.data, name.size));
			else if (type == GNUTLS_SAN_IPADDRESS)
				g_ptr_array_add(list, range_text(&name));
		}
	}
	gnutls_x509_name_constraints_deinit(constraints);
	return list;
}

static int refuse(gnutls_x509_crt_t authority, const struct altname *name, GError **error)
{
	g_autoptr(GPtrArray) permitted = constraint_list(authority);
	g_autofree char *label = altname_label(name);

	g_ptr_array_add(permitted, NULL);
	g_autofree char *list = g_strjoinv(", ", (char **)permitted->pdata);
	return status_set(error, STATUS_INPUT, "%s is outside of what this authority may certify (%s), so peers would refuse it: use "
			  "a name within, or make another authority with `tlskey pki init --permit`", label,
			  *list ? list : "nothing");
}

int constraint_check(gnutls_x509_crt_t authority, const GArray *names, GError **error)
{
	gnutls_x509_name_constraints_t constraints;
	int ret = constraints_of(authority, &constraints), status = 0;

	if (ret < 0)
		status = tlsfault_set(error, ret, "cannot read the authority's name constraints");
	for (guint i = 0; i < names->len && status == 0; i++) {
		const struct altname *name = &g_array_index(names, struct altname, i);
		size_t length;
		const void *bytes = altname_data(name, &length);
		gnutls_datum_t data = { (unsigned char *)bytes, length };
		if (!gnutls_x509_name_constraints_check(constraints, name->address ? GNUTLS_SAN_IPADDRESS : GNUTLS_SAN_DNSNAME,
							&data))
			status = refuse(authority, name, error);
	}
	gnutls_x509_name_constraints_deinit(constraints);
	return status;
}
