// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the list of keyrings; see keyringlist.h.
 */
#include <config.h>

#include <string.h>

#include "loader/keyringlist.h"

static void keyring_clear(gpointer data)
{
	g_free((char *)((struct snapshot_keyring *)data)->name);
}

/* They appear with the modules that use them, and no configuration has to name them. */
static bool always_served(const char *name)
{
	static const char *const served[] = { ".nvme", ".nfs", ".nfsd", NULL };

	return g_strv_contains(served, name);
}

static bool is_number(const char *text)
{
	const char *digits = g_ascii_strncasecmp(text, "0x", 2) == 0 ? text + 2 : text;
	const char *allowed = digits == text ? "0123456789" : "0123456789abcdefABCDEF";

	return digits[0] && strspn(digits, allowed) == strlen(digits);
}

/* A keyring's serial number, 0 for a name; -1 after an error. */
static gint64 read_serial(const char *text, const struct place *place, struct problems *problems)
{
	if (!is_number(text))
		return 0;
	/* What GLib cannot hold comes back as its largest number. */
	bool hex = g_ascii_strncasecmp(text, "0x", 2) == 0;
	guint64 serial = g_ascii_strtoull(hex ? text + 2 : text, NULL, hex ? 16 : 10);
	if (serial >= 1 && serial <= G_MAXINT32)
		return serial;
	problems_error(problems, place, "\"%s\" is no serial number of a keyring: give one from 1 to %d (keyctl show has "
		       "them), or a name", text, G_MAXINT32);
	return -1;
}

static bool listed(const GArray *keyrings, const char *name, guint32 serial)
{
	for (guint i = 0; i < keyrings->len; i++) {
		const struct snapshot_keyring *keyring = &g_array_index(keyrings, struct snapshot_keyring, i);
		if (serial ? keyring->serial == serial : strcmp(keyring->name, name) == 0)
			return true;
	}
	return false;
}

/* False when there is no room for it. */
static bool add(GArray *keyrings, const char *name, const struct place *place, struct problems *problems)
{
	gint64 serial = read_serial(name, place, problems);

	if (serial < 0 || listed(keyrings, name, serial))
		return true;
	if (strlen(name) > SNAPSHOT_KEYRING_NAME_MAX) {
		problems_error(problems, place, "\"%.20s...\" has more than %d bytes: give the keyring's serial number "
			       "instead", name, SNAPSHOT_KEYRING_NAME_MAX);
		return true;
	}
	if (keyrings->len == SNAPSHOT_KEYRINGS_MAX) {
		problems_error(problems, place, "more than %d keyrings: link them into one (keyctl link), and name that one",
			       SNAPSHOT_KEYRINGS_MAX);
		return false;
	}
	struct snapshot_keyring keyring = { serial, g_strdup(name) };
	g_array_append_val(keyrings, keyring);
	return true;
}

GArray *keyringlist_parse(const char *const *names, const struct place *place, struct problems *problems)
{
	GArray *keyrings = g_array_new(FALSE, TRUE, sizeof(struct snapshot_keyring));

	g_array_set_clear_func(keyrings, keyring_clear);
	for (; *names; names++) {
		char *name = g_strstrip(g_strdup(*names));
		bool room = !name[0] || always_served(name) || add(keyrings, name, place, problems);
		g_free(name);
		if (!room)
			break;
	}
	return keyrings;
}
