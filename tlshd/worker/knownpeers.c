// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A small memory of trusted peers.
 */
#include <config.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "knownpeers.h"

/*
 * What is looked at first lies side by side, so that a look at all of them costs less than a microsecond. The mark only saves
 * comparisons, and the whole chain decides; peers that choose the same mark gain nothing.
 */
struct place {
	uint64_t mark;
	uint64_t used;
	struct knownpeer *peer;	/* NULL: free */
};

struct knownpeers {
	uint64_t clock;
	struct place places[KNOWNPEERS_MAX];
};

int knownpeers_new(struct knownpeers **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? 0 : -ENOMEM;
}

void knownpeers_free(struct knownpeers *known)
{
	if (!known)
		return;
	for (unsigned int i = 0; i < KNOWNPEERS_MAX; i++)
		knownpeer_unref(known->places[i].peer);
	free(known);
}

void knownpeers_open_window(struct knownpeers_window *window)
{
	*window = (struct knownpeers_window){ INT64_MIN, INT64_MAX };
}

void knownpeers_narrow(struct knownpeers_window *window, int64_t now, int64_t moment)
{
	if (moment <= now && moment > window->from)
		window->from = moment;
	if (moment > now && moment < window->until)
		window->until = moment;
}

static size_t chain_size(const gnutls_datum_t *chain, unsigned int count)
{
	size_t size = 0;

	for (unsigned int i = 0; i < count; i++)
		size += sizeof(uint32_t) + chain[i].size;
	return size;
}

/* The end of a certificate is its signature. */
static uint64_t mark_of(const uint8_t *der, size_t size)
{
	uint64_t mark = size;

	if (size >= sizeof(mark))
		memcpy(&mark, der + size - sizeof(mark), sizeof(mark));
	return mark;
}

static bool same_chain(const struct knownpeer *peer, const gnutls_datum_t *chain, unsigned int count)
{
	const uint8_t *at = peer->chain;

	if (peer->certificates != count || peer->size != chain_size(chain, count))
		return false;
	for (unsigned int i = 0; i < count; i++) {
		uint32_t size = chain[i].size;

		if (memcmp(at, &size, sizeof(size)) != 0 || memcmp(at + sizeof(size), chain[i].data, size) != 0)
			return false;
		at += sizeof(size) + size;
	}
	return true;
}

struct knownpeer *knownpeers_find(struct knownpeers *known, enum proto_role role, const gnutls_datum_t *chain,
				  unsigned int count, int64_t now)
{
	if (count == 0)
		return NULL;
	uint64_t mark = mark_of(chain[0].data, chain[0].size);
	for (unsigned int i = 0; i < KNOWNPEERS_MAX; i++) {
		struct place *place = &known->places[i];
		struct knownpeer *peer = place->peer;

		if (!peer || place->mark != mark || peer->role != role || !same_chain(peer, chain, count))
			continue;
		if (now >= peer->window.from && now < peer->window.until) {
			place->used = ++known->clock;
			peer->references++;
			return peer;
		}
		/* Whoever is judged once more may be kept once more; nobody is kept twice. */
		knownpeer_unref(peer);
		*place = (struct place){ 0 };
	}
	return NULL;
}

struct knownpeer *knownpeer_new(enum proto_role role, const gnutls_datum_t *chain, unsigned int count)
{
	struct knownpeer *peer = calloc(1, sizeof(*peer));

	if (!peer)
		return NULL;
	peer->references = 1;
	peer->role = role;
	knownpeers_open_window(&peer->window);
	peer->certificates = count;
	peer->size = chain_size(chain, count);
	if (peer->size > KNOWNPEERS_CHAIN_MAX)
		return peer;
	uint8_t *at = peer->chain = malloc(peer->size);
	if (!at) {
		free(peer);
		return NULL;
	}
	for (unsigned int i = 0; i < count; i++) {
		uint32_t size = chain[i].size;

		memcpy(at, &size, sizeof(size));
		memcpy(at + sizeof(size), chain[i].data, size);
		at += sizeof(size) + size;
	}
	return peer;
}

void knownpeer_unref(struct knownpeer *peer)
{
	if (!peer || --peer->references > 0)
		return;
	if (peer->names)
		gnutls_subject_alt_names_deinit(peer->names);
	free(peer->chain);
	free(peer);
}

static bool same_peer(const struct place *place, const struct knownpeer *peer, uint64_t mark)
{
	return place->peer && place->mark == mark && place->peer->role == peer->role && place->peer->size == peer->size &&
	       memcmp(place->peer->chain, peer->chain, peer->size) == 0;
}

void knownpeers_keep(struct knownpeers *known, struct knownpeer *peer)
{
	struct place *chosen = &known->places[0];
	uint32_t size;

	if (!peer->chain || peer->certificates == 0)
		return;
	memcpy(&size, peer->chain, sizeof(size));
	uint64_t mark = mark_of(peer->chain + sizeof(size), size);
	for (unsigned int i = 0; i < KNOWNPEERS_MAX; i++) {
		struct place *place = &known->places[i];

		/* Of handshakes at one time that met someone new the last one counts. */
		if (same_peer(place, peer, mark)) {
			chosen = place;
			break;
		}
		if (!place->peer || place->used < chosen->used)
			chosen = place;
	}
	knownpeer_unref(chosen->peer);
	peer->references++;
	peer->trusted = true;
	*chosen = (struct place){ mark, ++known->clock, peer };
}
