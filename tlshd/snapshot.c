// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading snapshot and key list: the image stays mapped and what is handed out points into it; see snapshot.h for the
 * promises and snapshot_format.h for the layout.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "cursor.h"
#include "proto.h"
#include "snapshot.h"
#include "snapshot_format.h"

#define SEALS (F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW)

/* Map a sealed image. Without the seals its writer could change it under our hands, after the checks. */
static int map(int fd, void **mapping, size_t *size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0)
		return errno == EBADF ? -EBADF : -EPERM;
	if ((seals & SEALS) != SEALS)
		return -EPERM;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size <= 0 || st.st_size > SNAPSHOT_IMAGE_MAX)
		return -EBADMSG;
	/* Private: before Linux 6.7 a shared mapping of a write-sealed file is refused, even one for reading. */
	void *at = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		return -errno;
	*mapping = at;
	*size = st.st_size;
	return 0;
}

/* What both images begin with. The size inside guards against an image that was cut or is of another build. */
static int read_opening(struct cursor *cursor, const void *data, size_t size, uint32_t magic)
{
	uint32_t found_magic, format, found_size;

	cursor_init(cursor, data, size);
	cursor_u32(cursor, &found_magic);
	cursor_u32(cursor, &format);
	cursor_u32(cursor, &found_size);
	if (cursor->broken || found_magic != magic || format != SNAPSHOT_FORMAT || found_size != size)
		return -EBADMSG;
	return 0;
}

static int read_settings(struct cursor *cursor, struct snapshot_settings *settings)
{
	uint32_t *values = (uint32_t *)settings;
	uint32_t count;

	if (cursor_count(cursor, &count, SNAPSHOT_SETTINGS, SNAPSHOT_SETTINGS, sizeof(uint32_t)) < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < count; i++)
		cursor_u32(cursor, &values[i]);
	return cursor->broken ? -EBADMSG : 0;
}

static int read_keyrings(struct cursor *cursor, struct snapshot *snapshot)
{
	if (cursor_count(cursor, &snapshot->keyring_count, 0, SNAPSHOT_KEYRINGS_MAX, 2 * sizeof(uint32_t) + 1) < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < snapshot->keyring_count; i++) {
		struct snapshot_keyring *keyring = &snapshot->keyrings[i];
		cursor_u32(cursor, &keyring->serial);
		cursor_text(cursor, &keyring->name);
		if (cursor->broken || keyring->serial > INT32_MAX || !keyring->name[0] ||
		    strlen(keyring->name) > SNAPSHOT_KEYRING_NAME_MAX)
			return -EBADMSG;
	}
	return 0;
}

static int read_identity(struct cursor *cursor, struct snapshot_identity *identity)
{
	cursor_u32(cursor, &identity->key);
	if (identity->key >= PROTO_KEYS_MAX)
		return -EBADMSG;
	if (cursor_count(cursor, &identity->chain_length, 1, SNAPSHOT_CHAIN_MAX, sizeof(uint32_t) + 1) < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < identity->chain_length; i++)
		cursor_bytes(cursor, &identity->chain[i].data, &identity->chain[i].size);
	cursor_bytes(cursor, &identity->spki.data, &identity->spki.size);
	cursor_text(cursor, &identity->label);
	return cursor->broken ? -EBADMSG : 0;
}

static int read_anchors(struct cursor *cursor, struct snapshot_profile *profile)
{
	uint32_t count;

	if (cursor_count(cursor, &count, 0, SNAPSHOT_ANCHORS_MAX, sizeof(uint32_t) + 1) < 0)
		return -EBADMSG;
	if (count == 0)
		return 0;
	profile->anchors = calloc(count, sizeof(*profile->anchors));
	if (!profile->anchors)
		return -ENOMEM;
	profile->anchor_count = count;
	for (uint32_t i = 0; i < count; i++)
		cursor_bytes(cursor, &profile->anchors[i].data, &profile->anchors[i].size);
	return cursor->broken ? -EBADMSG : 0;
}

static int read_crls(struct cursor *cursor, struct snapshot_profile *profile)
{
	if (cursor_count(cursor, &profile->crl_count, 0, SNAPSHOT_CRLS_MAX, sizeof(uint32_t) + 1) < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < profile->crl_count; i++)
		cursor_bytes(cursor, &profile->crls[i].data, &profile->crls[i].size);
	return cursor->broken ? -EBADMSG : 0;
}

static int read_profile(struct cursor *cursor, struct snapshot_profile *profile, uint32_t role)
{
	cursor_u32(cursor, &profile->role);
	if (profile->role != role)
		return -EBADMSG;
	cursor_text(cursor, &profile->priority);
	if (cursor_count(cursor, &profile->identity_count, 0, SNAPSHOT_IDENTITIES_MAX, sizeof(uint32_t)) < 0)
		return -EBADMSG;
	for (uint32_t i = 0; i < profile->identity_count; i++) {
		int ret = read_identity(cursor, &profile->identities[i]);
		if (ret < 0)
			return ret;
	}
	int ret = read_anchors(cursor, profile);
	return ret == 0 ? read_crls(cursor, profile) : ret;
}

static int read_snapshot(const void *data, size_t size, struct snapshot *snapshot)
{
	struct cursor cursor;

	int ret = read_opening(&cursor, data, size, SNAPSHOT_MAGIC);
	if (ret == 0)
		ret = read_settings(&cursor, &snapshot->settings);
	if (ret == 0)
		ret = read_keyrings(&cursor, snapshot);
	if (ret == 0)
		ret = read_profile(&cursor, &snapshot->profiles[0], PROTO_ROLE_CLIENT);
	if (ret == 0)
		ret = read_profile(&cursor, &snapshot->profiles[1], PROTO_ROLE_SERVER);
	return ret == 0 ? cursor_end(&cursor) : ret;
}

int snapshot_parse(const void *data, size_t size, struct snapshot **out)
{
	struct snapshot *snapshot = calloc(1, sizeof(*snapshot));

	*out = NULL;
	if (!snapshot)
		return -ENOMEM;
	int ret = read_snapshot(data, size, snapshot);
	if (ret < 0) {
		snapshot_free(snapshot);
		return ret;
	}
	*out = snapshot;
	return 0;
}

int snapshot_open(int fd, struct snapshot **out)
{
	void *mapping;
	size_t size;

	*out = NULL;
	int ret = map(fd, &mapping, &size);
	if (ret < 0)
		return ret;
	ret = snapshot_parse(mapping, size, out);
	if (ret < 0) {
		munmap(mapping, size);
		return ret;
	}
	(*out)->mapping = mapping;
	(*out)->mapping_size = size;
	return 0;
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++)
		free(snapshot->profiles[i].anchors);
	if (snapshot->mapping)
		munmap(snapshot->mapping, snapshot->mapping_size);
	free(snapshot);
}

const struct snapshot_profile *snapshot_profile(const struct snapshot *snapshot, uint32_t role)
{
	for (unsigned int i = 0; i < SNAPSHOT_PROFILES; i++) {
		if (snapshot->profiles[i].role == role)
			return &snapshot->profiles[i];
	}
	return NULL;
}

int keylist_parse(const void *data, size_t size, struct keylist **out)
{
	struct cursor cursor;
	struct keylist *list = calloc(1, sizeof(*list));

	*out = NULL;
	if (!list)
		return -ENOMEM;
	int ret = read_opening(&cursor, data, size, KEYLIST_MAGIC);
	if (ret == 0)
		ret = cursor_count(&cursor, &list->count, 0, PROTO_KEYS_MAX, 2 * (sizeof(uint32_t) + 1));
	for (uint32_t i = 0; ret == 0 && i < list->count; i++) {
		cursor_text(&cursor, &list->entries[i].source);
		cursor_text(&cursor, &list->entries[i].origin);
	}
	if (ret == 0)
		ret = cursor_end(&cursor);
	if (ret < 0) {
		keylist_free(list);
		return ret;
	}
	*out = list;
	return 0;
}

int keylist_open(int fd, struct keylist **out)
{
	void *mapping;
	size_t size;

	*out = NULL;
	int ret = map(fd, &mapping, &size);
	if (ret < 0)
		return ret;
	ret = keylist_parse(mapping, size, out);
	if (ret < 0) {
		munmap(mapping, size);
		return ret;
	}
	(*out)->mapping = mapping;
	(*out)->mapping_size = size;
	return 0;
}

void keylist_free(struct keylist *list)
{
	if (!list)
		return;
	if (list->mapping)
		munmap(list->mapping, list->mapping_size);
	free(list);
}
