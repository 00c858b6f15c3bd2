// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Secrets have pages of their own: locking and unlocking go by pages, and one that shares them with
 * others would unlock theirs with its own.
 */
#include <config.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnutls/gnutls.h>

#include "secret.h"

struct secret {
	size_t mapped;
	size_t room;
	size_t length;
	uint8_t data[];
};

struct secret *secret_new(size_t room)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t size = (sizeof(struct secret) + room + 1 + page - 1) / page * page;

	g_assert(room > 0 && room <= SECRET_MAX);
	struct secret *secret =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (secret == MAP_FAILED)
		g_error("no memory for a secret of %zu bytes", room);
	(void)mlock(secret, size);
	madvise(secret, size, MADV_DONTDUMP);
	madvise(secret, size, MADV_WIPEONFORK);
	secret->mapped = size;
	secret->room = room;
	return secret;
}

struct secret *secret_copy(const void *data, size_t length)
{
	struct secret *secret = secret_new(length);

	memcpy(secret->data, data, length);
	secret->length = length;
	return secret;
}

void secret_free(struct secret *secret)
{
	if (!secret)
		return;
	size_t mapped = secret->mapped;
	explicit_bzero(secret, mapped);
	munmap(secret, mapped);
}

uint8_t *secret_data(struct secret *secret)
{
	return secret->data;
}

size_t secret_length(const struct secret *secret)
{
	return secret->length;
}

void secret_set_length(struct secret *secret, size_t length)
{
	g_assert(length <= secret->room);
	secret->length = length;
}

size_t secret_room(const struct secret *secret)
{
	return secret->room;
}

gboolean secret_equal(const struct secret *one, const struct secret *other)
{
	return one->length == other->length &&
		gnutls_memcmp(one->data, other->data, one->length) == 0;
}

const char *secret_text(struct secret *secret)
{
	secret->data[secret->length] = '\0';
	return (const char *)secret->data;
}
