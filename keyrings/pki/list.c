// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tlskey pki list
 */
#include <config.h>

#include <stdio.h>
#include <string.h>

#include "output.h"
#include "pki/altname.h"
#include "pki/pkicert.h"
#include "pki/constraint.h"
#include "pki/issued.h"
#include "pki/keypair.h"
#include "pki/pki.h"
#include "status.h"

static const char *purposes_text(unsigned int purposes)
{
	switch (purposes) {
	case PKICERT_CLIENT:
		return "client";
	case PKICERT_SERVER:
		return "server";
	case PKICERT_CLIENT | PKICERT_SERVER:
		return "both";
	default:
		return "neither";
	}
}

static void print_one(const struct issued *issued)
{
	g_autofree char *until = pkicert_date(issued->until);

	printf("%-30s %-8s %-10s  %-7s %s\n", issued_host(issued) ? issued_host(issued) : "-", issued_state(issued), until,
	       purposes_text(issued->purposes), issued->serial);
	if (issued->names->len < 2)
		return;
	for (guint i = 0; i < issued->names->len; i++) {
		g_autofree char *label = altname_label(&g_array_index(issued->names, struct altname, i));
		printf("%s%s", i ? " " : "  ", label);
	}
	putchar('\n');
}

static void print_text(const struct authority *authority, const GPtrArray *all)
{
	g_autofree char *subject = pkicert_subject(authority->crt), *plain = output_plain(subject);
	g_autofree char *until = pkicert_date(gnutls_x509_crt_get_expiration_time(authority->crt));
	g_autofree char *next = pkicert_date(gnutls_x509_crl_get_next_update(authority->crl));

	printf("%s, until %s; revocation list until %s\n", plain, until, next);
	if (all->len > 0)
		printf("%-30s %-8s %-10s  %-7s %s\n", "HOST", "STATE", "UNTIL", "FOR", "SERIAL");
	for (guint i = 0; i < all->len; i++)
		print_one(all->pdata[i]);
}

static void build_time(JsonBuilder *builder, const char *name, time_t time)
{
	g_autofree char *text = time ? pkicert_time(time) : NULL;

	output_string(builder, name, text);
}

static void build_list(JsonBuilder *builder, const char *name, const GPtrArray *texts)
{
	json_builder_set_member_name(builder, name);
	json_builder_begin_array(builder);
	for (guint i = 0; i < texts->len; i++)
		json_builder_add_string_value(builder, texts->pdata[i]);
	json_builder_end_array(builder);
}

static void build_authority(JsonBuilder *builder, const struct authority *authority)
{
	g_autofree char *subject = pkicert_subject(authority->crt), *serial = pkicert_serial(authority->crt);
	g_autoptr(GPtrArray) permitted = constraint_list(authority->crt);

	json_builder_set_member_name(builder, "authority");
	json_builder_begin_object(builder);
	output_string(builder, "directory", authority->folder);
	output_string(builder, "subject", subject);
	output_string(builder, "serial", serial);
	output_string(builder, "key_type", keypair_name(gnutls_x509_crt_get_pk_algorithm(authority->crt, NULL)));
	build_list(builder, "permitted", permitted);
	build_time(builder, "not_after", gnutls_x509_crt_get_expiration_time(authority->crt));
	build_time(builder, "crl_next_update", gnutls_x509_crl_get_next_update(authority->crl));
	json_builder_end_object(builder);
}

static void build_one(JsonBuilder *builder, const struct issued *issued)
{
	g_autofree char *subject = pkicert_subject(issued->crt);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) purposes = g_ptr_array_new();

	for (guint i = 0; i < issued->names->len; i++)
		g_ptr_array_add(names, altname_label(&g_array_index(issued->names, struct altname, i)));
	if (issued->purposes & PKICERT_CLIENT)
		g_ptr_array_add(purposes, "client");
	if (issued->purposes & PKICERT_SERVER)
		g_ptr_array_add(purposes, "server");
	json_builder_begin_object(builder);
	output_string(builder, "serial", issued->serial);
	output_string(builder, "subject", subject);
	output_string(builder, "host", issued_host(issued));
	build_list(builder, "san", names);
	build_list(builder, "purposes", purposes);
	output_string(builder, "key_type", keypair_name(gnutls_x509_crt_get_pk_algorithm(issued->crt, NULL)));
	build_time(builder, "not_before", issued->from);
	build_time(builder, "not_after", issued->until);
	output_string(builder, "state", issued_state(issued));
	output_bool(builder, "revoked", issued->revoked != 0);
	build_time(builder, "revoked_at", issued->revoked);
	json_builder_end_object(builder);
}

static void print_json(const struct authority *authority, const GPtrArray *all)
{
	g_autoptr(JsonBuilder) builder = json_builder_new();

	json_builder_begin_object(builder);
	build_authority(builder, authority);
	json_builder_set_member_name(builder, "certificates");
	json_builder_begin_array(builder);
	for (guint i = 0; i < all->len; i++)
		build_one(builder, all->pdata[i]);
	json_builder_end_array(builder);
	json_builder_end_object(builder);
	output_json(builder);
}

int pki_list(const struct command *command, int argc, char **argv, GError **error)
{
	g_autofree char *folder = NULL;
	gboolean json = FALSE;
	const GOptionEntry entries[] = {
		PKI_OPTION_DIRECTORY(&folder),
		{ "json", 'j', 0, G_OPTION_ARG_NONE, &json, "print JSON", NULL },
		G_OPTION_ENTRY_NULL
	};
	g_autoptr(GPtrArray) all = NULL;

	if (command_parse(command, entries, argc, argv, 0, 0, error) < 0)
		return STATUS_USAGE;
	struct authority *authority;
	int status = authority_open(folder ? folder : PKI_FOLDER, AUTHORITY_READ, NULL, &authority, error);
	if (status == 0)
		status = issued_read(authority, &all, error);
	if (status == 0 && json)
		print_json(authority, all);
	else if (status == 0)
		print_text(authority, all);
	authority_free(authority);
	return status;
}
