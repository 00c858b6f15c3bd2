// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Bounded, typed reading; see cursor.h.
 */
#include <config.h>

#include <errno.h>
#include <string.h>

#include "cursor.h"

void cursor_init(struct cursor *cursor, const void *data, size_t size)
{
	cursor->at = data;
	cursor->left = size;
	cursor->broken = false;
}

static int broken(struct cursor *cursor)
{
	cursor->broken = true;
	return -EBADMSG;
}

/* The one place that moves forward. NULL when there is less than @size. */
static const uint8_t *take(struct cursor *cursor, size_t size)
{
	if (cursor->broken || size > cursor->left)
		return NULL;
	const uint8_t *taken = cursor->at;
	cursor->at += size;
	cursor->left -= size;
	return taken;
}

int cursor_u32(struct cursor *cursor, uint32_t *value)
{
	const uint8_t *taken = take(cursor, sizeof(*value));

	*value = 0;
	if (!taken)
		return broken(cursor);
	memcpy(value, taken, sizeof(*value));
	return 0;
}

int cursor_count(struct cursor *cursor, uint32_t *count, uint32_t least, uint32_t most, size_t each)
{
	if (cursor_u32(cursor, count) < 0)
		return -EBADMSG;
	if (*count < least || *count > most || (each > 0 && *count > cursor->left / each)) {
		*count = 0;
		return broken(cursor);
	}
	return 0;
}

int cursor_bytes(struct cursor *cursor, const uint8_t **data, uint32_t *size)
{
	*data = NULL;
	if (cursor_count(cursor, size, 1, UINT32_MAX, 1) < 0)
		return -EBADMSG;
	*data = take(cursor, *size);
	return 0;
}

int cursor_text(struct cursor *cursor, const char **text)
{
	uint32_t length;

	*text = "";
	if (cursor_count(cursor, &length, 0, UINT32_MAX - 1, 1) < 0)
		return -EBADMSG;
	const uint8_t *taken = take(cursor, (size_t)length + 1);
	if (!taken || memchr(taken, '\0', (size_t)length + 1) != taken + length)
		return broken(cursor);
	*text = (const char *)taken;
	return 0;
}

int cursor_end(struct cursor *cursor)
{
	return cursor->broken || cursor->left > 0 ? broken(cursor) : 0;
}
