// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Counting failures by address. An entry lives for one window, so that the table is empty when nothing fails.
 */
#include <config.h>

#include <arpa/inet.h>
#include <string.h>

#include <glib.h>

#include "log.h"
#include "proto.h"
#include "refusals.h"

#define OTHERS "other addresses"	/* no address looks like that */

struct refusals {
	struct deadlines *deadlines;
	GHashTable *addresses;		/* of struct entry, by its address */
};

struct entry {
	struct refusals *refusals;
	char *address;
	unsigned int failures;
	struct deadline *end;
};

static void entry_free(gpointer data)
{
	struct entry *entry = data;

	if (entry->failures > REFUSALS_LINES)
		log_line(LOG_WARNING, "%u more handshakes with %s within the last minute, failed or with an unknown client, "
			 "have no line of their own", entry->failures - REFUSALS_LINES, entry->address);
	deadline_free(entry->end);
	g_free(entry->address);
	g_free(entry);
}

struct refusals *refusals_new(struct deadlines *deadlines)
{
	struct refusals *refusals = g_new0(struct refusals, 1);

	refusals->deadlines = deadlines;
	refusals->addresses = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, entry_free);
	return refusals;
}

void refusals_free(struct refusals *refusals)
{
	g_hash_table_destroy(refusals->addresses);
	g_free(refusals);
}

static void window_over(void *user)
{
	struct entry *entry = user;

	g_hash_table_remove(entry->refusals->addresses, entry->address);
}

static struct entry *find(struct refusals *refusals, const char *address)
{
	struct entry *entry = g_hash_table_lookup(refusals->addresses, address);

	if (entry)
		return entry;
	if (g_hash_table_size(refusals->addresses) >= REFUSALS_ADDRESSES && strcmp(address, OTHERS) != 0)
		return find(refusals, OTHERS);
	entry = g_new0(struct entry, 1);
	entry->refusals = refusals;
	entry->address = g_strdup(address);
	entry->end = deadline_new(refusals->deadlines, window_over, entry);
	deadline_set(entry->end, proto_now_ms() + REFUSALS_WINDOW_MS);
	g_hash_table_insert(refusals->addresses, entry->address, entry);
	return entry;
}

/* The address without its port; of an IPv6 address the network, because a host has 2^64 of them. */
static void summarise(const char *peer, char *address, size_t size)
{
	const char *port = strrchr(peer, ':');
	struct in6_addr network;

	g_strlcpy(address, port ? peer : "address unknown", port ? MIN((size_t)(port - peer) + 1, size) : size);
	if (address[0] != '[')
		return;
	address[strcspn(address, "]")] = '\0';
	if (inet_pton(AF_INET6, address + 1, &network) != 1)
		return;
	memset(&network.s6_addr[8], 0, 8);
	inet_ntop(AF_INET6, &network, address, INET6_ADDRSTRLEN);
	g_strlcat(address, "/64", size);
}

bool refusals_admit(struct refusals *refusals, const char *peer)
{
	char address[INET6_ADDRSTRLEN + 8];

	summarise(peer, address, sizeof(address));
	return ++find(refusals, address)->failures <= REFUSALS_LINES;
}
