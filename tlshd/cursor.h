/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A cursor: reading typed values out of a run of bytes that nobody vouches for.
 *
 * Each getter compares with what is left before it reads. The first failure sticks: from then on every getter fails
 * and hands out zeros, so a caller may check each value or only the end. Numbers are in host order; bytes and texts
 * carry their length as a number in front, and a text has a NUL behind it that its length does not count.
 *
 * What is handed out points into the run: it lives as long as the run does.
 */
#ifndef TLSHD_CURSOR_H
#define TLSHD_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cursor {
	const uint8_t *at;
	size_t left;
	bool broken;
};

/** cursor_init - stand at the beginning of @size bytes at @data */
void cursor_init(struct cursor *cursor, const void *data, size_t size);

/** cursor_u32 - a number; 0 or -EBADMSG */
int cursor_u32(struct cursor *cursor, uint32_t *value);

/**
 * cursor_count - how many elements follow
 * @least, @most: what is allowed
 * @each: the fewest bytes that an element takes; a count that what is left cannot hold is refused here, before anybody
 *	allocates for it
 *
 * Returns 0 or -EBADMSG.
 */
int cursor_count(struct cursor *cursor, uint32_t *count, uint32_t least, uint32_t most, size_t each);

/** cursor_bytes - a run of at least one byte; 0 or -EBADMSG */
int cursor_bytes(struct cursor *cursor, const uint8_t **data, uint32_t *size);

/** cursor_text - a text without a NUL in it, terminated in place; it may be empty; 0 or -EBADMSG */
int cursor_text(struct cursor *cursor, const char **text);

/** cursor_end - 0 when all went well and nothing is left; else -EBADMSG */
int cursor_end(struct cursor *cursor);

#endif
