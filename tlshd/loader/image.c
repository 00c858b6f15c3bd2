// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writing snapshot and key list; the layout is in snapshot_format.h.
 */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/image.h"
#include "snapshot_format.h"

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

#define SIZE_OFFSET (2 * sizeof(guint32))	/* behind magic and format */

static void put_number(GByteArray *image, guint32 number)
{
	g_byte_array_append(image, (const guint8 *)&number, sizeof(number));
}

static void put_bytes(GByteArray *image, GBytes *bytes)
{
	gsize size;
	const guint8 *data = g_bytes_get_data(bytes, &size);

	put_number(image, size);
	g_byte_array_append(image, data, size);
}

static void put_text(GByteArray *image, const char *text)
{
	size_t length = strlen(text);

	put_number(image, length);
	g_byte_array_append(image, (const guint8 *)text, length + 1);
}

static GByteArray *begin(guint32 magic)
{
	GByteArray *image = g_byte_array_new();

	put_number(image, magic);
	put_number(image, SNAPSHOT_FORMAT);
	put_number(image, 0);
	return image;
}

static GByteArray *finish(GByteArray *image)
{
	guint32 size = image->len;

	memcpy(image->data + SIZE_OFFSET, &size, sizeof(size));
	return image;
}

static void put_identity(GByteArray *image, const struct identity *identity, guint32 key)
{
	put_number(image, key);
	put_number(image, identity_length(identity));
	for (guint32 i = 0; i < identity_length(identity); i++)
		put_bytes(image, identity_certificate(identity, i));
	put_bytes(image, identity_spki(identity));
	put_text(image, identity_label(identity));
}

static void put_profile(GByteArray *image, guint32 role, const struct image_profile *profile)
{
	put_number(image, role);
	put_text(image, profile->priority);
	guint32 identities = 0;
	while (identities < SNAPSHOT_IDENTITIES_MAX && profile->identities[identities])
		identities++;
	put_number(image, identities);
	for (guint32 i = 0; i < identities; i++)
		put_identity(image, profile->identities[i], profile->keys[i]);
	put_number(image, trust_count(profile->trust));
	for (guint32 i = 0; i < trust_count(profile->trust); i++)
		put_bytes(image, trust_anchor(profile->trust, i));
	put_number(image, revocation_count(profile->revocation));
	for (guint32 i = 0; i < revocation_count(profile->revocation); i++)
		put_bytes(image, revocation_list(profile->revocation, i));
}

static void put_keyrings(GByteArray *image, const GArray *keyrings)
{
	put_number(image, keyrings->len);
	for (guint i = 0; i < keyrings->len; i++) {
		const struct snapshot_keyring *keyring = &g_array_index(keyrings, struct snapshot_keyring, i);
		put_number(image, keyring->serial);
		put_text(image, keyring->name);
	}
}

GByteArray *image_snapshot(const struct snapshot_settings *settings, const GArray *keyrings,
			   const struct image_profile *profiles)
{
	GByteArray *image = begin(SNAPSHOT_MAGIC);

	put_number(image, SNAPSHOT_SETTINGS);
	g_byte_array_append(image, (const guint8 *)settings, sizeof(*settings));
	put_keyrings(image, keyrings);
	put_profile(image, PROTO_ROLE_CLIENT, &profiles[0]);
	put_profile(image, PROTO_ROLE_SERVER, &profiles[1]);
	return finish(image);
}

GByteArray *image_keylist(const struct keys *keys)
{
	GByteArray *image = begin(KEYLIST_MAGIC);

	put_number(image, keys_count(keys));
	for (guint32 i = 0; i < keys_count(keys); i++) {
		put_text(image, keys_source(keys, i));
		put_text(image, keys_origin(keys, i));
	}
	return finish(image);
}

static int write_all(int fd, const guint8 *data, size_t size)
{
	while (size > 0) {
		ssize_t written = write(fd, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return -errno;
		data += written;
		size -= written;
	}
	return 0;
}

/* From Linux 6.3 on a memory file should say that it will never be executed; older kernels do not know the flag. */
static int create(const char *name)
{
	int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);

	if (fd < 0 && errno == EINVAL)
		fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return fd < 0 ? -errno : fd;
}

int image_seal(const GByteArray *image, const char *name)
{
	if (image->len > SNAPSHOT_IMAGE_MAX)
		return -EFBIG;
	int fd = create(name);
	if (fd < 0)
		return fd;
	int ret = write_all(fd, image->data, image->len);
	if (ret == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		ret = -errno;
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}
